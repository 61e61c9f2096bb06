#!/usr/bin/env python3
"""Records tests/data/open_sizes.zip: small models exported with sizes that stay open, and what they answer at several.

    NAME/model.onnx             exported by PyTorch
    NAME/RUN.input0.npy, ...    the inputs of a run, and
    NAME/RUN.output0.npy, ...   what ONNX Runtime answers
    cases.json                  [{name, shapes: [[input, sizes]], runs}]: sizes as --shape takes them

The runs of a model are meant to follow each other: they grow, shrink, and touch both bounds.

Usage: python3 record_open_sizes.py [OUTPUT.zip]      (recorded with PyTorch 2.6 and ONNX Runtime 1.21)
"""

import io
import pathlib
import sys
import warnings

import numpy as np
import onnxruntime
import torch
from torch import nn

from case_archive import CaseArchive, npy_bytes


class Image(nn.Module):
    """Convolutions of all kinds, a residual, a head behind global pooling."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU6())
        self.depthwise = nn.Sequential(nn.Conv2d(8, 8, 3, 1, 1, groups=8), nn.Hardswish())
        self.pointwise = nn.Conv2d(8, 8, 1)
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(8, 5)

    def forward(self, image):
        x = self.first(image)
        x = x + self.pointwise(self.depthwise(x))
        x = self.pool(x)
        return self.head(x.mean((2, 3))), torch.sigmoid(x)


class Reshapes(nn.Module):
    """Shape arithmetic: sizes gathered, multiplied, joined and used."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(12, 4)
        self.row = nn.Parameter(torch.randn(1, 1, 4))

    def forward(self, x):
        n, t = x.shape[0], x.shape[1]
        y = self.linear(x.reshape(n * t, 12)).reshape(n, t, 4)
        y = torch.cat([self.row.expand(n, 1, 4), y], 1)
        return y[:, : t - 1].transpose(1, 2), y.flatten(1)


class Attention(nn.Module):
    """A transformer's block over a sequence of open length."""

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(16)
        self.qkv = nn.Linear(16, 48)
        self.out = nn.Linear(16, 16)

    def forward(self, x):
        n, t = x.shape[0], x.shape[1]
        q, k, v = self.qkv(self.norm(x)).reshape(n, t, 3, 2, 8).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1) * 8**-0.5).softmax(-1)
        y = (weights @ v).transpose(1, 2).reshape(n, t, 16)
        return x + self.out(y)


class Pair(nn.Module):
    """Two inputs of one open size, joined along it."""

    def forward(self, a, b):
        return torch.cat([a + b, a * b, a], 0), torch.maximum(a, b * 2).sum(1)


MODELS = [
    ("image", Image, {"image": [("n", 1, 3), 3, ("h", 16, 48), ("w", 10, 64)]},
     [dict(n=1, h=32, w=32), dict(n=3, h=48, w=64), dict(n=1, h=16, w=10), dict(n=2, h=17, w=63), dict(n=2, h=48, w=10)]),
    ("reshapes", Reshapes, {"x": [("n", 1, 4), ("t", 2, 6), 12]},
     [dict(n=2, t=3), dict(n=4, t=6), dict(n=1, t=2), dict(n=3, t=5)]),
    ("attention", Attention, {"x": [1, ("t", 1, 24), 16]}, [dict(t=7), dict(t=24), dict(t=1), dict(t=12)]),
    ("attention_batch", Attention, {"x": [("n", 1, 3), ("t", 2, 9), 16]}, [dict(n=3, t=9), dict(n=1, t=2), dict(n=2, t=5)]),
    ("pair", Pair, {"a": [("n", 1, 9), 6], "b": [("n", 1, 9), 6]}, [dict(n=4), dict(n=9), dict(n=1), dict(n=7)]),
]


def sizes_of(dims, run):
    return [run[d[0]] if isinstance(d, tuple) else d for d in dims]


def export(model, inputs, first):
    tensors = tuple(torch.randn(sizes_of(dims, first)) for dims in inputs.values())
    axes = {name: {i: d[0] for i, d in enumerate(dims) if isinstance(d, tuple)} for name, dims in inputs.items()}
    stream = io.BytesIO()
    torch.onnx.export(model, tensors, stream, opset_version=17, dynamo=False, input_names=list(inputs),
                      dynamic_axes=axes)
    return stream.getvalue()


def main():
    here = pathlib.Path(__file__).parent
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "open_sizes.zip"
    warnings.filterwarnings("ignore")
    torch.manual_seed(3)
    random = np.random.default_rng(5)
    archive = CaseArchive()
    for name, kind, inputs, runs in MODELS:
        model = kind().eval()
        for part in model.modules():
            if isinstance(part, nn.BatchNorm2d):
                nn.init.uniform_(part.running_mean, -1, 1)
                nn.init.uniform_(part.running_var, 0.5, 2)
        blob = export(model, inputs, runs[0])
        archive.add_file(f"{name}/model.onnx", blob)
        session = onnxruntime.InferenceSession(blob, providers=["CPUExecutionProvider"])
        for number, run in enumerate(runs):
            feeds = {key: random.standard_normal(sizes_of(dims, run)).astype(np.float32)
                     for key, dims in inputs.items()}
            for i, array in enumerate(feeds.values()):
                archive.add_file(f"{name}/{number}.input{i}.npy", npy_bytes(array))
            for i, array in enumerate(session.run(None, feeds)):
                archive.add_file(f"{name}/{number}.output{i}.npy", npy_bytes(array))
        shapes = [[key, [[d[1], d[2]] if isinstance(d, tuple) else [d, d] for d in dims]]
                  for key, dims in inputs.items()]
        archive.add_case({"name": name, "shapes": shapes, "runs": len(runs), "inputs": len(inputs),
                          "outputs": len(session.get_outputs())})
    archive.write(output)


if __name__ == "__main__":
    main()
