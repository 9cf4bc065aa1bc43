"""Reads documents as Python's tomllib understands them: the other opinion in TOMLPeerTests.

Standard input: one document a line, in base64. Standard output: a line for each, "refused" or its value in the notation of that test.
"""

import base64
import datetime
import math
import struct
import sys
import tomllib


def shown(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise ValueError("TOML 1.0 has integers of 64 bits")
        return f"i{value}"
    if isinstance(value, float):
        return "nan" if math.isnan(value) else "f" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s" + value.encode().hex()
    if isinstance(value, datetime.datetime):
        return "datetime-local" if value.tzinfo is None else "datetime"
    if isinstance(value, datetime.date):
        return "date-local"
    if isinstance(value, datetime.time):
        return "time-local"
    if isinstance(value, list):
        return "[" + ",".join(shown(item) for item in value) + "]"
    return "{" + ",".join(sorted(key.encode().hex() + "=" + shown(item) for key, item in value.items())) + "}"


for line in sys.stdin:
    try:
        print(shown(tomllib.loads(base64.b64decode(line).decode())))
    except (ValueError, RecursionError, AttributeError):
        print("refused")
