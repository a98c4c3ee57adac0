#!/usr/bin/env python3
"""Writes the weights files beside this script, and what they hold as .safetensors.

    python3 tests/golden/weights/generate.py

Made with Python 3.11 and PyTorch 1.13 (Debian 12). Another PyTorch may write other bytes of .pth.

X.safetensors        what the tests expect in X*.pth
X.pth, X_legacy.pth  torch.save as a zip archive, and as it was before version 1.6
refused_*.pth        files that hold more than weights, or that no reader should unpack
"""
import collections
import io
import json
import os
import pathlib
import pickle
import struct
import warnings
import zipfile

import torch

FOLDER = pathlib.Path(__file__).parent
DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}


def save(value, name, legacy=False, **options):
    torch.save(value, FOLDER / name, _use_new_zipfile_serialization=not legacy, **options)


def save_expected(state, name):
    """As .safetensors, with struct and json alone; tensors contiguous and wide."""
    header, data = {}, b""
    for key, tensor in state.items():
        tensor = tensor.detach().contiguous()
        if tensor.dtype not in DTYPES:
            tensor = tensor.to(torch.float32 if tensor.is_floating_point() else torch.int64)
        values = tensor.numpy().tobytes()
        header[key] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape),
                       "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (FOLDER / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


def plain():
    state = collections.OrderedDict()
    state["conv.weight"] = torch.tensor([[0, 0.5, -1], [2, 1e-3, 3e38]])
    state["bn.num_batches_tracked"] = torch.tensor(-7)
    state["bn.double"] = torch.tensor([0.1, -1e300], dtype=torch.float64)
    state["empty"] = torch.zeros(0, 4)
    state._metadata = collections.OrderedDict({"": {"version": 1}, "bn": {"version": 2}})
    return state


def views():
    base = torch.arange(24, dtype=torch.float32)
    cube = base.reshape(2, 3, 4)
    return {"whole": base, "turned": cube.permute(2, 0, 1), "row": cube[1, 2], "column": cube[:, 1, 3],
            "again": cube, "parameter": torch.nn.Parameter(torch.tensor([1.0, 2.0])),
            "expanded": torch.tensor([[3.0], [4.0]]).expand(2, 5), "scalar": base[7],
            "other": torch.arange(6).reshape(2, 3).t()}


def narrow():
    return {"half": torch.tensor([0, 1, -2, 65504, 2.0**-24], dtype=torch.float16),
            "brain": torch.tensor([[1], [-2.5]], dtype=torch.bfloat16),
            "int": torch.tensor([-5, 2147483647], dtype=torch.int32),
            "turned": torch.arange(6, dtype=torch.float16).reshape(2, 3).t()}


def tiny_backbone():
    """The entries of tests/support/tiny_backbone.h under a classifier, as a training saves them."""
    torch.manual_seed(1)
    net = torch.nn.Sequential(collections.OrderedDict(
        conv=torch.nn.Conv2d(3, 4, 3), bn=torch.nn.BatchNorm2d(4), fc=torch.nn.Linear(4, 14)))
    return net.state_dict()


class Command:
    def __reduce__(self):
        return os.system, ("echo this must never be printed",)


def members(name, entries, **options):
    with warnings.catch_warnings():  # about the name that appears twice
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(FOLDER / name, "w", **options) as archive:
            for key, value in entries:
                archive.writestr(zipfile.ZipInfo(key), value, options.get("compression"))


def encrypted(source, name):
    """Sets the flag in the directory; the data stay as they are."""
    data = bytearray((FOLDER / source).read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (FOLDER / name).write_bytes(data)


def script():
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Identity()), buffer)
    return buffer.getvalue()


def main():
    for name, state in {"plain": plain(), "views": views(), "narrow": narrow()}.items():
        save_expected(state, f"{name}.safetensors")
        save(state, f"{name}.pth")
        save(state, f"{name}_legacy.pth", legacy=True)
    save(plain(), "plain_protocol4.pth", pickle_protocol=4)
    save(plain(), "plain_protocol4_legacy.pth", legacy=True, pickle_protocol=4)
    momentum = {0: {"momentum": torch.ones(2)}}
    save({"epoch": 3, "best": 0.5, "arch": "resnet18", "done": True, "none": None,
          "optimizer": {"state": momentum, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.999)}]},
          "state_dict": plain()}, "plain_in_state_dict.pth")
    save({"model": plain()}, "plain_in_model.pth")
    save({"resnet": plain(), "epoch": 1}, "plain_in_resnet_legacy.pth", legacy=True)

    save_expected(tiny_backbone(), "tiny_backbone.safetensors")
    save({"epoch": 9, "model": {"module.backbone." + k: v for k, v in tiny_backbone().items()}},
         "tiny_backbone_legacy.pth", legacy=True)

    save({"a": torch.ones(2), "b": Command()}, "refused_command.pth")
    save({"a": torch.ones(2), "b": Command()}, "refused_command_legacy.pth", legacy=True)
    save(torch.nn.Linear(2, 1), "refused_module.pth")
    save({"mask": torch.ones(3, dtype=torch.uint8)}, "refused_bytes.pth")
    (FOLDER / "refused_script.pth").write_bytes(script())
    members("refused_bomb.pth", [("a/data.pkl", b"}."), ("a/data/0", bytes(8 << 20))],
            compression=zipfile.ZIP_DEFLATED)
    members("refused_twice.pth", [("a/data.pkl", b"}."), ("a/data.pkl", b"}.")])
    members("refused_path.pth", [("a/data.pkl", b"}."), ("a/../../x", b"")])
    members("refused_big_endian.pth", [("a/data.pkl", b"}."), ("a/byteorder", b"big")])
    members("refused_other.pth", [("word/document.xml", b"<w/>")])
    members("refused_packing.pth", [("a/data.pkl", b"}.")], compression=zipfile.ZIP_BZIP2)
    encrypted("refused_twice.pth", "refused_encrypted.pth")
    pickled = pickle.dumps({"a": 1}, protocol=2)
    (FOLDER / "refused_pickle.pth").write_bytes(pickled)


if __name__ == "__main__":
    main()
