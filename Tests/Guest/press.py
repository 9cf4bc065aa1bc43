#!/usr/bin/env python3
"""Milliseconds from a press on the linked card to where it is heard of: in the gateway's ledger, or in a bare notification callback of bleak.

    press.py ledger COUNT
    press.py bleak COUNT ADDRESS PASSKEY-COMMAND…
"""

import asyncio
import json
import os
import socket
import statistics
import sys
import time

PATIENCE = 60
EVENTS = "f8240005-e3c2-40a0-a06d-b869e415cee5"


def press() -> float:
    """Presses a button. Returns when that began."""
    with socket.socket(socket.AF_UNIX) as card:
        card.connect(os.environ["EARSHOT_CARDS"] + "/control.sock")
        begun = time.monotonic()
        card.sendall(b'{"card":"anna","command":"press","button":"assistant","gesture":"press"}\n')
        card.makefile().readline()
    return begun


def report(seconds: list[float]) -> None:
    times = [round(1000 * time) for time in seconds]
    print(f"median {round(statistics.median(times))} ms, {min(times)} to {max(times)}, {len(times)} presses")


async def quiet(line) -> bytes | None:
    """What is there within half a second; None when nothing is."""
    try:
        return await asyncio.wait_for(line, 0.5)
    except asyncio.TimeoutError:
        return None


async def in_ledger(count: int) -> list[float]:
    reader, writer = await asyncio.open_unix_connection("/run/earshot/control/api.sock")
    writer.write(b"GET /v1/events?types=button.* HTTP/1.1\r\nHost: earshot\r\nAccept: text/event-stream\r\n\r\n")
    # The stream is there when it has answered.
    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
    taken = []
    for _ in range(count):
        # Nothing that came before may pass for this press.
        while await quiet(reader.readline()):
            pass
        begun = await asyncio.to_thread(press)
        while not (await asyncio.wait_for(reader.readline(), PATIENCE)).startswith(b"data:"):
            pass
        taken.append(time.monotonic() - begun)
    writer.close()
    return taken


async def in_bleak(count: int, address: str, command: list[str]) -> list[float]:
    import pull
    from bleak import BleakClient

    pull.register(command)
    device = await pull.find(address, "hci0")
    heard: asyncio.Queue[float] = asyncio.Queue()
    async with BleakClient(device, pair=True, timeout=PATIENCE) as client:
        await client.start_notify(EVENTS, lambda *_: heard.put_nowait(time.monotonic()), bluez={"use_start_notify": False})
        taken = []
        for _ in range(count):
            begun = await asyncio.to_thread(press)
            taken.append(await asyncio.wait_for(heard.get(), PATIENCE) - begun)
            await asyncio.sleep(0.5)
    return taken


async def main() -> None:
    if sys.argv[1] == "ledger":
        report(await in_ledger(int(sys.argv[2])))
    else:
        report(await in_bleak(int(sys.argv[2]), sys.argv[3], sys.argv[4:]))


asyncio.run(main())
