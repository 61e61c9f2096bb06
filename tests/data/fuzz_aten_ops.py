#!/usr/bin/env python3
"""Makes random calls of every operator in schema/operators.h and records what PyTorch answers, in the format of
record_aten_ops.py (which see), all tensors in one file. tests/fuzz/kernels runs the kernels on them.

Shapes (ranks 0 to 5, sizes 0 to 9), layouts of arguments, dtypes, broadcasting, mixed dtypes, results stored as other
dtypes, NaN and infinity are drawn from a seed: the same seed and count give the same calls. A call that PyTorch refuses
is drawn again. What PyTorch does not lay down (the order of equal elements, floats beyond an integer's range, several
writes to one place) is not drawn.

Usage: python3 fuzz_aten_ops.py OUTPUT.zip [--seed N] [--count N: calls an operator] [--only REGEX]
tests/data/aten_ops_random.zip was made with the defaults by PyTorch 2.6.
"""

import argparse
import inspect
import math
import pathlib
import random
import re
import sys
import warnings

import numpy as np
import torch

import record_aten_ops as recorder
from record_aten_ops import INF, NAN, add_call, arguments_of, call, encode, f16, f32, f64, flag, i8, i32, i64, overload, u8

bf16, i16 = torch.bfloat16, torch.int16
FLOATS = (f32, f32, f32, f64, f16, bf16)
INTEGERS = (i8, u8, i16, i32, i64)
NUMBERS = FLOATS + INTEGERS
ALL = NUMBERS + (flag,)
LARGEST = 150  # elements of a tensor, to keep the archive small

ROW = re.compile(r'^  \{"([^"]*)", "([^"]*)", "([^"]*)", "([^"]*)", "([^"]*)", Family::(\w+),', re.M)
MAKERS = {}


def maker(*operators):
    """Registers a function that draws the arguments of these operators: draw -> [arguments...] or a dict by name."""
    def register(function):
        for operator in operators:
            MAKERS[operator] = function
        return function
    return register


class Draw:
    """Everything random about one call."""

    def __init__(self, seed, operator):
        self.random = random.Random(seed)
        self.numpy = np.random.default_rng(self.random.getrandbits(64))
        self.operator = operator

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def pick(self, *items):
        return self.random.choice(items)

    def integer(self, low, high):
        return self.random.randint(low, high)

    def size(self):
        """Mostly small, now and then 0 or 9."""
        return self.pick(1, 1, 2, 2, 3, 3, 4, 5, 7, self.integer(0, 9))

    def shape(self, low=0, high=5, empty=True):
        shape = [self.size() for _ in range(self.integer(low, high))]
        if not empty:
            shape = [max(1, size) for size in shape]
        while math.prod(shape) > LARGEST:
            shape[shape.index(max(shape))] -= 1
        return shape

    def broadcast_shapes(self, count):
        """Shapes that broadcast to one."""
        whole = self.shape()
        shapes = [[1 if self.chance(25) else size for size in whole[self.integer(0, len(whole)) if self.chance(30) else 0:]]
                  for _ in range(count)]
        return shapes

    def dtype(self, dtypes=ALL):
        return self.random.choice(dtypes)

    def seed(self):
        return self.random.getrandbits(32)

    def values(self, shape, dtype, low=-4, high=4, special=True, wide=True):
        """Multiples of 1/8, or any floats, or with NaN and infinity among them; integers small or of their whole
        range."""
        shape = tuple(shape)
        if dtype is flag:
            return torch.tensor(self.numpy.integers(0, 2, shape), dtype=flag)
        if not dtype.is_floating_point:
            low = max(low, 0) if dtype is u8 else low
            info = torch.iinfo(dtype)
            if wide and self.chance(15):
                low, high = info.min, info.max
            return torch.tensor(self.numpy.integers(math.ceil(low), math.floor(high), shape, endpoint=True), dtype=dtype)
        kind = self.integer(0, 9)
        if kind < 5:
            values = torch.tensor(self.numpy.integers(math.ceil(low * 8), math.floor(high * 8), shape, endpoint=True)) / 8
        else:
            values = torch.tensor(self.numpy.uniform(low, high, shape))
        values = values.to(dtype)
        if special and kind in (4, 9) and values.numel() > 0:
            for _ in range(self.integer(1, 3)):
                values.view(-1)[self.integer(0, values.numel() - 1)] = self.pick(NAN, INF, -INF, 0.0, -0.0)
        return values

    def tensor(self, dtypes=ALL, low=0, high=5, empty=True, **more):
        return self.values(self.shape(low, high, empty), self.dtype(dtypes), **more)

    def distinct(self, shape, dtype):
        """No two alike."""
        order = self.numpy.permutation(math.prod(shape)).reshape(tuple(shape)) - (0 if dtype is u8 else math.prod(shape) // 2)
        return torch.tensor(order).to(dtype)

    def dims(self, tensor, some=True):
        """Several of a tensor's dimensions, once each, some counted from the end."""
        rank = tensor.dim()
        count = self.integer(1 if some else 0, max(rank, 1))
        dims = self.random.sample(range(max(rank, 1)), count)
        return [dim - max(rank, 1) if self.chance(30) else dim for dim in dims]

    def dim(self, tensor):
        return self.dims(tensor)[0] if tensor.dim() == 0 else self.integer(-tensor.dim(), tensor.dim() - 1)

    def number(self, dtype=f32, special=10):
        """A Scalar argument; not beyond an integer dtype's range."""
        if self.chance(special) and dtype.is_floating_point:
            return self.pick(INF, -INF, NAN, 0.0)
        low = 0 if dtype is u8 else -5
        kind = self.integer(0, 9)
        if kind < 4:
            return self.integer(low, 5)
        if kind == 4:
            return self.chance(50)
        # Of a number's finer part PyTorch keeps more or less beside float16 and bfloat16.
        exact = kind < 8 or dtype in (f16, bf16)
        return self.integer(8 * low, 40) / 8 if exact else self.random.uniform(low, 5)

    def indices(self, shape, bound, negative=False, dtypes=(i64,)):
        values = self.numpy.integers(-bound if negative else 0, max(bound, 1), tuple(shape))
        return torch.tensor(values).to(self.dtype(dtypes))


# --- Elementwise.

def alike(draw, count, dtypes=ALL, mixed=35, **more):
    """Tensors that broadcast, mostly of one dtype."""
    dtype = draw.dtype(dtypes)
    differ = draw.chance(mixed)
    return [draw.values(shape, draw.dtype(dtypes) if differ else dtype, **more) for shape in draw.broadcast_shapes(count)]


def unary(draw):
    ranges = {"acosh": (1, 5), "asin": (-1, 1), "acos": (-1, 1), "atanh": (-1, 1)}
    low, high = ranges.get(draw.operator, (-4, 4))
    # PyTorch 2.6 has sign(NaN) = 0, and its vectorized float functions miss some infinities.
    special = draw.operator not in ("sign", "log1p", "tan", "sinh", "cosh", "gelu")
    return [draw.tensor(low=0, special=special) if (low, high) == (-4, 4)
            else draw.tensor(low=0) if draw.chance(20) else draw.values(draw.shape(), draw.dtype(), low, high)]


def with_number(draw):
    tensor = draw.tensor()
    return [tensor, draw.number(tensor.dtype)]


@maker("add.Scalar", "sub.Scalar", "rsub.Scalar")
def with_number_and_alpha(draw):
    return with_number(draw) + ([draw.number(f16, 0)] if draw.chance(50) else [])


@maker("fmod.Scalar", "remainder.Scalar", "div.Scalar")
def divided_by_number(draw):
    tensor = draw.tensor(wide=False)
    return [tensor, draw.number(tensor.dtype)]


@maker("div.Scalar_mode")
def divided_by_number_rounded(draw):
    tensor, number = divided_by_number(draw)
    modes = ("floor", None) if tensor.dtype in (f16, bf16) else ("floor", "trunc", None)
    return {"self": tensor, "other": number, "rounding_mode": draw.pick(*modes)}


@maker("div.Tensor_mode")
def divided_rounded(draw):
    # PyTorch rounds a quotient to float16 or bfloat16 before it drops the fraction.
    mode = draw.pick("floor", "trunc", None)
    dtypes = (f32, f64) + INTEGERS if mode == "trunc" else ALL
    return {"rounding_mode": mode} | dict(zip(("self", "other"), alike(draw, 2, dtypes, wide=False)))


@maker("add.Tensor", "sub.Tensor")
def with_alpha(draw):
    tensors = alike(draw, 2)
    named = {"alpha": draw.number(f16, 0)} if draw.chance(40) else {}
    return dict(zip(("self", "other"), tensors)) | named


@maker("bitwise_left_shift.Tensor_Scalar", "bitwise_right_shift.Tensor_Scalar")
def shifted_by_number(draw):
    return [draw.tensor(INTEGERS + (flag,)), draw.integer(0, 9)]


@maker("bitwise_left_shift.Tensor", "bitwise_right_shift.Tensor")
def shifted(draw):
    return alike(draw, 2, INTEGERS, low=0, high=9, wide=False)


@maker("bitwise_and.Scalar", "bitwise_or.Scalar", "bitwise_xor.Scalar")
def bits_and_number(draw):
    return [draw.tensor(INTEGERS + (flag,)), draw.pick(draw.integer(0, 99), draw.chance(50))]


@maker("pow.Tensor_Scalar")
def power_by_number(draw):
    return [draw.tensor(wide=False), draw.pick(0, 1, 2, 3, 0.5, -0.5, -1, -1.0, -2.0, 2.5, draw.number(special=0))]


@maker("pow.Scalar")
def power_of_number(draw):
    return [draw.number(), draw.tensor(wide=False, high=5)]


@maker("pow.Tensor_Tensor")
def power(draw):
    return alike(draw, 2, wide=False)


@maker("clamp")
def clamp(draw):
    tensor = draw.tensor()
    return [tensor, *(None if draw.chance(20) else draw.number(tensor.dtype) for _ in range(2))]


@maker("clamp.Tensor")
def clamp_by_tensors(draw):
    tensors = alike(draw, 3)
    absent = draw.integer(0, 4)
    return [None if i == absent and i > 0 else tensor for i, tensor in enumerate(tensors)]


@maker("hardtanh")
def hardtanh(draw):
    tensor = draw.tensor(NUMBERS)
    bounds = sorted((draw.number(tensor.dtype, 0), draw.number(tensor.dtype, 0)))
    return [tensor] if draw.chance(30) else [tensor, *bounds]


@maker("leaky_relu", "elu")
def with_slopes(draw):
    count = {"leaky_relu": 1, "elu": 3}[draw.operator]
    # PyTorch's leaky_relu and elu differ between its vectorized and its plain loops at infinities times 0.
    return [draw.tensor(FLOATS, special=False), *(draw.number(special=0) for _ in range(draw.integer(0, count)))]


@maker("gelu")
def gelu(draw):
    return {"self": draw.tensor(FLOATS, special=False), "approximate": draw.pick("none", "tanh")}


@maker("logit")
def logit(draw):
    return [draw.values(draw.shape(), draw.dtype(), 0, 1, wide=False), draw.pick(None, 0.125, 0.001)]


@maker("glu")
def glu(draw):
    tensor = draw.tensor(FLOATS, low=1)
    return [tensor, draw.dim(tensor)]


@maker("where.self")
def where(draw):
    condition, *values = (draw.values(shape, dtype) for shape, dtype in
                          zip(draw.broadcast_shapes(3), [flag] + [draw.dtype()] * 2))
    return [condition, values[0], values[1].to(draw.dtype()) if draw.chance(30) and values[1].isfinite().all() and
            values[1].dtype.is_floating_point is False else values[1]]


@maker("masked_fill.Scalar")
def masked_fill(draw):
    shapes = draw.broadcast_shapes(2)
    dtype = draw.dtype()
    return [draw.values(shapes[0], dtype), draw.values(shapes[1], flag), draw.number(dtype)]


@maker("fill.Scalar", "full_like")
def fill(draw):
    tensor = draw.tensor()
    return [tensor, draw.number(tensor.dtype)]


@maker("fill.Tensor")
def fill_tensor(draw):
    return [draw.tensor(), draw.values([], draw.dtype((f32, i32, i64)), 0, 4, special=False, wide=False)]


@maker("_prelu_kernel")
def prelu(draw):
    tensor = draw.tensor(FLOATS)
    return [tensor, draw.values([1 if draw.chance(50) else size for size in tensor.shape], tensor.dtype, special=False)]


# --- Matrices and convolution.

@maker("mm", "bmm", "addmm")
def matrices(draw):
    dtype = draw.dtype(FLOATS + INTEGERS)
    rows, depth, columns = (draw.size() for _ in range(3))
    batch = [draw.size()] if draw.operator == "bmm" else []
    pair = [draw.values(batch + [rows, depth], dtype, special=False), draw.values(batch + [depth, columns], dtype,
                                                                                 special=False)]
    if draw.operator != "addmm":
        return pair
    start = draw.values(draw.pick([columns], [rows, columns], [1, columns], [rows, 1], []), dtype, special=False)
    scalars = {name: draw.number(dtype, 0) if dtype.is_floating_point else draw.integer(-3, 3)
               for name in ("beta", "alpha") if draw.chance(50)}
    return dict(zip(("self", "mat1", "mat2"), [start] + pair)) | scalars


@maker("convolution")
def convolution(draw):
    axes, dtype = draw.pick(1, 2, 2), draw.dtype(FLOATS + (draw.dtype(INTEGERS),))
    groups, into, out = draw.pick(1, 1, 2, 3), draw.integer(1, 3), draw.integer(1, 3)
    transposed = draw.chance(35)

    def each(low, high):
        return [draw.integer(low, high) for _ in range(axes)]

    kernel, sizes, stride, dilation = each(1, 3), each(1, 7), each(1, 3), each(1, 2)
    more = [draw.integer(0, max(pair) - 1) if transposed else 0 for pair in zip(stride, dilation)]
    weight = [groups * into, out] if transposed else [groups * out, into]
    return [draw.values([draw.integer(0, 2) if draw.chance(15) else 1, groups * into] + sizes, dtype, special=False),
            draw.values(weight + kernel, dtype, -2, 2, special=False),
            draw.values([groups * out], dtype, special=False) if draw.chance(60) else None,
            stride, each(0, 2), dilation, transposed, more, groups]


@maker("_cdist_forward")
def cdist(draw):
    batch, points, dtype = draw.shape(0, 2), draw.integer(0, 4), draw.dtype((f32, f64))
    return [draw.values(batch + [draw.integer(0, 4), points], dtype, special=False),
            draw.values(batch + [draw.integer(0, 4), points], dtype, special=False),
            draw.pick(0.0, 1.0, 2.0, 3.5, INF), draw.pick(None, 2)]


@maker("_pdist_forward")
def pdist(draw):
    return [draw.values([draw.integer(0, 6), draw.integer(0, 5)], draw.dtype((f32, f64)), special=False),
            draw.pick(0.0, 1.0, 2.0, 3.5, INF)]


# --- Images.

def image(draw, dtype, batched=True):
    shape = [draw.integer(1, 2), draw.integer(1, 3), draw.integer(1, 8), draw.integer(1, 8)]
    return shape if batched else shape[1:]


@maker("max_pool2d_with_indices", "avg_pool2d")
def pool(draw):
    average = draw.operator == "avg_pool2d"
    dtype = draw.dtype(FLOATS + (i64,) if average else NUMBERS)
    shape = image(draw, dtype, draw.chance(80))
    kernel = [draw.integer(1, 3), draw.integer(1, 3)]
    arguments = [draw.values(shape, dtype, special=False) if average else draw.distinct(shape, dtype), kernel,
                 draw.pick([], [draw.integer(1, 3), draw.integer(1, 3)]), [draw.integer(0, size // 2) for size in kernel]]
    if average:
        return arguments + [draw.chance(40), draw.chance(50), draw.pick(None, 3, -2)]
    ceil = draw.chance(40)
    # Dilated windows may hold no element at all in small images: PyTorch's answer lies outside of them.
    most = 2 if min(shape[-2:]) >= 5 and not ceil else 1
    return arguments + [[draw.integer(1, most), draw.integer(1, most)], ceil]


@maker("_adaptive_avg_pool2d")
def adaptive_pool(draw):
    dtype = draw.dtype(FLOATS)
    return [draw.values(image(draw, dtype, draw.chance(80)), dtype, special=False), [draw.integer(1, 6), draw.integer(1, 6)]]


@maker("upsample_nearest2d.vec", "upsample_bilinear2d.vec")
def upsample(draw):
    dtype = draw.dtype(FLOATS + ((u8,) if "nearest" in draw.operator else ()))
    sizes = draw.chance(50)
    named = {"input": draw.values(image(draw, dtype), dtype, special=False),
             "output_size": [draw.integer(1, 9), draw.integer(1, 9)] if sizes else None,
             "scale_factors": None if sizes else [draw.integer(4, 20) / 8, draw.integer(4, 20) / 8]}
    return named | ({"align_corners": draw.chance(50)} if "bilinear" in draw.operator else {})


@maker("_upsample_bilinear2d_aa")
def upsample_antialiased(draw):
    dtype = draw.dtype((f32, f64))
    # PyTorch 2.6 answers wrongly where sizes of 1 leave open whether the layout is channels-last.
    shape = [max(size, 2) for size in image(draw, dtype)]
    return [draw.values(shape, dtype, special=False), [draw.integer(2, 9), draw.integer(2, 9)], draw.chance(50)]


@maker("grid_sampler_2d")
def grid_sampler(draw):
    dtype = draw.dtype((f32, f64))
    shape = image(draw, dtype)
    grid = draw.values([shape[0], draw.integer(1, 5), draw.integer(1, 5), 2], dtype, -1.5, 1.5, special=False)
    return [draw.values(shape, dtype, special=False), grid, draw.integer(0, 2), draw.integer(0, 2), draw.chance(50)]


@maker("pixel_shuffle", "pixel_unshuffle")
def pixels(draw):
    factor = draw.integer(1, 3)
    # Of nothing PyTorch 2.6 makes nothing of the same shape.
    c, h, w = (draw.integer(1, 2) for _ in range(3))
    shape = [c * factor * factor, h, w] if draw.operator == "pixel_shuffle" else [c, h * factor, w * factor]
    return [draw.values(draw.shape(0, 1, empty=False) + shape, draw.dtype()), factor]


# --- Normalization.

@maker("_native_batch_norm_legit_no_training", "_native_batch_norm_legit", "_native_batch_norm_legit.no_stats")
def batch_norm(draw):
    shape = [draw.integer(1, 3), draw.integer(1, 4)] + draw.shape(0, 3, empty=False)
    while math.prod(shape) > LARGEST:
        shape.pop()
    dtype = draw.dtype(FLOATS)
    parameters = f32 if dtype in (f16, bf16) and draw.chance(50) else dtype
    def channel(low):
        return draw.values(shape[1:2], parameters, low, 3, special=False)
    affine = [channel(-3) if draw.chance(70) else None for _ in range(2)]
    statistics = [channel(-3), channel(0.125)] if "no_stats" not in draw.operator else []
    training = [] if "no_training" in draw.operator else ["no_stats" in draw.operator]
    return [draw.values(shape, dtype, special=False), *affine, *statistics, *training, 0.1, draw.pick(0.01, 0.25)]


@maker("native_layer_norm")
def layer_norm(draw):
    shape = draw.shape(1, 4, empty=False)
    dtype = draw.dtype(FLOATS)
    parameters = f32 if dtype in (f16, bf16) and draw.chance(50) else dtype
    tail = shape[draw.integer(0, len(shape) - 1):]
    affine = [draw.values(tail, parameters, special=False) if draw.chance(70) else None for _ in range(2)]
    return [draw.values(shape, dtype, special=False), tail, *affine, draw.pick(0.01, 0.25)]


@maker("native_group_norm")
def group_norm(draw):
    groups, each = draw.integer(1, 3), draw.integer(1, 3)
    shape = [draw.integer(1, 2), groups * each] + draw.shape(0, 2, empty=False)
    dtype = draw.dtype(FLOATS)
    parameters = f32 if dtype in (f16, bf16) and draw.chance(50) else dtype
    affine = [draw.values(shape[1:2], parameters, special=False) if draw.chance(70) else None for _ in range(2)]
    return [draw.values(shape, dtype, special=False), *affine, shape[0], shape[1], math.prod(shape[2:]), groups,
            draw.pick(0.01, 0.25)]


@maker("_softmax", "_log_softmax")
def softmax(draw):
    tensor = draw.tensor(FLOATS)
    return [tensor, draw.dim(tensor), tensor.dtype is f16 and draw.chance(0)]


@maker("native_dropout")
def dropout(draw):
    # Of nothing PyTorch makes a mask that is not of bools.
    return [draw.tensor(empty=False), 0.5, False]


# --- Reductions.

@maker("sum.dim_IntList", "mean.dim")
def sums(draw):
    tensor = draw.tensor(ALL)
    named = {"self": tensor, "dim": draw.pick(None, [], draw.dims(tensor), draw.dims(tensor)), "keepdim": draw.chance(50)}
    return named | result_dtype(draw, tensor)


def result_dtype(draw, tensor):
    if draw.chance(70):
        return {}
    # Elements become the dtype before they are summed: floats must fit it.
    fits = FLOATS + (flag,) + ((i16, i32, i64) if tensor.isfinite().all() else ())
    return {"dtype": draw.dtype(fits)}


@maker("mean", "prod")
def reduce_all(draw):
    tensor = draw.tensor(ALL, high=3, wide=False)
    return {"self": tensor} | result_dtype(draw, tensor)


@maker("prod.dim_int", "cumsum")
def along_one(draw):
    tensor = draw.tensor(ALL, wide=False)
    named = {"self": tensor, "dim": draw.dim(tensor)} | result_dtype(draw, tensor)
    return named | ({"keepdim": draw.chance(50)} if draw.operator != "cumsum" else {})


@maker("amax", "amin")
def extremes(draw):
    tensor = draw.tensor()
    return [tensor, draw.pick([], draw.dims(tensor)), draw.chance(50)]


@maker("any.dim")
def any_dim(draw):
    tensor = draw.tensor()
    return [tensor, draw.dim(tensor), draw.chance(50)]


@maker("any.dims")
def any_dims(draw):
    tensor = draw.tensor()
    return [tensor, draw.pick(None, draw.dims(tensor, some=False)), draw.chance(50)]


@maker("argmax", "argmin", "max.dim", "min.dim")
def index_of(draw):
    # uint8 and int8 hold 256 different values.
    tensor = draw.distinct(draw.shape(), draw.dtype(NUMBERS[:-5] + (i8, u8, i16, i32, i64)))
    one = [draw.dim(tensor)]
    return [tensor, *(draw.pick([None], one) if draw.operator.startswith("arg") else one), draw.chance(50)]


@maker("var.correction", "var_mean.correction")
def variance(draw):
    # The mean of infinities is infinite or NaN, whatever the order of work makes it.
    tensor = draw.tensor(FLOATS, special=False)
    return {"self": tensor, "dim": draw.pick(None, [], draw.dims(tensor)), "correction": draw.pick(None, 0, 1, 2, 0.5),
            "keepdim": draw.chance(50)}


@maker("var.dim")
def variance_unbiased(draw):
    tensor = draw.tensor(FLOATS)
    return [tensor, draw.pick(None, [], draw.dims(tensor)), draw.chance(50), draw.chance(50)]


@maker("topk")
def topk(draw):
    tensor = draw.distinct(draw.shape(), draw.dtype(NUMBERS))
    dim = draw.dim(tensor)
    return [tensor, draw.integer(0, tensor.size(dim)) if tensor.dim() else 1, dim, draw.chance(50)]


# --- Movement.

@maker("cat")
def cat(draw):
    shape = draw.shape(1, 4)
    dim, dtype, mixed = draw.integer(0, len(shape) - 1), draw.dtype(), draw.chance(30)
    tensors = []
    for _ in range(draw.integer(1, 4)):
        if tensors and draw.chance(10):
            tensors.append(draw.values([0], dtype))
            continue
        part = shape[:dim] + [draw.integer(0, 3)] + shape[dim + 1:]
        tensors.append(draw.values(part, draw.dtype() if mixed else dtype))
    return [tensors, dim - len(shape) if draw.chance(30) else dim]


@maker("stack")
def stack(draw):
    shape, dtype, mixed = draw.shape(0, 3), draw.dtype(), draw.chance(30)
    tensors = [draw.values(shape, draw.dtype() if mixed else dtype) for _ in range(draw.integer(1, 4))]
    return [tensors, draw.integer(-len(shape) - 1, len(shape))]


@maker("split_copy.Tensor")
def split(draw):
    tensor = draw.tensor(low=1)
    return [tensor, draw.integer(1, 4), draw.dim(tensor)]


@maker("split_with_sizes_copy")
def split_with_sizes(draw):
    tensor = draw.tensor(low=1)
    dim = draw.dim(tensor)
    sizes, left = [], tensor.size(dim)
    for _ in range(draw.integer(0, 3)):
        sizes.append(draw.integer(0, left))
        left -= sizes[-1]
    return [tensor, sizes + [left], dim]


@maker("unbind_copy.int")
def unbind(draw):
    tensor = draw.tensor(low=1, empty=False)
    return [tensor, draw.dim(tensor)]


def slice_bounds(draw):
    return [draw.pick(None, draw.integer(-10, 10)), draw.pick(None, draw.integer(-10, 10), 2**63 - 1), draw.pick(1, 1, 2, 3, 20)]


@maker("slice_copy.Tensor")
def slices(draw):
    tensor = draw.tensor(low=1)
    return [tensor, draw.dim(tensor), *slice_bounds(draw)]


@maker("slice_scatter")
def slice_scatter(draw):
    tensor = draw.tensor(low=1)
    dim, bounds = draw.dim(tensor), slice_bounds(draw)
    part = torch.ops.aten.slice_copy.Tensor(tensor, dim, *bounds)
    return [tensor, draw.values(part.shape, tensor.dtype), dim, *bounds]


@maker("select_copy.int")
def select(draw):
    tensor = draw.tensor(low=1, empty=False)
    dim = draw.dim(tensor)
    return [tensor, dim, draw.integer(-tensor.size(dim), tensor.size(dim) - 1)]


@maker("select_scatter")
def select_scatter(draw):
    tensor, dim, index = select(draw)
    return [tensor, draw.values(tensor.select(dim, index).shape, tensor.dtype), dim, index]


@maker("narrow_copy")
def narrow(draw):
    tensor = draw.tensor(low=1)
    dim = draw.dim(tensor)
    start = draw.integer(0, tensor.size(dim))
    return [tensor, dim, start, draw.integer(0, tensor.size(dim) - start)]


@maker("diagonal_copy")
def diagonal(draw):
    tensor = draw.tensor(low=2)
    first, second = draw.random.sample(range(tensor.dim()), 2)
    return [tensor, draw.integer(-3, 3), first, second]


@maker("unfold_copy")
def unfold(draw):
    tensor = draw.tensor(high=4)
    dim = draw.dim(tensor)
    return [tensor, dim, draw.integer(0, tensor.size(dim) if tensor.dim() else 1), draw.integer(1, 4)]


@maker("as_strided_copy")
def as_strided(draw):
    tensor = draw.tensor()
    rank = draw.integer(0, 3)
    return [tensor, [draw.integer(0, 4) for _ in range(rank)], [draw.integer(0, 5) for _ in range(rank)],
            draw.pick(None, draw.integer(0, 5))]


@maker("permute_copy")
def permute(draw):
    tensor = draw.tensor()
    dims = draw.random.sample(range(tensor.dim()), tensor.dim())
    return [tensor, [dim - tensor.dim() if draw.chance(30) else dim for dim in dims]]


@maker("transpose_copy.int")
def transpose(draw):
    tensor = draw.tensor()
    return [tensor, draw.dim(tensor), draw.dim(tensor)]


@maker("view_copy")
def view(draw):
    tensor = draw.tensor()
    left, size = tensor.numel(), []
    for factor in (2, 3, 5, 7):
        while left > 1 and left % factor == 0 and draw.chance(60):
            size.append(factor)
            left //= factor
    size.append(left)
    size += [1] * draw.integer(0, 2)
    draw.random.shuffle(size)
    if 0 not in size and draw.chance(40):
        size[draw.integer(0, len(size) - 1)] = -1
    return [tensor, size]


@maker("expand_copy")
def expand(draw):
    tensor = draw.tensor()
    size = [draw.size() if own == 1 and draw.chance(70) else draw.pick(own, -1) for own in tensor.shape]
    return [tensor, [draw.size() for _ in range(draw.integer(0, 2))] + size]


@maker("repeat")
def repeat(draw):
    tensor = draw.tensor(high=3)
    return [tensor, [draw.integer(0 if draw.chance(10) else 1, 3) for _ in range(tensor.dim() + draw.integer(0, 2))]]


@maker("squeeze_copy.dim")
def squeeze(draw):
    tensor = draw.tensor()
    return [tensor, draw.dim(tensor)]


@maker("squeeze_copy.dims")
def squeeze_dims(draw):
    tensor = draw.tensor()
    return [tensor, draw.dims(tensor, some=False)]


@maker("unsqueeze_copy")
def unsqueeze(draw):
    tensor = draw.tensor()
    return [tensor, draw.integer(-tensor.dim() - 1, tensor.dim())]


@maker("constant_pad_nd")
def constant_pad(draw):
    tensor = draw.tensor()
    pad = [draw.integer(-1 if draw.chance(30) else 0, 2) for _ in range(2 * draw.integer(0, tensor.dim()))]
    return [tensor, pad, draw.number(tensor.dtype) if tensor.dtype.is_floating_point else draw.integer(0, 5)]


@maker(*(f"{kind}_pad{rank}d" for kind in ("reflection", "replication") for rank in (1, 2, 3)))
def edge_pad(draw):
    rank = int(draw.operator[-2])
    shape = ([draw.integer(1, 2)] if draw.chance(70) else []) + [draw.integer(1, 3)] + \
            [draw.integer(2, 4) for _ in range(rank)]
    most = 1 if rank == 3 else 2
    return [draw.values(shape, draw.dtype()), [draw.integer(0, most) for _ in range(2 * rank)]]


@maker("flip")
def flip(draw):
    tensor = draw.tensor()
    return [tensor, draw.dims(tensor, some=False)]


@maker("roll")
def roll(draw):
    tensor = draw.tensor()
    if draw.chance(30):
        return [tensor, [draw.integer(-9, 9)], []]
    dims = draw.dims(tensor)
    return [tensor, [draw.integer(-9, 9) for _ in dims], dims]


@maker("tril")
def tril(draw):
    return [draw.tensor(low=2), draw.integer(-5, 5)]


@maker("clone")
def clone(draw):
    return {"self": draw.tensor()}


@maker("copy", "copy_")
def copies(draw):
    tensor = draw.tensor()
    source = [1 if draw.chance(25) else size for size in tensor.shape[draw.integer(0, tensor.dim()):]]
    # Floats beyond an integer's range become something that is not laid down.
    return [tensor, draw.values(source, draw.dtype(), 0, 4, special=False, wide=False)]


@maker("_to_copy")
def to_copy(draw):
    return {"self": draw.values(draw.shape(), draw.dtype(), 0, 100, special=False, wide=False), "dtype": draw.dtype()}


# --- Creation.

@maker("full")
def full(draw):
    dtype = draw.pick(None, draw.dtype())
    value = draw.number(dtype or f32)
    return {"size": draw.shape(), "fill_value": value, "dtype": dtype}


@maker("ones", "zeros")
def ones(draw):
    return {"size": draw.shape(), "dtype": draw.pick(None, draw.dtype())}


@maker("arange")
def arange(draw):
    return {"end": draw.pick(draw.integer(0, 20), draw.integer(0, 40) / 4), "dtype": draw.pick(None, f32, f64, i32, i64)}


@maker("arange.start_step")
def arange_from(draw):
    whole = draw.chance(50)
    def number(low, high):
        return draw.integer(low, high) if whole else draw.integer(8 * low, 8 * high) / 8
    return {"start": number(-5, 5), "end": number(-5, 9), "step": number(-3, 3), "dtype": draw.pick(None, f32, f64) if
            not whole else draw.pick(None, f32, i32, i64)}


@maker("scalar_tensor")
def scalar_tensor(draw):
    dtype = draw.dtype()
    return {"s": draw.number(dtype), "dtype": dtype}


# --- Indexing.

@maker("index_select")
def index_select(draw):
    tensor = draw.tensor(empty=False)
    dim = draw.dim(tensor)
    size = tensor.size(dim) if tensor.dim() else 1
    return [tensor, dim, draw.indices(draw.pick([], [draw.integer(0, 5)]), size, dtypes=(i32, i64))]


def advanced_indices(draw, tensor):
    """Tensors, absent ones and masks for the first dimensions."""
    shapes = draw.broadcast_shapes(3)
    indices, dim = [], 0
    while dim < tensor.dim() and len(indices) < 3:
        kind = draw.integer(0, 9)
        if kind < 3:
            indices.append(None)
            dim += 1
        elif kind < 5 and not any(item is not None for item in indices):
            rank = draw.integer(1, tensor.dim() - dim)
            indices.append(draw.values(tensor.shape[dim:dim + rank], flag))
            dim += rank
        else:
            shape = [min(size, 3) for size in shapes[len(indices)]][-2:]
            indices.append(draw.indices(shape, tensor.size(dim), negative=True, dtypes=(i32, i64)))
            dim += 1
        if draw.chance(30):
            break
    return indices


@maker("index.Tensor")
def index(draw):
    tensor = draw.tensor(low=1, high=4, empty=False)
    return [tensor, advanced_indices(draw, tensor)]


@maker("index_put", "index_put_")
def index_put(draw):
    tensor = draw.tensor(low=1, high=4, empty=False, special=False)
    indices = advanced_indices(draw, tensor)
    places = torch.arange(tensor.numel()).reshape(tensor.shape)
    picked = torch.ops.aten.index.Tensor(places, indices)
    # Only sums do not mind places that come twice.
    accumulate = picked.unique().numel() != picked.numel() or draw.chance(30)
    shape = [1 if draw.chance(25) else size for size in picked.shape[draw.integer(0, picked.dim()) if draw.chance(20) else 0:]]
    return [tensor, indices, draw.values(shape, tensor.dtype, special=False, wide=False), accumulate]


@maker("gather")
def gather(draw):
    tensor = draw.tensor(high=4, empty=False)
    dim = draw.dim(tensor)
    shape = [draw.integer(1, size) for size in tensor.shape]
    if shape:
        shape[dim] = draw.integer(0, 5)
    return [tensor, dim, draw.indices(shape, tensor.size(dim) if tensor.dim() else 1)]


@maker("scatter.src", "scatter.value", "scatter_add")
def scatter(draw):
    tensor = draw.tensor(high=4, empty=False, special=False)
    dim = draw.dim(tensor)
    size = tensor.size(dim) if tensor.dim() else 1
    shape = [draw.integer(1, item) for item in tensor.shape]
    if draw.operator == "scatter_add":
        index = draw.indices(shape, size)
    else:  # every line has each place once at most
        lines = [draw.numpy.permutation(size)[:shape[dim] if shape else 1] for _ in range(math.prod(shape) // (shape[dim] if shape else 1))]
        others = [item for i, item in enumerate(shape) if i != dim % max(len(shape), 1)]
        index = torch.tensor(np.array(lines)).reshape(others + ([shape[dim]] if shape else []))
        if shape:
            index = index.movedim(-1, dim).contiguous()
    if draw.operator == "scatter.value":
        return [tensor, dim, index, draw.number(tensor.dtype) if tensor.dtype.is_floating_point else draw.integer(0, 5)]
    source = [item + draw.integer(0, 1) for item in shape]
    return [tensor, dim, index, draw.values(source, tensor.dtype, special=False, wide=False)]


@maker("embedding")
def embedding(draw):
    rows = draw.integer(1, 6)
    return [draw.values([rows, draw.integer(0, 4)], draw.dtype()), draw.indices(draw.shape(0, 3), rows, dtypes=(i32, i64))]


@maker("masked_scatter")
def masked_scatter(draw):
    shapes = draw.broadcast_shapes(2)
    dtype = draw.dtype()
    mask = draw.values(shapes[1], flag)
    return [draw.values(shapes[0], dtype), mask, draw.values([draw.integer(1, 4), LARGEST], dtype)]


@maker("masked_select")
def masked_select(draw):
    shapes = draw.broadcast_shapes(2)
    return [draw.values(shapes[0], draw.dtype()), draw.values(shapes[1], flag)]


@maker("repeat_interleave.Tensor")
def repeat_interleave(draw):
    return {"repeats": draw.values([draw.integer(0, 6)], draw.dtype((i32, i64)), 0, 4, wide=False)}


# --- Recording.

def maker_of(operator, args, family):
    if operator in MAKERS:
        return MAKERS[operator]
    if args == "Tensor self":
        return unary
    if args == "Tensor self, Scalar other":
        return with_number
    if args == "Tensor self, Tensor other":
        return lambda draw: alike(draw, 2, wide=draw.operator not in ("fmod.Tensor", "remainder.Tensor", "floor_divide"))
    raise SystemExit(f"fuzz_aten_ops.py: no way to draw arguments for {operator}({args}): add a maker")


def tensors_of(arguments):
    for _, value in arguments:
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(item, torch.Tensor):
                yield item


# Operators whose operands may differ in dtype: only then is a call for the kernels alone.
MIXING = {"where.self": (1, 2), "cat": (0,), "stack": (0,), "clamp.Tensor": (0, 1, 2)}
ELEMENTWISE = ("unary", "unary_float", "unary_bool", "binary", "binary_bool")
# Operators that take tensors of several dtypes by their nature.
UNLIKE = ("copy", "copy_", "fill.Tensor", "masked_fill.Scalar")


def is_mixed(operator, arguments, family):
    if operator in UNLIKE or (family not in ELEMENTWISE and operator not in MIXING):
        return False
    chosen = [arguments[i] for i in MIXING.get(operator, range(len(arguments)))]
    return len({tensor.dtype for tensor in tensors_of(chosen)}) > 1


def record_one(draw, operator, out, family, label):
    """Draws and records a call; False where PyTorch refuses it."""
    function = overload(operator)
    try:
        drawn = MAKE(draw)
    except (RuntimeError, IndexError):  # indices that pick nothing, or that do not broadcast
        return False
    positional, named = ([], drawn) if isinstance(drawn, dict) else (drawn, {})
    arguments = arguments_of(function, positional, named)
    args = [encode(value, str(argument.type)) for argument, value in arguments]
    flags = {"kernel_only": True} if is_mixed(operator, arguments, family) else {}
    try:
        results = call(function, arguments)
        can_differ = family in ELEMENTWISE and out.startswith("aten::") and len(results) == 1 and operator not in UNLIKE
        if can_differ and draw.chance(25):
            others = [dtype for dtype in ALL if torch.can_cast(results[0].dtype, dtype)]
            results = into_other_dtype(out, arguments, results[0], draw.dtype(others))
            flags = {"kernel_only": True}
    except (RuntimeError, IndexError, ValueError, NotImplementedError):
        return False
    if sum(result.numel() for result in results) > 4 * LARGEST:
        return False
    add_call(operator, label, args, results, **flags)
    return True


def into_other_dtype(out, arguments, result, dtype):
    name, _, which = out.removeprefix("aten::").partition(".")
    function = getattr(getattr(torch.ops.aten, name), which)
    target = next(argument.name for argument in function._schema.arguments if argument.is_out)
    known = {argument.name for argument in function._schema.arguments}
    kept = [(argument, value) for argument, value in arguments if argument.name in known]
    return call(function, kept, **{target: torch.empty(result.shape, dtype=dtype)})


MAKE = None


def main():
    global MAKE
    parser = argparse.ArgumentParser(description=inspect.getdoc(sys.modules[__name__]),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20, help="calls an operator")
    parser.add_argument("--only", default="", help="operators whose name has this regular expression")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    table = pathlib.Path(__file__).resolve().parents[2] / "schema" / "operators.h"
    rows = [(f"{name}.{which}" if which else name, out, args, family)
            for name, which, out, args, _, family in ROW.findall(table.read_text())]
    rows += [("aten::copy_", "", "", "movement"), ("aten::index_put_", "", "", "indexing")]
    drawn_again = 0
    for operator, out, args, family in rows:
        if not operator.startswith("aten::") or operator == "aten::empty.memory_format":
            continue
        operator = operator.removeprefix("aten::")
        if not re.search(options.only, operator):
            continue
        MAKE = maker_of(operator, args, family)
        recorded = 0
        for attempt in range(40 * options.count):
            if recorded == options.count:
                break
            draw = Draw(f"{options.seed}/{operator}/{attempt}", operator)
            if record_one(draw, operator, out, family, f"random_{options.seed}_{attempt}"):
                recorded += 1
            else:
                drawn_again += 1
        if recorded < options.count:
            print(f"{operator}: only {recorded} calls", file=sys.stderr)
    recorder.archive.write(options.output, packed=True)
    print(f"{options.output.name}: {len(recorder.archive.cases)} calls of {len(rows)} operators, {drawn_again} refused by "
          f"PyTorch and drawn again, {options.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
