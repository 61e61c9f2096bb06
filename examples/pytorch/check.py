#!/usr/bin/env python3
"""Compares what Ingot makes of torch.export archives with what PyTorch computes, on the inputs they were exported with.

For every archive a line of a table: the largest difference from PyTorch, as a part of the largest value, delegated to
XNNPACK and on portable kernels; or why it is refused, or cannot be read by this PyTorch. A difference above 1e-4 is a
failure: exit code 1.

    python3 check.py [--bin build/release/bin] ARCHIVE.pt2 [ARCHIVE.pt2 ...]

Needs torch; runs Ingot's aot_compiler and xnn_executor_runner.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from torch.utils import _pytree as pytree

TOLERANCE = 1e-4


class Refused(Exception):
    """A command's error line."""


def tensors_in(tree):
    return [leaf.detach().numpy() for leaf in pytree.tree_leaves(tree) if isinstance(leaf, torch.Tensor)]


def answers(archive):
    """The inputs the archive was exported with, and PyTorch's outputs for them."""
    program = torch.export.load(archive)
    args, kwargs = program.example_inputs
    inputs = [array.copy() for array in tensors_in((args, kwargs))]  # the program may change its own
    with torch.no_grad():
        return inputs, tensors_in(program.module()(*args, **kwargs))


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "it failed without a word")


def largest_difference(actual, expected):
    """As a part of the largest finite value expected; infinite where shapes, dtypes, infinities or NaN differ."""
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return float("inf")
    actual, expected = actual.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(expected)
    if not np.array_equal(actual[~finite], expected[~finite], equal_nan=True) or not np.isfinite(actual[finite]).all():
        return float("inf")
    if not finite.any():
        return 0.0
    return float(np.abs(actual - expected)[finite].max() / (np.abs(expected[finite]).max() or 1))


def check(binaries, archive, inputs, expected, ways):
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        for i, array in enumerate(inputs):
            np.save(work / f"in{i}.npy", array)
        names = ",".join(str(work / f"in{i}.npy") for i in range(len(inputs)))
        run(binaries / "aot_compiler", "--model", archive, "--example_inputs", names, "--output", work / "net.pte",
            *ways)
        run(binaries / "xnn_executor_runner", "--model_path", work / "net.pte", "--inputs", names,
            "--output_file", work / "out")
        outputs = [np.load(work / f"out-{i}.npy") for i in range(len(expected))]
        return max(map(largest_difference, outputs, expected))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archives", nargs="+", metavar="ARCHIVE", type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"), help="Ingot's commands")
    options = parser.parse_args()

    failed = False
    print("| archive | delegated | portable kernels |\n|---|--:|--:|")
    for archive in options.archives:
        try:
            inputs, expected = answers(archive)
        except Exception as error:  # whatever an archive does to PyTorch is a line of the table
            print(f"| {archive.name} | PyTorch: {str(error).splitlines()[0][:100]} | |", flush=True)
            continue
        try:
            found = [check(options.bin, archive, inputs, expected, ways) for ways in (["--delegate"], [])]
            failed |= max(found) > TOLERANCE
            print(f"| {archive.name} | {found[0]:.1e} | {found[1]:.1e} |", flush=True)
        except Refused as refusal:
            print(f"| {archive.name} | {refusal} | |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
