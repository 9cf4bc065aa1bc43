#!/usr/bin/env python3
"""Watches the card hand out values and prints `BYTES MILLISECONDS` of what came between the first and the last of COUNT bytes.

    rate.py COUNT
"""

import json
import os
import socket
import sys
import time

PATIENCE = 100


def delivered() -> int:
    with socket.socket(socket.AF_UNIX) as card:
        card.connect(os.environ["EARSHOT_CARDS"] + "/control.sock")
        card.sendall(b'{"card":"anna","command":"faults"}\n')
        return json.loads(card.makefile().readline())["ok"]["delivered_bytes"]


def main() -> None:
    wanted = int(sys.argv[1])
    before = delivered()
    limit = time.monotonic() + PATIENCE
    first = last = None
    while time.monotonic() < limit:
        now, bytes = time.monotonic(), delivered()
        # A list and the beginning of a transfer are not what is measured, nor is the proof at its end.
        if first is None and bytes > before + wanted // 10:
            first = (now, bytes)
        last = (now, bytes)
        if bytes >= before + wanted:
            break
        time.sleep(0.05)
    if first is None or last[1] < before + wanted:
        sys.exit(f"{last[1] - before} of {wanted} bytes within {PATIENCE} s")
    print(last[1] - first[1], round(1000 * (last[0] - first[0])))


main()
