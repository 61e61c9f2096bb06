#!/usr/bin/env python3
"""Records tests/data/pt2.zip: small exported programs (.pt2) with the outputs that eager PyTorch gives for them.

    <group>/<case>/model.pt2, input0.npy, ..., output0.npy, ...
    cases.json: [{"name": "activations/silu", "op": "activations", "inputs": 1, "outputs": 1, "step": 0}, ...]

step is how far apart neighbouring values of a quantized output are. Inputs and outputs are flat, as torch.export flattens them; outputs that are no tensors are left out. The archives are
those of torch.export.save, less the metadata of nodes (stack traces), which would be most of their bytes.

Usage: python3 record_pt2.py [OUTPUT.zip]

Recorded with Debian 13's PyTorch 2.6.
"""

import collections
import io
import json
import pathlib
import sys
import warnings
import zipfile

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.export import Dim, export
from torch.utils import _pytree as pytree

from case_archive import CaseArchive, npy_bytes

warnings.filterwarnings("ignore")
archive = CaseArchive()


class Of(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *args):
        return self.function(*args)


def f32(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed + 17 * len(shape) + sum(shape))
    return torch.randn(*shape, generator=generator)


def i64(*shape, low=0, high=5, seed=0):
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randint(low, high, shape, generator=generator)


def small(program):
    """The program as an archive without the metadata of its nodes."""
    stream = io.BytesIO()
    torch.export.save(program, stream)
    result = io.BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "serialized_example_inputs.pt":
                continue
            if name == "serialized_exported_program.json":
                data = json.dumps(without_metadata(json.loads(data)), separators=(",", ":")).encode()
            new.writestr(zipfile.ZipInfo(name, date_time=(2024, 1, 1, 0, 0, 0)), data)
    return result.getvalue()


def without_metadata(value):
    if isinstance(value, dict):
        if "target" in value and "metadata" in value:
            value = {**value, "metadata": {}}
        return {key: without_metadata(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [without_metadata(entry) for entry in value]
    return value


def add(name, module, *inputs, kwargs=None, decompose=None, dynamic_shapes=None):
    if not isinstance(module, nn.Module):
        module = Of(module)
    module = module.eval()
    with torch.no_grad():
        # In-place functions change their inputs: each use gets its own.
        copy = lambda: pytree.tree_map(lambda x: x.clone() if isinstance(x, torch.Tensor) else x, inputs)
        given = copy()
        program = export(module, copy(), kwargs, dynamic_shapes=dynamic_shapes, strict=False)
        if decompose is not None:
            program = program.run_decompositions(decompose)
        # Decompositions may change what a module gives (2.6's of lstm adds an axis to its states).
        runs = module if decompose is None else program.module()
        outputs = runs(*copy(), **(kwargs or {}))
    save(name, program, (given, kwargs or {}), outputs)


def output_step(program):
    """The scale of the program's output where that is dequantized, else 0."""
    last = [node for node in program.graph.nodes if node.op != "output"][-1]
    return last.args[1] if "dequantize_per_tensor.default" in str(last.target) else 0


def save(name, program, given, outputs):
    given = [x for x in pytree.tree_leaves(given) if isinstance(x, torch.Tensor)]
    outputs = [x for x in pytree.tree_leaves(outputs) if isinstance(x, torch.Tensor)]
    archive.add_file(f"{name}/model.pt2", small(program))
    for kind, tensors in (("input", given), ("output", outputs)):
        for i, tensor in enumerate(tensors):
            tensor = tensor.detach()
            if tensor.dtype == torch.bfloat16:
                tensor = tensor.float()
            archive.add_file(f"{name}/{kind}{i}.npy", npy_bytes(tensor.numpy()))
    archive.add_case({"name": name, "op": name.split("/")[0], "inputs": len(given), "outputs": len(outputs),
                      "step": output_step(program)})


def activations():
    x = f32(2, 6, 5)
    for name in ("relu", "relu6", "hardswish", "hardsigmoid", "silu", "mish", "selu", "celu", "elu", "gelu", "softplus",
                 "softsign", "leaky_relu", "logsigmoid", "hardshrink", "softshrink", "tanhshrink", "hardtanh", "sigmoid",
                 "tanh"):
        add(f"activations/{name}", getattr(F, name), x * 4)
    add("activations/gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), x)
    add("activations/softplus_beta", lambda x: F.softplus(x, 2.0, 3.0), x * 4)
    add("activations/threshold", lambda x: F.threshold(x, 0.3, -2.0), x)
    add("activations/prelu_one", nn.PReLU(), x)
    add("activations/prelu_channels", nn.PReLU(6, 0.3), x)
    add("activations/glu", lambda x: F.glu(x, 1), x)
    add("activations/softmax", lambda x: F.softmax(x, 1), x)
    add("activations/log_softmax", lambda x: F.log_softmax(x, -1), x)
    add("activations/softmax_dtype", lambda x: F.softmax(x, -1, dtype=torch.float32), x.half())
    add("activations/in_place", lambda x: F.relu_(x + 1).add_(2).mul_(x).clamp_(0, 3), x)
    add("activations/in_place_modules", nn.Sequential(nn.Conv1d(6, 4, 1), nn.ReLU(True), nn.Hardswish(True), nn.SiLU(True)), x)


def convolutions():
    torch.manual_seed(1)
    image, row = f32(2, 6, 9, 8), f32(2, 6, 11)
    add("convolutions/plain", nn.Conv2d(6, 8, 3), image)
    add("convolutions/strided", nn.Conv2d(6, 8, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), bias=False), image)
    add("convolutions/grouped", nn.Conv2d(6, 9, 3, padding=1, groups=3), image)
    add("convolutions/depthwise", nn.Conv2d(6, 12, 3, padding=1, groups=6), image)
    add("convolutions/same", nn.Conv2d(6, 4, (4, 3), padding="same", dilation=(1, 2)), image)
    add("convolutions/valid", nn.Conv2d(6, 4, 3, padding="valid"), image)
    add("convolutions/unbatched", nn.Conv2d(6, 4, 3), image[0])
    add("convolutions/one_axis", nn.Conv1d(6, 4, 3, stride=2, padding=1), row)
    add("convolutions/one_axis_same", nn.Conv1d(6, 4, 4, padding="same"), row)
    add("convolutions/transposed", nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1), image)
    add("convolutions/transposed_grouped", nn.ConvTranspose2d(6, 4, (2, 3), stride=(1, 2), groups=2), image)
    add("convolutions/transposed_one_axis", nn.ConvTranspose1d(6, 4, 3, stride=2), row)
    add("convolutions/core", nn.Conv2d(6, 8, 3, padding=1), image, decompose=torch.export.default_decompositions())
    add("convolutions/computed_weight", lambda x, w: F.conv2d(x, w * 2, padding=1), image, f32(5, 6, 3, 3))
    add("convolutions/channels_last", nn.Conv2d(6, 4, 3).to(memory_format=torch.channels_last),
        image.to(memory_format=torch.channels_last))


def products():
    torch.manual_seed(2)
    a, b = f32(3, 4, 5), f32(3, 5, 2)
    add("products/linear", nn.Linear(5, 7), a)
    add("products/linear_no_bias", nn.Linear(5, 7, bias=False), f32(5))
    add("products/matmul", torch.matmul, a, b)
    add("products/matmul_broadcast", torch.matmul, f32(2, 1, 4, 5), b)
    add("products/matmul_vectors", torch.matmul, f32(5), f32(5, seed=3))
    add("products/matmul_matrix_vector", torch.matmul, a, f32(5))
    add("products/mm", torch.mm, a[0], b[0])
    add("products/mv", torch.mv, a[0], f32(5))
    add("products/dot", torch.dot, f32(5), f32(5, seed=3))
    add("products/bmm", torch.bmm, a, b)
    add("products/addmm", lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2), f32(2), a[0], b[0])
    add("products/baddbmm", lambda c, a, b: torch.baddbmm(c, a, b, beta=0.5, alpha=2), f32(3, 4, 2), a, b)
    add("products/einsum", lambda a, b: torch.einsum("bij,bjk->bki", a, b), a, b)
    add("products/einsum_ellipsis", lambda a, b: torch.einsum("...ij,jk->...ik", a, b), a, f32(5, 2))
    q, k, v = f32(2, 4, 6, 8), f32(2, 4, 7, 8, seed=1), f32(2, 4, 7, 5, seed=2)
    add("products/attention", F.scaled_dot_product_attention, q, k, v)
    add("products/attention_causal", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), q, k, v)
    add("products/attention_mask", F.scaled_dot_product_attention, q, k, v, f32(6, 7))
    keep = i64(6, 7, high=2).bool()
    keep[2] = False
    add("products/attention_bools", F.scaled_dot_product_attention, q, k, v, keep)
    add("products/attention_scale", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=0.3), q, k, v)
    add("products/attention_groups",
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True), q, k[:, :2], v[:, :2])
    add("products/multihead", Attention(), f32(2, 5, 8))
    add("products/half", nn.Linear(5, 7).half(), a.half())


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=True)


def normalizations():
    torch.manual_seed(4)
    image = f32(2, 6, 5, 4)
    batch = nn.BatchNorm2d(6)
    batch.running_mean.normal_()
    batch.running_var.uniform_(0.5, 2)
    nn.init.normal_(batch.weight)
    add("normalizations/batch", batch, image)
    add("normalizations/batch_core", batch, image, decompose=torch.export.default_decompositions())
    add("normalizations/batch_no_affine", nn.BatchNorm1d(6, affine=False), f32(3, 6))
    add("normalizations/layer", nn.LayerNorm((5, 4)), image)
    add("normalizations/layer_no_affine", lambda x: F.layer_norm(x, (4,)), image)
    add("normalizations/layer_core", nn.LayerNorm(4), image, decompose=torch.export.default_decompositions())
    add("normalizations/group", nn.GroupNorm(3, 6), image)
    add("normalizations/group_core", nn.GroupNorm(3, 6), image, decompose=torch.export.default_decompositions())
    add("normalizations/instance", lambda x: F.instance_norm(x), image)
    add("normalizations/rms", nn.RMSNorm(4), image)
    add("normalizations/rms_eps", nn.RMSNorm((5, 4), eps=0.01, elementwise_affine=False), image)
    add("normalizations/normalize", lambda x: F.normalize(x, dim=1), image)
    add("normalizations/dropout", nn.Sequential(nn.Dropout(0.4), nn.Dropout2d(0.3, inplace=True), nn.AlphaDropout()), image)


def pooling():
    image, row = f32(2, 3, 8, 9), f32(2, 3, 10)
    add("pooling/max", nn.MaxPool2d(3, 2, 1), image)
    add("pooling/max_ceil", nn.MaxPool2d(3, 2, ceil_mode=True), image)
    add("pooling/max_dilated", nn.MaxPool2d(2, 1, dilation=2), image)
    add("pooling/max_indices", lambda x: F.max_pool2d(x, 2, return_indices=True), image)
    add("pooling/max_core", nn.MaxPool2d(2), image, decompose=torch.export.default_decompositions())
    add("pooling/max_one_axis", nn.MaxPool1d(3, 2, 1), row)
    add("pooling/average", nn.AvgPool2d(3, 2, 1), image)
    add("pooling/average_inside", nn.AvgPool2d(3, 2, 1, count_include_pad=False, ceil_mode=True), image)
    add("pooling/average_divisor", nn.AvgPool2d(2, divisor_override=3), image)
    add("pooling/average_one_axis", nn.AvgPool1d(3, 2, 1), row)
    add("pooling/adaptive_one", nn.AdaptiveAvgPool2d(1), image)
    add("pooling/adaptive_even", nn.AdaptiveAvgPool2d((4, 3)), image)
    add("pooling/adaptive_uneven", nn.AdaptiveAvgPool2d((3, 4)), image)
    add("pooling/adaptive_same", nn.AdaptiveAvgPool2d((8, 9)), image)
    add("pooling/adaptive_one_axis", nn.AdaptiveAvgPool1d(5), row)
    add("pooling/adaptive_max_one", nn.AdaptiveMaxPool2d(1), image)
    add("pooling/adaptive_max_even", nn.AdaptiveMaxPool2d((4, 3)), image)


def elementwise():
    x, y = f32(2, 3, 4), f32(3, 1, seed=5)
    n = i64(2, 3, 4, low=-4, high=5)
    add("elementwise/arithmetic", lambda x, y: ((x + y) * y - x) / (y.abs() + 1), x, y)
    add("elementwise/numbers", lambda x: (2 * x + 1 - 3 * x) / 2 + (1 - x) ** 2 - 2 ** x, x)
    add("elementwise/alpha", lambda x, y: torch.add(x, y, alpha=0.5) + torch.sub(x, y, alpha=2) + torch.rsub(x, y, alpha=3), x, y)
    add("elementwise/integers", lambda n: (n * 3 + 2) // 2 - n % 3, n)
    add("elementwise/integers_and_floats", lambda n, x: n * x + n / 2 + n * 1.5, n, x)
    add("elementwise/dtypes", lambda n, m, b: n + m * 2 + b, n, n.to(torch.int32), n > 0)
    add("elementwise/scalar_tensors", lambda x, s: x * s + s, x, torch.tensor(2.5, dtype=torch.float64))
    add("elementwise/halves", lambda x, y: x * 2 + y.float(), x.half(), y.half())
    add("elementwise/compare", lambda x, y: (x > y, x <= 0.1, x == x, x != y, (x < y) & (y > 0) | ~(x > 0)), x, y)
    add("elementwise/compare_dtypes", lambda n, x: (n > x, n == 2.0), n, x)
    add("elementwise/logic", lambda n, x: (torch.logical_and(n, x), torch.logical_or(n, x), torch.logical_xor(n, n), torch.logical_not(n)), n, x)
    add("elementwise/where", lambda x, y: torch.where(x > 0, x, y), x, y)
    add("elementwise/where_numbers", lambda x: torch.where(x > 0, x, -1.0) + torch.where(x > 1, 2.0, x) + torch.where(x > 0, 1.0, 0.0), x)
    add("elementwise/masked_fill", lambda x: x.masked_fill(x > 0, -9.0), x)
    add("elementwise/masked_fill_tensor", lambda x, s: x.masked_fill(x > 0, s), x, torch.tensor(3.0))
    add("elementwise/clamp", lambda x: x.clamp(-1, 1) + x.clamp(min=0.2) + x.clamp_max(0.5) + x.clamp_min(-0.5), x)
    add("elementwise/clamp_tensor", lambda x, y: torch.clamp(x, y, y + 1), x, y)
    add("elementwise/extremes", lambda x, y: torch.maximum(x, y) + torch.minimum(x, y) + torch.max(x, y) - torch.min(x, y), x, y)
    add("elementwise/roots", lambda x: torch.sqrt(x.abs()) + torch.rsqrt(x.abs() + 1) + torch.reciprocal(x.abs() + 1) + x.square(), x)
    add("elementwise/exponents", lambda x: torch.exp(x) + torch.expm1(x) + torch.exp2(x) + torch.log(x.abs() + 1) + torch.log1p(x.abs()), x)
    add("elementwise/trigonometry", lambda x: torch.sin(x) + torch.cos(x) + torch.atan2(x, x + 3) + torch.erf(x), x)
    add("elementwise/rounding", lambda x: torch.floor(x * 3) + torch.ceil(x) + torch.round(x * 2) + torch.trunc(x * 2) + torch.sign(x), x)
    add("elementwise/divisions", lambda x, y: (torch.div(x, y, rounding_mode="floor"), torch.div(x, y, rounding_mode="trunc"), x // 2, torch.fmod(x, 2), torch.remainder(x, 2)), x, y)
    add("elementwise/powers", lambda x: x.abs() ** 1.5 + torch.pow(x.abs(), x) + x ** 3, x)
    add("elementwise/combined", lambda x, y: torch.addcmul(x, x, y, value=0.5) + torch.addcdiv(x, x, y.abs() + 1, value=2) + torch.lerp(x, x + 1, 0.3), x, y)
    add("elementwise/finite", lambda x: (torch.isnan(x), torch.isinf(x), torch.isfinite(x)), torch.tensor([1.0, float("inf"), float("nan"), -float("inf")]))
    add("elementwise/bits", lambda n: (n & 3, n | 4, n ^ 1, ~n, n << 1, n >> 1), n)
    add("elementwise/cast", lambda x: (x.to(torch.int32), x.half(), (x > 0).float(), x.double(), x.type_as(x.half())), x)
    add("elementwise/bfloat16", lambda x: (x.bfloat16() * 2).float(), x)


def movement():
    x = f32(2, 3, 4, 6)
    add("movement/view", lambda x: x.view(6, -1).reshape(3, 8, -1).flatten(1).unflatten(1, (4, -1)), x)
    add("movement/transpose", lambda x: x.transpose(1, 3).permute(0, 2, 1, 3).contiguous().view(2, -1).t(), x)
    add("movement/axes", lambda x: x.movedim(1, -1).swapaxes(0, 2) + x.mT.movedim((0, 1), (3, 1)).sum(), x)
    add("movement/squeeze", lambda x: x[:, :1].squeeze(1).unsqueeze(0).squeeze().unsqueeze(-1), x)
    add("movement/slice", lambda x: x[:, 1:, ::2, 1:-1] * x[0, 1:, 0:3:2, :4], x)
    add("movement/select", lambda x: x[1] + x[:, -1].unsqueeze(1)[0] + x.select(0, 0), x)
    add("movement/narrow", lambda x: x.narrow(3, 1, 2), x)
    add("movement/expand", lambda x: x[:, :, :1].expand(-1, -1, 5, -1) + x[:, :1, :1].expand(2, 3, 5, 6), x)
    add("movement/expand_as", lambda x: x[:, :1].expand_as(x) + x.view_as(x), x)
    add("movement/cat", lambda x: torch.cat((x, x[:, :1], x * 2), 1), x)
    add("movement/cat_dtypes", lambda x, n: torch.cat((x, n), -1), x, i64(2, 3, 4, 2))
    add("movement/stack", lambda x: torch.stack((x, x + 1), 2), x)
    add("movement/split", lambda x: (x.split(2, 3), x.split((1, 2), 1)), x)
    add("movement/chunk", lambda x: x.chunk(4, 3), x)
    add("movement/unbind", lambda x: x.unbind(1), x)
    add("movement/repeat", lambda x: x.repeat(1, 2, 1, 2) + x.tile(2, 2).sum(), x)
    add("movement/repeat_interleave", lambda x: x.repeat_interleave(2, 1), x)
    add("movement/flip", lambda x: x.flip(1, 3) + x.roll(2, 1) + x.roll((1, 2), (0, 3)), x)
    add("movement/pad", lambda x: F.pad(x, (1, 2, 0, 1), value=3.0) .sum(1) + F.pad(x, (1, 2, 1, 0), mode="reflect").sum(1), x)
    add("movement/pad_edges", lambda x: F.pad(x, (1, 2, 1, 0), mode="replicate"), x)
    add("movement/pad_crop", lambda x: F.pad(x, (-1, 2, 0, -1)), x)
    add("movement/triangles", lambda x: x.tril(1) + x.triu(-1), x)
    add("movement/shuffle", lambda x: F.pixel_unshuffle(F.pixel_shuffle(x.view(2, 12, 2, 3), 2), 2), x)
    add("movement/channel_shuffle", lambda x: x.view(2, 3, 2, 12).transpose(1, 2).contiguous().view(2, 6, 12), x)
    add("movement/unfold", lambda x: x.unfold(3, 3, 2), x)
    add("movement/diagonal", lambda x: torch.diagonal(x, 1, 2, 3), x)


def reductions():
    x = f32(2, 3, 4)
    add("reductions/sum", lambda x: (x.sum(), x.sum(1), x.sum((0, 2), keepdim=True), (x > 0).sum(), x.sum(-1, dtype=torch.float64)), x)
    add("reductions/mean", lambda x: (x.mean(), x.mean(-1), x.mean((0, 1), keepdim=True)), x)
    add("reductions/extremes", lambda x: (x.amax(1), x.amin((0, 2)), x.max(), x.min(), *x.max(1), *x.min(2, keepdim=True)), x)
    add("reductions/positions", lambda x: (x.argmax(), x.argmax(1), x.argmin(-1, keepdim=True)), x)
    add("reductions/spread", lambda x: (x.var(1), x.std(-1), x.var((0, 1), correction=0), x.std(unbiased=False), torch.var_mean(x, 1)), x)
    add("reductions/logic", lambda x: ((x > 0).any(), (x > 0).any(1), (x > -9).all(), (x > 0).all(2)), x)
    add("reductions/products", lambda x: (x.prod(), x.prod(1), x.cumsum(1)), x)
    add("reductions/norms", lambda x: (x.norm(), x.norm(dim=1), torch.linalg.vector_norm(x, 1, dim=2), torch.linalg.vector_norm(x, float("inf"), dim=(0, 1)), torch.linalg.vector_norm(x, 3.0)), x)
    add("reductions/logsumexp", lambda x: torch.logsumexp(x, 1), x)
    add("reductions/topk", lambda x: (*torch.topk(x, 2, 2), *torch.sort(x, 1), *torch.sort(x, -1, descending=True)), x)


def indexing():
    x = f32(5, 4, 3)
    add("indexing/index", lambda x, i: x[i] * 2, x, i64(3))
    add("indexing/index_pairs", lambda x, i, j: x[i, j], x, i64(3), i64(3, high=4, seed=1))
    add("indexing/index_axis", lambda x, i: x[:, i], x, i64(3, high=4))
    add("indexing/select", lambda x, i: torch.index_select(x, 1, i), x, i64(6, high=4))
    add("indexing/gather", lambda x, i: torch.gather(x, 0, i), x, i64(2, 4, 3))
    add("indexing/scatter", lambda x, i: torch.scatter(x, 0, i, x[:2] * 3) + torch.scatter_add(x, 0, i, x[:2]), x, torch.stack((torch.zeros(4, 3), torch.ones(4, 3))).long())
    add("indexing/embedding", nn.Embedding(7, 3, _weight=f32(7, 3)), i64(2, 4, high=7))
    add("indexing/put", lambda x, i: x.index_put((i,), x[0]), x, torch.tensor([1, 3]))
    add("indexing/one_hot_like", lambda i: (i.unsqueeze(-1) == torch.arange(5)).float(), i64(3))


def creation():
    x = f32(2, 3)
    add("creation/fills", lambda x: x + torch.zeros(2, 3) + torch.ones(3) + torch.full((2, 1), 2.5) + x.new_zeros(3) + x.new_ones(1) + x.new_full((2, 3), 4), x)
    add("creation/alike", lambda x: (torch.zeros_like(x), torch.ones_like(x, dtype=torch.int64), torch.full_like(x, 3)), x)
    add("creation/ranges", lambda x: (torch.arange(5), torch.arange(1, 7, 2), torch.arange(0, 1, 0.25), torch.arange(3) * x, torch.arange(6, dtype=torch.float32)), x)
    add("creation/eye", lambda x: x @ torch.eye(3) + torch.eye(2, 3), x)


def resizing():
    image, row = f32(1, 2, 5, 6), f32(1, 2, 7)
    add("resizing/nearest", lambda x: F.interpolate(x, scale_factor=2), image)
    add("resizing/nearest_size", lambda x: F.interpolate(x, size=(7, 4)), image)
    add("resizing/bilinear", lambda x: F.interpolate(x, scale_factor=1.5, mode="bilinear"), image)
    add("resizing/bilinear_size", lambda x: F.interpolate(x, size=(9, 11), mode="bilinear", align_corners=True), image)
    add("resizing/rows", lambda x: F.interpolate(x, size=10), row)
    add("resizing/rows_linear", lambda x: F.interpolate(x, scale_factor=2, mode="linear"), row)
    add("resizing/core", lambda x: F.interpolate(x, size=(9, 11), mode="bilinear"), image, decompose={})
    add("resizing/grid", lambda x, g: F.grid_sample(x, g, align_corners=False), image, f32(1, 3, 4, 2).tanh())


class State(nn.Module):
    """Parameters, buffers (persistent or not), lifted constants, weights that share storage."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)
        self.second.weight = self.first.weight
        self.register_buffer("scale", torch.rand(4))
        self.register_buffer("shift", torch.rand(4, 4)[1], persistent=False)
        self.register_buffer("turned", torch.rand(3, 4).t())
        self.register_buffer("count", torch.tensor(3))
        self.register_buffer("flags", torch.tensor([True, False, True, True]))
        self.register_buffer("octets", torch.tensor([1, 2, 3, 250], dtype=torch.uint8))
        self.register_buffer("small", torch.rand(4).half())
        self.register_buffer("brain", torch.rand(4).bfloat16())
        self.register_buffer("narrow", torch.tensor([1, -2, 3, 4], dtype=torch.int16))
        self.register_buffer("expanded", torch.rand(1).expand(4))

    def forward(self, x):
        y = self.second(self.first(x)) * self.scale + self.shift + torch.tensor([1.0, 2.0, 3.0, 4.0])
        z = (x @ self.turned) * self.count
        return {"y": y * self.flags + self.octets, "z": (z, x + self.small.float() + self.brain.float() * self.narrow),
                "e": self.expanded + x}


class Nested(nn.Module):
    def forward(self, pair, named, *, factor):
        a, b = pair
        return [(a + b) * factor, {"q": named["x"] - a, "none": None, "list": [named["y"], b * 2]}]


class Numbers(nn.Module):
    def forward(self, x, flag, power=2, missing=None):
        return (x ** power if flag else x, None, 3)


class Sized(nn.Module):
    """Computes with the sizes of its input."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(10)
        self.conv = nn.Conv2d(2, 3, 3, stride=2, padding=1)

    def forward(self, x):
        batch, _, height, width = x.shape
        y = self.conv(x).flatten(1)
        z = x.reshape(batch * 2, -1)[: batch + 1, : (height * width) // 2]
        return y * batch / height, z.sum(1) + max(height, width), x.new_ones(batch, height % 3 + 1)


class Counting(nn.Module):
    """Changes buffers of which no output shows what they held before."""

    def __init__(self):
        super().__init__()
        self.register_buffer("runs", torch.tensor(0))
        self.register_buffer("scratch", torch.zeros(2, 4))

    def forward(self, x):
        self.runs += 1
        self.scratch.copy_(x * 2)
        self.scratch[:, 1:] += 1
        return self.scratch + x


def written_through_views(x):
    y = x.clone()
    row, turned, flat = y[1], y.t(), y.view(-1)
    row.mul_(2)  # a view
    y[:, 1:3] += 10  # a view of the views' base
    turned[0].fill_(-1)  # a view of a view
    flat[::3] = 7  # with a step
    first, second = y.split((1, 3), 1)
    second.sub_(first)
    y.unsqueeze(0).squeeze(0).relu_()
    y.unbind(1)[3].add_(0.5)
    y.narrow(1, 2, 2).neg_()
    return y, row, turned, flat, second + 1


class NoGrad(nn.Module):
    def forward(self, x):
        with torch.no_grad():
            y = x * 2
        return y + x


class Recurrent(nn.Module):
    """What nn.LSTM and its like compute; they themselves cannot be exported by PyTorch 2.6 in this way."""

    def __init__(self, kind, layers=1, bias=True, bidirectional=False, batch_first=False):
        super().__init__()
        torch.manual_seed(6)
        self.kind = kind
        base = {"lstm": nn.LSTM, "gru": nn.GRU}.get(kind, nn.RNN)
        self.count = layers * (2 if bidirectional else 1)
        cell = base(4, 3, layers, bias=bias, bidirectional=bidirectional)
        self.weights = nn.ParameterList(cell._flat_weights)
        self.options = (bias, layers, 0.0, False, bidirectional, batch_first)
        self.batch_axis = 0 if batch_first else 1

    def forward(self, x, state=None):
        if state is None:
            zeros = x.new_zeros(self.count, x.shape[self.batch_axis], 3)
            state = [zeros, zeros] if self.kind == "lstm" else zeros
        return getattr(torch, self.kind)(x, state, list(self.weights), *self.options)


def recurrent():
    x = f32(5, 2, 4)
    add("recurrent/lstm", Recurrent("lstm"), x)
    add("recurrent/lstm_deep", Recurrent("lstm", 2, batch_first=True, bidirectional=True), x)
    add("recurrent/lstm_state", Recurrent("lstm", bias=False), x, [f32(1, 2, 3), f32(1, 2, 3, seed=1)])
    add("recurrent/lstm_core", Recurrent("lstm"), x, decompose=torch.export.default_decompositions())
    add("recurrent/gru", Recurrent("gru", 2, bidirectional=True), x)
    add("recurrent/gru_no_bias", Recurrent("gru", bias=False, batch_first=True), x)
    add("recurrent/tanh", Recurrent("rnn_tanh"), x)
    add("recurrent/relu", Recurrent("rnn_relu", bidirectional=True), x)


def programs():
    x = f32(2, 4)
    add("programs/state", State(), x)
    add("programs/state_core", State(), x, decompose=torch.export.default_decompositions())
    add("programs/nested", Nested(), (x, x + 1), {"x": x * 2, "y": x[0]}, kwargs={"factor": torch.tensor(2.0)})
    add("programs/numbers", Numbers(), x, True)
    add("programs/no_grad", NoGrad(), x)
    add("programs/sizes", Sized(), f32(3, 2, 7, 6), dynamic_shapes={
        "x": {0: Dim("batch", min=2, max=8), 2: Dim("height", min=4, max=32), 3: Dim("width", min=4, max=32)}})
    add("programs/same_output", lambda x: (x, x + 1, x), x)
    add("programs/views_in_place", lambda x: (x + 1).view(4, 2).relu_().view(-1), x)
    add("programs/writes_through_views", written_through_views, x)
    add("programs/writes_through_views_core", written_through_views, x, decompose={})
    add("programs/counter", Counting(), x)
    add("programs/counter_core", Counting(), x, decompose=torch.export.default_decompositions())
    add("programs/infinities", lambda x: torch.where(x > 0, x, float("-inf")).clamp(min=-1e30), x)
    torch.manual_seed(7)
    add("programs/encoder", nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), f32(2, 5, 8))
    add("programs/encoder_core", nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), f32(2, 5, 8),
        decompose=torch.export.default_decompositions())
    add("programs/int_inputs", lambda a, b: a.float() * b, i64(3), f32(3))


def quantized():
    """PT2E, static and dynamic; the answer is that of the graph between quantize and dequantize nodes."""
    from torch.ao.quantization.quantize_pt2e import convert_pt2e, prepare_pt2e
    from torch.ao.quantization.quantizer.xnnpack_quantizer import XNNPACKQuantizer, get_symmetric_quantization_config

    torch.manual_seed(8)
    models = {
        "linear": (nn.Linear(6, 5), f32(4, 6)),
        "mlp": (nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)), f32(4, 6)),
        "conv": (nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 4, 1)), f32(1, 3, 6, 7)),
        "residual": (Residual(), f32(1, 4, 6, 6)),
    }
    for name, (model, x) in models.items():
        for dynamic in (False, True):
            if dynamic and name not in ("linear", "mlp"):
                continue
            for per_channel in (False, True):
                graph = export(model.eval(), (x,)).module()
                config = get_symmetric_quantization_config(is_per_channel=per_channel, is_dynamic=dynamic)
                prepared = prepare_pt2e(graph, XNNPACKQuantizer().set_global(config))
                for seed in range(3):
                    prepared(x + 0.1 * f32(*x.shape, seed=seed))
                converted = convert_pt2e(prepared)
                program = export(converted, (x,), strict=False)
                group = "dynamic" if dynamic else "quantized"
                save(f"{group}/{name}{'_channels' if per_channel else ''}", program, (x,), converted(x))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(9)
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        y = F.max_pool2d(F.hardtanh(self.conv(x) + x, 0, 6), 2)
        return self.last(F.adaptive_avg_pool2d(y, 1).flatten(1))


def main():
    groups = (activations, convolutions, products, normalizations, pooling, elementwise, movement, reductions, indexing,
              creation, resizing, recurrent, programs, quantized)
    for record in groups:
        record()
    output = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).with_name("pt2.zip")
    archive.write(output)
    print(f"{output}: {len(archive.cases)} cases, {output.stat().st_size} bytes")
    print(collections.Counter(case["op"] for case in archive.cases))


if __name__ == "__main__":
    main()
