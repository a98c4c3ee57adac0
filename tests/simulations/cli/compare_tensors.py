#!/usr/bin/env python3
"""compare_tensors.py ONE.safetensors OTHER.safetensors: exits with 0 if both hold the same tensors,
each element within 1e-4 of its tensor's root mean square."""
import sys

import safetensors_io

one, other = (safetensors_io.read(path)[0] for path in sys.argv[1:])
assert one.keys() == other.keys(), (sorted(one), sorted(other))
for name, values in one.items():
    error = (values - other[name]).abs().max() / other[name].square().mean().sqrt()
    assert error < 1e-4, (name, float(error))
