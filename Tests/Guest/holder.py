#!/usr/bin/env python3
"""Receives the values of one characteristic by StartNotify until it is ended: asks again until bluetoothd says yes.

    holder.py PATH
"""

import asyncio
import sys

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus


async def main() -> None:
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    call = Message(destination="org.bluez", path=sys.argv[1], interface="org.bluez.GattCharacteristic1", member="StartNotify")
    answer = await bus.call(call)
    while answer.message_type == MessageType.ERROR:
        print(answer.error_name, flush=True)
        await asyncio.sleep(0.1)
        answer = await bus.call(Message(destination=call.destination, path=call.path, interface=call.interface, member=call.member))
    print("holds", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
