#!/usr/bin/env python3
"""Writes what all controllers send and receive to a file for `btmon --read`, until it is ended.

btmon itself decodes everything that it writes, which costs an emulated processor more than the transfer it watches, and has died of it.
"""

import ctypes
import os
import socket
import struct
import sys
import time

CHANNEL_MONITOR = 2
# Microseconds from the year 0 to 1970, as the format has it.
EPOCH = 0x00E03AB44A676000


def main() -> None:
    hci = socket.socket(socket.AF_BLUETOOTH, socket.SOCK_RAW, socket.BTPROTO_HCI)
    # Python's own bind knows no channels yet.
    address = struct.pack("<HHH", socket.AF_BLUETOOTH, 0xFFFF, CHANNEL_MONITOR)
    if ctypes.CDLL(None, use_errno=True).bind(hci.fileno(), address, len(address)) != 0:
        sys.exit("the monitor channel: " + os.strerror(ctypes.get_errno()))
    with open(sys.argv[1], "wb", buffering=1 << 16) as trace:
        trace.write(b"btsnoop\0" + struct.pack(">II", 1, 2001))
        while True:
            packet = hci.recv(1 << 16)
            opcode, index, length = struct.unpack_from("<HHH", packet)
            stamp = EPOCH + time.time_ns() // 1000
            trace.write(struct.pack(">IIIIQ", length, length, index << 16 | opcode, 0, stamp) + packet[6 : 6 + length])
            trace.flush()


main()
