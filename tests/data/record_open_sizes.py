#!/usr/bin/env python3
"""Records tests/data/open_sizes.zip: small models exported with sizes that stay open, and what they answer at several.

    NAME/MODEL                  model.onnx or model.pt2, exported by PyTorch
    NAME/RUN.input0.npy, ...    the inputs of a run, and
    NAME/RUN.output0.npy, ...   what ONNX Runtime answers to the .onnx, eager PyTorch to the .pt2
    cases.json                  [{name, model, shapes: [[input, sizes]], runs}]: sizes as --shape takes them; none where
                                the model itself says which are open

torchvision's networks are narrow ones of the same architecture, with statistics and weights drawn at random.

The runs of a model are meant to follow each other: they grow, shrink, and touch both bounds.

Usage: python3 record_open_sizes.py [OUTPUT.zip]      (recorded with PyTorch 2.6, torchvision 0.21 and ONNX Runtime 1.21)
"""

import io
import pathlib
import sys
import warnings

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import VisionTransformer, convnext, densenet, mobilenet_v2, mobilenetv3, regnet, shufflenetv2
from torchvision.models.segmentation import deeplabv3

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


class Pyramid(nn.Module):
    """Features brought back to the sizes, odd or even, that they were halved from; pooling that rounds up."""

    def __init__(self):
        super().__init__()
        self.halves = nn.ModuleList([nn.Conv2d(channels, 4, 3, 2, 1) for channels in (3, 4, 4)])

    def forward(self, image):
        a = self.halves[0](image)
        b = self.halves[1](a)
        c = self.halves[2](b)
        b = b + F.interpolate(c, size=b.shape[-2:], mode="nearest")
        a = a + F.interpolate(b, size=a.shape[-2:], mode="bilinear")
        corners = F.interpolate(b, size=a.shape[-2:], mode="bilinear", align_corners=True)
        twice = F.interpolate(a, scale_factor=2.0), F.interpolate(a, scale_factor=2.0, mode="bilinear")
        return a, corners, *twice, F.max_pool2d(a, 3, 2, ceil_mode=True)


class Average(nn.Module):
    """Averages whose windows reach over the edge. (Of windows that reach beyond counted padding, ONNX Runtime divides by
    more elements than ONNX and PyTorch do.)"""

    def forward(self, image):
        return (F.avg_pool2d(image, 3, 2, 1, ceil_mode=True, count_include_pad=False),
                F.avg_pool2d(image, 3, 2, 1), F.avg_pool2d(image, 2))


class Rounded(nn.Module):
    """Windows and steps whose last one depends on remainders, which the bounds do not show."""

    def forward(self, image):
        return F.max_pool2d(image, 3, 2, ceil_mode=True), image[:, :, ::2] * 2, image[..., 1::4] + 1


class Segmentation(nn.Module):
    """DeepLabV3's head on the beginning of MobileNetV2."""

    def __init__(self):
        super().__init__()
        self.body = mobilenet_v2(width_mult=0.1).features[:5]
        self.head = nn.Sequential(deeplabv3.ASPP(8, [2, 4], 16), nn.Conv2d(16, 3, 1))

    def forward(self, image):
        return F.interpolate(self.head(self.body(image)), size=image.shape[-2:], mode="bilinear", align_corners=False)


def mobilenet_v3():
    blocks, last = mobilenetv3._mobilenet_v3_conf("mobilenet_v3_small", width_mult=0.1)
    return mobilenetv3.MobileNetV3(blocks, last // 4, num_classes=5)


def regnet_y():
    blocks = regnet.BlockParams.from_init_params(depth=4, w_0=8, w_a=8, w_m=2.0, group_width=4, se_ratio=0.25)
    return regnet.RegNet(blocks, num_classes=5)


def convnext_two_stages():
    return convnext.ConvNeXt([convnext.CNBlockConfig(8, 16, 1), convnext.CNBlockConfig(16, None, 1)], num_classes=5)


IMAGE = {"image": [("n", 1, 3), 3, ("h", 33, 56), ("w", 34, 60)]}
SIZES = [dict(n=2, h=48, w=41), dict(n=3, h=56, w=60), dict(n=1, h=33, w=34), dict(n=1, h=56, w=47)]
# PyTorch 2.6 exports no pooling with padding over sizes that may be odd.
NETWORKS = [
    ("mobilenet_v3", mobilenet_v3, IMAGE, SIZES, ("onnx", "pt2")),
    ("regnet", regnet_y, IMAGE, SIZES, ("onnx", "pt2")),
    ("convnext", convnext_two_stages, IMAGE, SIZES, ("onnx", "pt2")),
    ("segmentation", Segmentation, IMAGE, SIZES, ("onnx", "pt2")),
    ("vision_transformer", lambda: VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=5),
     {"image": [("n", 1, 4), 3, 32, 32]}, [dict(n=2), dict(n=4), dict(n=1)], ("onnx", "pt2")),
    ("shufflenet", lambda: shufflenetv2.ShuffleNetV2([1, 2, 1], [8, 8, 16, 32, 16], num_classes=5), IMAGE, SIZES, ("onnx",)),
    ("densenet", lambda: densenet.DenseNet(4, (2, 2), 8, num_classes=5), IMAGE, SIZES, ("onnx",)),
    ("pyramid", Pyramid, IMAGE, SIZES, ("onnx",)),
    ("average", Average, IMAGE, SIZES, ("onnx",)),
]

MODELS = [
    ("image", Image, {"image": [("n", 1, 3), 3, ("h", 16, 48), ("w", 10, 64)]},
     [dict(n=1, h=32, w=32), dict(n=3, h=48, w=64), dict(n=1, h=16, w=10), dict(n=2, h=17, w=63), dict(n=2, h=48, w=10)]),
    ("one_or_two", Image, {"image": [("n", 1, 2), 3, ("h", 16, 24), 20]}, [dict(n=2, h=24), dict(n=1, h=16), dict(n=2, h=17)]),
    ("rounded", Rounded, {"image": [1, 3, ("h", 33, 49), 20]}, [dict(h=33), dict(h=49), dict(h=34), dict(h=47)]),
    ("reshapes", Reshapes, {"x": [("n", 1, 4), ("t", 2, 6), 12]},
     [dict(n=2, t=3), dict(n=4, t=6), dict(n=1, t=2), dict(n=3, t=5)]),
    ("attention", Attention, {"x": [1, ("t", 1, 24), 16]}, [dict(t=7), dict(t=24), dict(t=1), dict(t=12)]),
    ("attention_batch", Attention, {"x": [("n", 1, 3), ("t", 2, 9), 16]}, [dict(n=3, t=9), dict(n=1, t=2), dict(n=2, t=5)]),
    ("pair", Pair, {"a": [("n", 1, 9), 6], "b": [("n", 1, 9), 6]}, [dict(n=4), dict(n=9), dict(n=1), dict(n=7)]),
]


def sizes_of(dims, run):
    return [run[d[0]] if isinstance(d, tuple) else d for d in dims]


def export_pt2(model, inputs, first):
    tensors = tuple(torch.randn(sizes_of(dims, first)) for dims in inputs.values())
    shapes = tuple({i: torch.export.Dim(d[0], min=d[1], max=d[2]) for i, d in enumerate(dims) if isinstance(d, tuple)}
                   for dims in inputs.values())
    stream = io.BytesIO()
    torch.export.save(torch.export.export(model, tensors, dynamic_shapes=shapes, strict=False), stream)
    return stream.getvalue()


def export(model, inputs, first):
    tensors = tuple(torch.randn(sizes_of(dims, first)) for dims in inputs.values())
    axes = {name: {i: d[0] for i, d in enumerate(dims) if isinstance(d, tuple)} for name, dims in inputs.items()}
    stream = io.BytesIO()
    torch.onnx.export(model, tensors, stream, opset_version=17, dynamo=False, input_names=list(inputs),
                      dynamic_axes=axes)
    return stream.getvalue()


def answers_of(model, feeds):
    with torch.no_grad():
        outputs = model(*(torch.from_numpy(array) for array in feeds.values()))
    return [output.numpy() for output in (outputs if isinstance(outputs, tuple) else (outputs,))]


def main():
    here = pathlib.Path(__file__).parent
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "open_sizes.zip"
    warnings.filterwarnings("ignore")
    torch.manual_seed(3)
    random = np.random.default_rng(5)
    archive = CaseArchive()
    for name, kind, inputs, runs, *doors in MODELS + NETWORKS:
        model = kind().eval()
        for part in model.modules():
            if isinstance(part, nn.BatchNorm2d):
                nn.init.uniform_(part.running_mean, -1, 1)
                nn.init.uniform_(part.running_var, 0.5, 2)
            if isinstance(part, convnext.CNBlock):  # which begins with blocks that add nothing
                nn.init.uniform_(part.layer_scale, 0.5, 1)
        for door in doors[0] if doors else ("onnx",):
            case = name if door == "onnx" else f"{name}_{door}"
            blob = (export if door == "onnx" else export_pt2)(model, inputs, runs[0])
            archive.add_file(f"{case}/model.{door}", blob)
            session = onnxruntime.InferenceSession(blob, providers=["CPUExecutionProvider"]) if door == "onnx" else None
            for number, run in enumerate(runs):
                feeds = {key: (random.standard_normal(sizes_of(dims, run)) * 8).round().astype(np.float32) / 8
                         for key, dims in inputs.items()}
                outputs = session.run(None, feeds) if session else answers_of(model, feeds)
                for kind_of, arrays in (("input", feeds.values()), ("output", outputs)):
                    for i, array in enumerate(arrays):
                        archive.add_file(f"{case}/{number}.{kind_of}{i}.npy", npy_bytes(array))
            shapes = [[key, [[d[1], d[2]] if isinstance(d, tuple) else [d, d] for d in dims]]
                      for key, dims in inputs.items()]
            archive.add_case({"name": case, "model": f"model.{door}", "shapes": shapes if session else [],
                              "runs": len(runs), "inputs": len(inputs), "outputs": len(outputs)})
    archive.write(output)


if __name__ == "__main__":
    main()
