#!/usr/bin/env python3
"""Writes native.safetensors and foreign.safetensors beside this script, with struct and json alone.

    python3 tests/golden/safetensors/generate.py

native.safetensors   the types that are kept as they are, in the exact bytes that our writer gives
foreign.safetensors  the types that are widened
"""
import json
import pathlib
import struct


def write(path, tensors, metadata):
    """tensors: (name, dtype, shape, bytes)"""
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, dtype, shape, values in tensors:
        offsets = [len(data), len(data) + len(values)]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    folder = pathlib.Path(__file__).parent
    write(folder / "native.safetensors", [
        ("backbone.conv1.weight", "F32", [2, 3], struct.pack("<6f", 0, 0.5, -1, 2, 1e-3, 3e38)),
        ("backbone.bn1.num_batches_tracked", "I64", [], struct.pack("<q", -7)),
        ("heads.brixia.6.bias", "F64", [2], struct.pack("<2d", 0.1, -1e300)),
        ("empty", "F32", [0, 4], b""),
    ], {"format": "pt", "seed": "1"})
    halves = [0x0000, 0x8000, 0x3C00, 0xC000, 0x0001, 0x03FF, 0x7BFF, 0x7C00, 0xFC00]
    write(folder / "foreign.safetensors", [
        ("half", "F16", [9], struct.pack("<9H", *halves)),
        ("brain", "BF16", [3], struct.pack("<3H", 0x3F80, 0xC020, 0x0001)),
        ("int", "I32", [2], struct.pack("<2i", -5, 2147483647)),
    ], None)


if __name__ == "__main__":
    main()
