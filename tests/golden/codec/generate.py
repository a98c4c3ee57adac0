"""Writes codec.json beside this file: a state, and what each codec makes of it, computed by numpy.

Run: python3 tests/golden/codec/generate.py   (Debian 12: python3-numpy)
All bytes are hexadecimal. Formats: docs/formats/update.md.
"""

import json
import pathlib

import numpy as np

F32 = np.float32
CHANNELS, PER_CHANNEL, KEPT = 5, 20, 0.1


def bfloat16(values):
    """To nearest, ties to even, on the bits."""
    bits = values.view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def widened(halves):
    return (halves.astype(np.uint32) << 16).view(F32)


def encode_bfloat16(values, decoded):
    halves = bfloat16(values.ravel())
    return halves.tobytes(), widened(halves).reshape(values.shape)


def encode_int8(values, decoded):
    scales = (np.abs(values).max(axis=1) / F32(127)).astype(F32)
    scales[scales < np.finfo(F32).tiny] = 0
    divisor = np.where(scales == 0, F32(1), scales)[:, None]
    steps = np.rint(values / divisor).astype(np.int8)  # to even, as numpy rounds
    steps[scales == 0] = 0
    return scales.tobytes() + steps.tobytes(), steps.astype(F32) * scales[:, None]


def encode_top(values, decoded):
    flat, out = values.ravel(), decoded.ravel().copy()
    kept = int(np.ceil(flat.size * KEPT))
    order = np.argsort(-np.abs(flat - out), kind="stable")
    places = np.sort(order[:kept])
    out[places] = flat[places]
    starts = np.array([0, kept], np.uint32)  # one segment
    encoded = starts.tobytes() + places.astype(np.uint16).tobytes() + flat[places].tobytes()
    return encoded, out.reshape(values.shape)


def bit_difference(state, base):
    difference = (state.view(np.uint32) - base.view(np.uint32)).astype(np.uint32)
    return ((difference << np.uint32(1)) ^ (np.uint32(0) - (difference >> np.uint32(31)))).tobytes()


def main():
    rng = np.random.default_rng(20260101)
    shape = (CHANNELS, PER_CHANNEL)
    base = {"weight": rng.normal(0, 0.1, shape).astype(F32), "bias": rng.normal(0, 1, 3).astype(F32)}
    state = {name: (value + rng.normal(0, 0.01, value.shape)).astype(F32)
             for name, value in base.items()}
    state["weight"][1] = base["weight"][1]  # a channel that did not change
    state["weight"][2, 3] = -state["weight"][2, 3]
    residual = rng.normal(0, 0.001, shape).astype(F32)
    residual[1] = 0
    joined = lambda parts: parts["weight"].tobytes() + parts["bias"].tobytes()

    cases = {"fp32": {"encoded": joined(state)},
             "fp32+difference": {"encoded": bit_difference(state["weight"], base["weight"])
                                 + bit_difference(state["bias"], base["bias"])}}
    codings = {"bf16": encode_bfloat16, "int8": encode_int8, "top-10%": encode_top}
    for name, encode in codings.items():
        for difference in (False, True):
            values = state["weight"]
            unsent = base["weight"] if name.startswith("top") else np.zeros(shape, F32)
            if difference:
                values, unsent = values - base["weight"], np.zeros(shape, F32)
            if name != "bf16":
                values = values + residual
            encoded, decoded = encode(values, unsent)
            left_out = b"" if name == "bf16" else (values - decoded).tobytes()
            weight = base["weight"] + decoded if difference else decoded
            assert values.dtype == decoded.dtype == weight.dtype == F32
            cases[name + ("+difference" if difference else "")] = {
                "encoded": encoded + state["bias"].tobytes(),
                "residual": left_out,
                "decoded": joined({"weight": weight, "bias": state["bias"]})}
    for case in cases.values():
        case.setdefault("residual", b"")
        case.setdefault("decoded", joined(state))
    golden = {
        "numpy": np.__version__,
        "channels": CHANNELS, "per_channel": PER_CHANNEL, "biases": 3,
        "state": joined(state).hex(), "base": joined(base).hex(), "residual": residual.tobytes().hex(),
        "codecs": {name: {key: value.hex() for key, value in case.items()}
                   for name, case in cases.items()}}
    path = pathlib.Path(__file__).with_name("codec.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
