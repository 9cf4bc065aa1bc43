"""Asks for every route on every socket as whoever runs it: rights.py RUN_FOLDER OPENAPI.JSON

Prints one JSON object: for each socket "refused" when it cannot be opened, else the codes of all answers with how often each came.
"""

import collections
import json
import re
import socket
import sys

run, document = sys.argv[1:3]
with open(document) as file:
    paths = json.load(file)["paths"]


def ask(name, method, path):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(f"{run}/{name}/api.sock")
        # No route knows this query: whoever is let in is refused for that, and no stream begins.
        head = f"{method} {path}?nonsense=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    status = int(answer.split()[1])
    code = json.loads(answer.split(b"\r\n\r\n", 1)[1]).get("code", "") if status >= 400 else ""
    return code or str(status)


def all_of(name):
    codes = collections.Counter()
    for path, operations in paths.items():
        for method in operations:
            try:
                codes[ask(name, method.upper(), re.sub(r"{\w+}", "x1", path))] += 1
            except PermissionError:
                return "refused"
    return codes


print(json.dumps({name: all_of(name) for name in ("control", "read", "agents")}))
