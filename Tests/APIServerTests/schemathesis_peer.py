"""Lets schemathesis loose on the API of a Unix socket: schemathesis_peer.py SOCKET OPENAPI.JSON EXAMPLES SECONDS

It speaks TCP only, so a bridge on the loopback address stands between. Streams are left out, they do not end; waits are none. Ends with schemathesis' status.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

path, document, examples, seconds = sys.argv[1:5]


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(listener):
    while True:
        client, _ = listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(path)
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0), backlog=64)
threading.Thread(target=serve, args=(listener,), daemon=True).start()

with open(document) as file:
    description = json.load(file)
for route in ("/v1/activity", "/v1/pairings/{pairing}/events"):
    del description["paths"][route]
for operation in description["paths"]["/v1/events"].values():
    operation["parameters"] = [item for item in operation["parameters"] if item["name"] != "wait"]
    del operation["responses"]["200"]["content"]["text/event-stream"]
description["components"]["schemas"]["LeaseRequest"]["properties"]["wait"]["maximum"] = 0

with tempfile.TemporaryDirectory() as folder:
    changed = os.path.join(folder, "openapi.json")
    with open(changed, "w") as file:
        json.dump(description, file)
    run = subprocess.run(
        [
            os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", changed, "--url", f"http://127.0.0.1:{listener.getsockname()[1]}",
            "--checks", "not_a_server_error", "--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--seed", "1",
            "--generation-database", "none", "--no-color", "--request-timeout", "60",
        ],
        cwd=folder, timeout=float(seconds))
sys.exit(run.returncode)
