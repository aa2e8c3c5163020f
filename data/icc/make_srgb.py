"""Write srgb.icc: the sRGB colour space as an ICC version 2 profile, from the published constants of IEC 61966-2-1.

PDF/A-1 follows PDF 1.4, which knows profiles of version 2 only; the ones imaging libraries make today are of version 4.
"""

import struct
from pathlib import Path

PRIMARIES = {  # chromatically adapted to D50 (Bradford), as ICC profiles want them
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
WHITE = (0.9642, 1.0, 0.8249)
STEPS = 256


def xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))


def text(value: str) -> bytes:
    return b"text\0\0\0\0" + value.encode("ascii") + b"\0"


def description(value: str) -> bytes:
    plain = value.encode("ascii") + b"\0"
    return (
        b"desc\0\0\0\0"
        + struct.pack(">I", len(plain))
        + plain
        + struct.pack(">II", 0, 0)
        + struct.pack(">HB", 0, 0)
        + b"\0" * 67
    )


def curve() -> bytes:
    def linear(i: int) -> int:
        v = i / (STEPS - 1)
        return round(65535 * (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4))

    return b"curv\0\0\0\0" + struct.pack(f">I{STEPS}H", STEPS, *map(linear, range(STEPS)))


def profile() -> bytes:
    shared = curve()
    tags = [(b"desc", description("sRGB")), (b"cprt", text("CC0")), (b"wtpt", xyz(WHITE))]
    tags += [(name, xyz(values)) for name, values in PRIMARIES.items()]
    tags += [(name, shared) for name in (b"rTRC", b"gTRC", b"bTRC")]
    table, body, places = [], b"", {}
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags:
        if data not in places:
            places[data] = start + len(body)
            body += data + b"\0" * (-len(data) % 4)
        table.append(name + struct.pack(">II", places[data], len(data)))
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += (
        struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
        + b"acsp"
        + b"\0" * 28
        + struct.pack(">3i", *(round(v * 65536) for v in WHITE))
    )
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + b"".join(table) + body


if __name__ == "__main__":
    (Path(__file__).resolve().parent / "srgb.icc").write_bytes(profile())
