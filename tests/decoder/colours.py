"""Profiles that tell apart whether they were heeded."""

from __future__ import annotations

import struct

from PIL import ImageCms

_D50 = struct.pack(">3i", 63190, 65536, 54061)


def exchanged() -> bytes:
    """Red, green and blue of a screen, red and blue in each other's place."""
    profile: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "otro".encode("utf-16-be"))
    return profile.replace(b"rXYZ", b"tmp.").replace(b"bXYZ", b"rXYZ").replace(b"tmp.", b"bXYZ")


def red_ink() -> bytes:
    """Of a press whose cyan is red, and whose other inks leave the paper white."""
    white, red = bytes((255, 128, 128)), bytes((136, 208, 195))  # Lab
    line = bytes(range(256))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    look_up = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + line * 4 + white * 8 + red * 8 + line * 3
    parts = {
        b"A2B0": look_up,
        b"wtpt": b"XYZ " + bytes(4) + _D50,
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 6) + b"tinta" + bytes(79),
    }
    at = 128 + 4 + 12 * len(parts)
    table, data = struct.pack(">I", len(parts)), b""
    for name, part in parts.items():
        table += name + struct.pack(">II", at + len(data), len(part))
        data += part + bytes(-len(part) % 4)
    size = struct.pack(">I", at + len(data))
    head = size + bytes(4) + struct.pack(">I", 0x02400000) + b"prtrCMYKLab " + bytes(12) + b"acsp" + bytes(28) + _D50
    return head.ljust(128, b"\0") + table + data
