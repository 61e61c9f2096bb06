#!/usr/bin/env python3
"""Records tests/data/zoo.zip: the logits that torchvision's models give for seeded weights and a seeded input.

    MODEL.npy: float32[1, 1000], for each name of the compiler's zoo

Weights are drawn as the compiler's SeededWeights draws them, bit for bit, so none are stored; load_state_dict is
strict, so a parameter that has another name or shape in torchvision stops this script, and one that has another name or
shape in the compiler gives other logits. The mean and spread of each parameter follow from its name and rank alone
(spread_of, repeated in tests/compiler/frontend/zoo).

Usage: python3 record_zoo.py [OUTPUT.zip]      (recorded with PyTorch 2.6 and torchvision 0.21)
"""

import pathlib
import sys

import numpy as np
import torch
import torchvision

from case_archive import CaseArchive, npy_bytes

SEED = 7
MODELS = {
    "mv2": torchvision.models.mobilenet_v2,
    "mv3": torchvision.models.mobilenet_v3_small,
    "mv3_large": torchvision.models.mobilenet_v3_large,
    "resnet18": torchvision.models.resnet18,
    "resnet50": torchvision.models.resnet50,
}

GOLDEN = 0x9E3779B97F4A7C15
MASK = 2**64 - 1


def stream(name, seed, count):
    """`count` numbers of mean 0 and variance 1: SplitMix64 from the FNV-1a hash of the name and the seed; each number
    is the sum of twelve 16-bit ones."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    state ^= (seed * GOLDEN) & MASK
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, 3 * count + 1, dtype=np.uint64) * np.uint64(GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    parts = z.view(np.uint16).astype(np.int64).reshape(count, 12)
    return (parts.sum(axis=1) - 6 * 65535) / 65536.0


def draw(name, shape, mean, stddev):
    values = mean + np.float64(np.float32(stddev)) * stream(name, SEED, int(np.prod(shape)))
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def spread_of(name, shape):
    """Mean and standard deviation of a parameter."""
    if len(shape) > 1:  # of a convolution or linear layer
        return 0.0, np.sqrt(2.0 / np.prod(shape[1:]))
    return (1.0 if name.endswith(("weight", "running_var")) else 0.0), 0.125


def logits(build):
    model = build(weights=None).eval()
    state = {}
    for name, tensor in model.state_dict().items():
        counter = name.endswith("num_batches_tracked")
        state[name] = tensor if counter else draw(name, tuple(tensor.shape), *spread_of(name, tuple(tensor.shape)))
    model.load_state_dict(state, strict=True)
    with torch.no_grad():
        return model(draw("input", (1, 3, 224, 224), 0.0, 1.0)).numpy()


def main():
    output = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "zoo.zip"
    archive = CaseArchive()
    for name, build in MODELS.items():
        values = logits(build)
        print(f"{name}: logits of mean {values.mean():.4g}, standard deviation {values.std():.4g}")
        archive.add_case({"name": name})
        archive.add_file(f"{name}.npy", npy_bytes(values))
    archive.write(output)


if __name__ == "__main__":
    main()
