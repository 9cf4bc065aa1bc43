#!/usr/bin/env python3
"""Lets a virtual controller be heard each second, as a radio is that advertises.

btvirt reports an advertiser only in the moment in which advertising, or somebody's scanning, is switched on. So advertising is switched off and
on behind the kernel's back: only while it is on, which a controller with a connection, or without anything to advertise, says by refusing.
"""

import socket
import struct
import sys
import time

COMMAND, EVENT, COMPLETE, SET_ADVERTISE = 1, 4, 0x0E, 0x200A


def drain(hci: socket.socket) -> None:
    """The kernel's own commands complete here as well: what came before says nothing about the next."""
    hci.setblocking(False)
    try:
        while hci.recv(260):
            pass
    except BlockingIOError:
        pass
    hci.settimeout(2)


def set_advertising(hci: socket.socket, is_on: int) -> bool:
    drain(hci)
    hci.send(struct.pack("<BHBB", COMMAND, SET_ADVERTISE, 1, is_on))
    limit = time.monotonic() + 2
    while time.monotonic() < limit:
        packet = hci.recv(260)
        if len(packet) >= 7 and packet[1] == COMPLETE and struct.unpack_from("<H", packet, 4)[0] == SET_ADVERTISE:
            return packet[6] == 0
    return False


def main() -> None:
    adapter = int(sys.argv[1].removeprefix("hci"))
    while True:
        try:
            with socket.socket(socket.AF_BLUETOOTH, socket.SOCK_RAW, socket.BTPROTO_HCI) as hci:
                hci.setsockopt(socket.SOL_HCI, socket.HCI_FILTER, struct.pack("<IIIHxx", 1 << EVENT, 1 << COMPLETE, 0, 0))
                hci.bind((adapter,))
                while True:
                    time.sleep(1)
                    if set_advertising(hci, 0):
                        set_advertising(hci, 1)
        except OSError:
            # Off, or away.
            time.sleep(1)


main()
