#!/usr/bin/env python3
"""Pulls recordings from a recorder card with bleak, by docs/profile.md alone.

A foreign client: it shares no code with Earshot. The bus is the one that DBUS_SYSTEM_BUS_ADDRESS names. It scans, connects,
pairs when there is no bond yet, reads Features and the list, pulls one recording (credits, CRC-32C), and releases it by its
SHA-256. Prints one JSON object; ends with 1 and a sentence when something is not as the profile says.
"""

import argparse
import asyncio
import hashlib
import json
import struct
import subprocess
import sys
import time

import bleak.backends.bluezdbus.client
from bleak import BleakClient, BleakScanner
from dbus_fast import DBusError, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, method

PIECE = 1 << 20
AHEAD, STEP = 128, 32
PATIENCE = 30


def uuid(number: int) -> str:
    return f"f824{number:04x}-e3c2-40a0-a06d-b869e415cee5"


SERVICE, FEATURES, STATUS, CONTROL, TRANSFER = (uuid(number) for number in range(5))


class Failure(Exception):
    """Something is not as the profile says."""


def check(condition: bool, complaint: str) -> None:
    if not condition:
        raise Failure(complaint)


def crc32c_table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC = crc32c_table()


def crc32c(data: bytes) -> int:
    table, crc = CRC, 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


class Agent(ServiceInterface):
    """Answers RequestPasskey with what a command prints: the digits on the card's screen."""

    PATH = "/pull/agent"

    def __init__(self, command: list[str]) -> None:
        super().__init__("org.bluez.Agent1")
        self.command = command
        self.asked = 0

    @method()
    async def RequestPasskey(self, device: "o") -> "u":  # noqa: F821
        self.asked += 1
        process = await asyncio.create_subprocess_exec(*self.command, stdout=subprocess.PIPE)
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise DBusError("org.bluez.Error.Rejected", "no passkey")
        return int(output)

    @method()
    def Cancel(self) -> None:
        pass

    @method()
    def Release(self) -> None:
        pass


class PairingBus(MessageBus):
    """The connection that bleak pairs over. It brings its own agent: bluetoothd asks that of whoever called Pair, and the default agent, which
    may be the card's on the same machine, only where there is none."""

    agent: Agent

    async def connect(self) -> "PairingBus":
        await super().connect()
        self.export(Agent.PATH, self.agent)
        reply = await self.call(
            Message(
                destination="org.bluez", path="/org/bluez", interface="org.bluez.AgentManager1", member="RegisterAgent", signature="os",
                body=[Agent.PATH, "KeyboardDisplay"],
            )
        )
        check(reply.message_type is not MessageType.ERROR, f"RegisterAgent was refused: {reply.body}")
        return self


class Transfer:
    """What one READ brings, counted and checked."""

    def __init__(self, tag: int) -> None:
        self.tag = tag
        self.data = bytearray()
        self.next = 0
        self.limit = AHEAD
        self.crc: int | None = None
        self.result = 0
        self.gap: str | None = None
        self.early: dict[int, bytearray] = {}
        self.wants_credit = asyncio.Event()
        self.ended = asyncio.Event()

    def take(self, value: bytearray) -> None:
        if len(value) < 4 or value[0] != self.tag or self.ended.is_set():
            return
        # Where the host's stack offers Enhanced ATT, values overtake each other.
        self.early[value[2] | value[3] << 8] = value
        while not self.ended.is_set() and (due := self.early.pop(self.next & 0xFFFF, None)) is not None:
            self.take_in_order(due)
        if len(self.early) >= STEP:
            self.gap = f"notification {self.next & 0xFFFF} never came"
            self.ended.set()

    def take_in_order(self, value: bytearray) -> None:
        self.next += 1
        if value[1] & 1:
            self.crc, self.result = struct.unpack_from("<IB", value, 4)
            self.ended.set()
        else:
            self.data += value[4:]
            if self.next + AHEAD - self.limit >= STEP:
                self.wants_credit.set()


class Card:
    """One connected card: its control point and its transfers."""

    def __init__(self, client: BleakClient) -> None:
        self.client = client
        self.tag = 0
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()
        self.transfer: Transfer | None = None
        self.packets = 0

    async def subscribe(self, private_socket: bool) -> None:
        await self.client.start_notify(CONTROL, lambda _, value: self.answers.put_nowait(bytes(value)))
        await self.client.start_notify(TRANSFER, self.take, bluez={"use_start_notify": not private_socket})

    def take(self, _, value: bytearray) -> None:
        if self.transfer:
            self.transfer.take(value)

    def next_tag(self) -> int:
        self.tag = self.tag % 255 + 1
        return self.tag

    async def request(self, opcode: int, parameters: bytes = b"", tag: int | None = None) -> bytes:
        tag = tag or self.next_tag()
        await self.client.write_gatt_char(CONTROL, bytes([opcode, tag]) + parameters, response=True)
        while True:
            answer = await asyncio.wait_for(self.answers.get(), PATIENCE)
            if answer[:2] == bytes([0x80 | opcode, tag]):
                check(answer[2] == 0, f"opcode {opcode} was answered with result {answer[2]}")
                return answer[3:]

    async def read(self, thing: int, offset: int = 0, length: int = 0) -> Transfer:
        """One transfer, whole and with the right sequence. Its CRC is still to be checked."""
        transfer = self.transfer = Transfer(self.next_tag())
        announced = await self.request(1, struct.pack("<IQQI", thing, offset, length, transfer.limit), transfer.tag)
        giving = asyncio.create_task(self.give_credit(transfer))
        try:
            await asyncio.wait_for(transfer.ended.wait(), PATIENCE)
        finally:
            giving.cancel()
            self.transfer = None
        check(transfer.gap is None, transfer.gap or "")
        check(transfer.result == 0, f"the transfer ended with result {transfer.result}")
        self.packets += transfer.next
        if 0 < thing <= 0xFFFFFFEF:
            check(struct.unpack("<Q", announced)[0] == len(transfer.data), "another number of bytes came than was announced")
        return transfer

    async def give_credit(self, transfer: Transfer) -> None:
        while True:
            try:
                await asyncio.wait_for(transfer.wants_credit.wait(), 1)
            except asyncio.TimeoutError:
                pass  # Writes without response may be lost: it is written again.
            transfer.wants_credit.clear()
            transfer.limit = transfer.next + AHEAD
            await self.client.write_gatt_char(TRANSFER, struct.pack("<BBI", transfer.tag, 0, transfer.limit), response=False)


def parse_entry(entry: bytes) -> dict:
    number, _, size = struct.unpack_from("<IIQ", entry)
    duration, kind, flags, marks = struct.unpack_from("<IHHH", entry, 24)
    return {
        "number": number, "size": size, "duration_ms": duration, "kind": kind, "flags": flags, "marks": marks,
        "digest": entry[40:48].hex(),
    }


async def find(address: str | None, adapter: str | None = None):
    def wanted(device, heard) -> bool:
        return SERVICE in heard.service_uuids and (address is None or device.address == address)

    # Of several adapters bleak takes any.
    bluez = {"adapter": adapter} if adapter else {}
    device = await BleakScanner.find_device_by_filter(wanted, timeout=PATIENCE, service_uuids=[SERVICE], bluez=bluez)
    check(device is not None, "no card advertises")
    return device


def register(command: list[str]) -> Agent:
    PairingBus.agent = Agent(command)
    bleak.backends.bluezdbus.client.MessageBus = PairingBus
    return PairingBus.agent


async def pull(arguments: argparse.Namespace) -> dict:
    agent = register(arguments.passkey_command)
    device = await find(arguments.address, arguments.adapter)
    async with BleakClient(device, pair=True, timeout=2 * PATIENCE) as client:
        report: dict = {"address": client.address, "mtu": 0, "passkeys_asked": agent.asked}
        features = bytes(await client.read_gatt_char(FEATURES))
        check(len(features) >= 16 and features[0] == 1, "Features are not of version 1")
        capabilities, generation = struct.unpack_from("<II", features, 4)
        report["features"] = {"capabilities": capabilities, "generation": f"{generation:08x}", "entry_size": features[2]}

        card = Card(client)
        await card.subscribe(arguments.private_socket)
        report["mtu"] = next(c for c in client.services.characteristics.values() if c.uuid == TRANSFER).obj[1]["MTU"]
        listed = await card.read(0)
        check(crc32c(listed.data) == listed.crc, "the list's CRC is wrong")
        size = features[2]
        report["recordings"] = [parse_entry(listed.data[at : at + size]) for at in range(0, len(listed.data), size)]
        complete = [entry for entry in report["recordings"] if entry["flags"] & 1 and not entry["flags"] & 0x60]
        if arguments.recording:
            complete = [entry for entry in complete if entry["number"] == arguments.recording]
        check(bool(complete), "the card lists no such complete recording")
        entry = complete[0]

        card.packets = 0
        pieces: list[Transfer] = []
        started, used = time.monotonic(), time.process_time()
        with open(arguments.out, "wb") as out:
            offset = 0
            while offset < entry["size"]:
                piece = await card.read(entry["number"], offset, PIECE)
                out.write(piece.data)
                offset += len(piece.data)
                pieces.append(piece)
        report |= {"seconds": time.monotonic() - started, "cpu_seconds": time.process_time() - used}
        # Not in the figures above: in Python the checksum alone would decide them.
        used = time.process_time()
        for piece in pieces:
            check(crc32c(piece.data) == piece.crc, "a CRC is wrong")
        digest = hashlib.sha256(b"".join(piece.data for piece in pieces)).digest()
        report["check_cpu_seconds"] = time.process_time() - used
        check(offset == entry["size"] and digest[:8].hex() == entry["digest"], "the digest is not the listed one")
        report |= {"recording": entry["number"], "bytes": offset, "packets": card.packets, "sha256": digest.hex()}
        if arguments.release:
            await card.request(2, struct.pack("<I32sB", entry["number"], digest, 0))
            left = await card.read(0)
            numbers = [parse_entry(left.data[at : at + size])["number"] for at in range(0, len(left.data), size)]
            check(entry["number"] not in numbers, "a released recording is still listed")
        report["released"] = arguments.release
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", help="the file to write the recording to")
    parser.add_argument("--address", help="of the card; else the first that is heard")
    parser.add_argument("--adapter", help="such as hci0; else any")
    parser.add_argument("--recording", type=int, help="its number; else the first complete one")
    parser.add_argument("--release", action="store_true", help="let the card forget it afterwards")
    parser.add_argument("--private-socket", action="store_true", help="values by AcquireNotify; bleak's default is StartNotify")
    parser.add_argument("--passkey-command", nargs="+", required=True, help="prints the digits that the card shows")
    try:
        print(json.dumps(asyncio.run(asyncio.wait_for(pull(parser.parse_args()), 10 * PATIENCE))))
        return 0
    except Failure as failure:
        print(f"pull.py: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
