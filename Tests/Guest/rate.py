#!/usr/bin/env python3
"""Watches the card hand out values and prints `BYTES MILLISECONDS` of what came between the first tenth and the last look at COUNT bytes.

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
    # Each look costs the card and this program some of the two processors that the transfer needs, too.
    while (bytes := delivered()) < before + wanted:
        now = time.monotonic()
        if now > limit:
            sys.exit(f"{bytes - before} of {wanted} bytes within {PATIENCE} s")
        # A list and the beginning of a transfer are not what is measured, nor is the proof at its end.
        if bytes > before + wanted // 10:
            first, last = first or (now, bytes), (now, bytes)
        time.sleep(0.2)
    if first == last:
        sys.exit(f"{wanted} bytes came too quickly to be measured")
    print(last[1] - first[1], round(1000 * (last[0] - first[0])))


main()
