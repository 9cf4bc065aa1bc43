"""Does to the sockets of a gateway what a hostile or broken program would: attack.py RUN_FOLDER

1,000 connections with half a request on each socket that opens, a body of 1 GB, an artifact of 1 GB without a lease, and a reader that takes nothing of
thousands of answers. Says {"armed": …} once all of it stands, holds it until standard input ends, then says what became of it.
"""

import json
import select
import socket
import sys
import threading

run = sys.argv[1]
CONNECTIONS = 1000
GIGABYTE = 1 << 30


def connect(name):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(10)
    connection.connect(f"{run}/{name}/api.sock")
    return connection


def crowd(name, held):
    """Connections beyond the server's bound and its backlog do not come about: that is counted, too."""
    opened = 0
    for _ in range(CONNECTIONS):
        connection = socket.socket(socket.AF_UNIX)
        connection.setblocking(False)
        try:
            connection.connect(f"{run}/{name}/api.sock")
            connection.send(b"GET /v1/status HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            opened += 1
        except OSError:
            pass
        held.append(connection)
    return opened


def flood(connection, head):
    """Sends a gigabyte until somebody has had enough; what was sent and what came back."""
    sent, answer = 0, b""
    try:
        connection.sendall(head)
        piece = b" " * (1 << 20)
        while sent < GIGABYTE:
            readable, _, _ = select.select([connection], [], [], 0)
            if readable:
                answer += connection.recv(65536)
                break
            connection.settimeout(60)
            connection.sendall(piece)
            sent += len(piece)
        connection.settimeout(60)
        answer = answer or connection.recv(65536)
    except OSError:
        pass
    return {"sent": sent, "answer": answer.split(b"\r\n")[0].decode(errors="replace")}


# Those that need a place of their own first: the crowd takes all there are.
body, artifact, slow = connect("control"), connect("control"), connect("control")
results = {}


def bodies():
    head = "Host: x\r\nContent-Length: %d\r\n\r\n" % GIGABYTE
    results["body"] = flood(body, ("POST /v1/holders HTTP/1.1\r\n" + head).encode())
    lease = "Lease: ls_none\r\nContent-Digest: sha-256=:%s=:\r\n" % ("A" * 43)
    results["artifact"] = flood(artifact, ("PUT /v1/jobs/job_01/artifacts/x HTTP/1.1\r\n" + lease + head).encode())


slow.setblocking(False)
try:
    for _ in range(4000):
        slow.send(b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
except BlockingIOError:
    pass
flooding = threading.Thread(target=bodies, daemon=True)
flooding.start()
held = []
opened = {name: crowd(name, held) for name in ("control", "read", "agents")}
print(json.dumps({"armed": opened}), flush=True)
sys.stdin.read()
flooding.join(timeout=120)
print(json.dumps(results), flush=True)
