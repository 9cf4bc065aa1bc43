#!/usr/bin/env python3
"""Registers a service of its own on an adapter until it is ended, so that the handles that the card had are taken."""

import asyncio
import sys

from dbus_fast import BusType
from dbus_fast.aio import MessageBus
from dbus_fast.service import PropertyAccess, ServiceInterface, dbus_property

ROOT = "/squatter"


class Service(ServiceInterface):
    def __init__(self) -> None:
        super().__init__("org.bluez.GattService1")

    @dbus_property(access=PropertyAccess.READ)
    def UUID(self) -> "s":  # noqa: F821
        return "0000feed-0000-1000-8000-00805f9b34fb"

    @dbus_property(access=PropertyAccess.READ)
    def Primary(self) -> "b":  # noqa: F821
        return True


class Characteristic(ServiceInterface):
    def __init__(self, number: int) -> None:
        super().__init__("org.bluez.GattCharacteristic1")
        self.number = number

    @dbus_property(access=PropertyAccess.READ)
    def UUID(self) -> "s":  # noqa: F821
        return f"{0xFEE0 + self.number:08x}-0000-1000-8000-00805f9b34fb"

    @dbus_property(access=PropertyAccess.READ)
    def Service(self) -> "o":  # noqa: F821
        return ROOT + "/service0"

    @dbus_property(access=PropertyAccess.READ)
    def Flags(self) -> "as":  # noqa: F821, F722
        return ["read"]


async def main() -> None:
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    bus.export(ROOT + "/service0", Service())
    for number in range(3):
        bus.export(f"{ROOT}/service0/char{number}", Characteristic(number))
    adapter = "/org/bluez/" + sys.argv[1]
    introspection = await bus.introspect("org.bluez", adapter)
    manager = bus.get_proxy_object("org.bluez", adapter, introspection).get_interface("org.bluez.GattManager1")
    await manager.call_register_application(ROOT, {})
    print("registered", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
