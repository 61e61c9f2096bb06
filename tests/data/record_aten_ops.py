#!/usr/bin/env python3
"""Records tests/data/aten_ops.zip: calls of functional Core ATen operators with the values PyTorch returns.

    cases.json: [{"name": "add.Tensor/float32", "op": "aten::add.Tensor", "args": [...], "outputs": ["t2.npy"]}, ...]
    t0.npy, t1.npy, ...: the tensors, each stored once; their dtype is the dtype of the argument

"args" follows the schema from first to last with the defaults filled in. An argument is null or one of
{"tensor": "t3.npy"}, {"tensor_list": ["t1.npy", null]}, {"int": 1}, {"double": 0.5}, {"bool": true}, {"int_list": []},
{"double_list": []}, {"bool_list": []}, {"dtype": "float32"}, {"string": "none"}. A double that JSON cannot write is
"inf", "-inf" or "nan". A list of tensors among the results is laid out flat in "outputs".

bfloat16, which .npy does not have, is stored as its bits in a file NAME.bfloat16.npy. A case may say besides:
"kernel_only": true    its operands differ in dtype, or its result is stored in another: what graphs do not hold
"any_content": true    only the results' shapes and dtypes are laid down

Operands of other calls share their dtype. The few calls in which PyTorch itself turns integers into floats have
"promotes" in their name. Operators that write to their first argument ("aten::copy_") have that, afterwards, as output.

Usage: python3 record_aten_ops.py [OUTPUT.zip]      (a second run gives the same bytes; recorded with PyTorch 2.6)
"""

import collections
import math
import pathlib
import sys

import numpy as np
import torch

from case_archive import CaseArchive

NAN, INF = float("nan"), float("inf")
SPECIAL = torch.tensor([NAN, INF, -INF, 0.0, -0.0, 1.5, -2.5, 3.0e38, -1e-30])
f32, f64, f16 = torch.float32, torch.float64, torch.float16
i8, u8, i32, i64, flag = torch.int8, torch.uint8, torch.int32, torch.int64, torch.bool
FLOATS, INTEGERS = (f32, f64, f16), (i32, i64, u8, i8)
NUMBERS = FLOATS + INTEGERS

archive = CaseArchive()


def name_of(dtype):
    return str(dtype).removeprefix("torch.")


def data(*shape, dtype=f32, seed=0, low=-3, high=3):
    """Whole numbers, for floats multiples of 1/8: they pack well and hit ties and halves."""
    rng = np.random.default_rng([seed, *shape])
    if dtype is flag:
        return torch.tensor(rng.integers(0, 2, shape), dtype=flag)
    steps = 8 if dtype.is_floating_point else 1
    low = 0 if dtype is u8 and low < 0 else low
    values = torch.tensor(rng.integers(math.ceil(low * steps), math.floor(high * steps) + 1, shape))
    return (values / 8 if steps == 8 else values).to(dtype)


def fine(*shape, seed=0, scale=1.0):
    """Values that need all the bits of a float, to catch arithmetic done in less."""
    return torch.tensor(np.random.default_rng([seed, 99, *shape]).standard_normal(shape) * scale, dtype=f32)


def nonzero(*shape, dtype=f32, seed=0):
    """From -3 to 3 without 0, for divisors."""
    values = data(*shape, dtype=dtype, seed=seed)
    return torch.where(values == 0, torch.ones((), dtype=dtype), values)


def distinct(*shape, dtype=f32, seed=0):
    """No two alike: which of several equal values an index points to is not laid down."""
    count = math.prod(shape)
    order = np.random.default_rng([seed, count]).permutation(count) - count // 2
    return torch.tensor(order.reshape(shape), dtype=dtype)


def indices(*shape, bound, seed=0, dtype=i64):
    return torch.tensor(np.random.default_rng([seed, bound, *shape]).integers(0, bound, shape), dtype=dtype)


def store(tensor):
    """Adds a tensor to the archive."""
    if tensor.dtype is torch.bfloat16:
        return archive.add_tensor(tensor.contiguous().view(torch.int16).numpy().view(np.uint16), ".bfloat16")
    return archive.add_tensor(tensor.contiguous().numpy())


def encode_double(value):
    return value if math.isfinite(value) else str(value)


def encode(value, kind):
    """One argument in the form described above; `kind` is its type in the schema."""
    kind = kind.removeprefix("Optional[").removesuffix("]") if kind.startswith("Optional[") else kind
    if value is None:
        return None
    if kind == "List[Optional[Tensor]]" or kind == "List[Tensor]":
        return {"tensor_list": [None if item is None else store(item) for item in value]}
    if kind == "Tensor":
        return {"tensor": store(value)}
    if kind in ("List[int]", "List[SymInt]"):
        return {"int_list": [int(item) for item in value]}
    if kind == "List[float]":
        return {"double_list": [encode_double(float(item)) for item in value]}
    if kind == "List[bool]":
        return {"bool_list": list(value)}
    if isinstance(value, torch.dtype):
        return {"dtype": name_of(value)}
    if isinstance(value, str):
        return {"string": value}
    if isinstance(value, bool):
        return {"bool": value}
    if kind == "float" or isinstance(value, float):
        return {"double": encode_double(float(value))}
    if isinstance(value, int):
        return {"int": value}
    raise TypeError(f"no form for a {kind} such as {value!r}")


def overload(op):
    """The functional overload of a name such as "add.Tensor"."""
    name, _, which = op.partition(".")
    return getattr(getattr(torch.ops.aten, name), which or "default")


def arguments_of(function, positional, named):
    """(argument of the schema, value) for the whole call, defaults filled in."""
    arguments = []
    given = list(positional)
    for argument in function._schema.arguments:
        if argument.is_out:
            continue
        if not argument.kwarg_only and given:
            value = given.pop(0)
        elif argument.name in named:
            value = named[argument.name]
        elif argument.has_default_value():
            value = argument.default_value
        else:
            raise ValueError(f"{function} lacks {argument.name}")
        arguments.append((argument, value))
    return arguments


def call(function, arguments, **more):
    """The results as a list."""
    results = function(*[value for argument, value in arguments if not argument.kwarg_only],
                       **{argument.name: value for argument, value in arguments if argument.kwarg_only}, **more)
    return list(results) if isinstance(results, (tuple, list)) else [results]


def add_call(op, label, args, results, **flags):
    archive.add_case({"name": f"{op}/{label}", "op": op if "::" in op else f"aten::{op}", "args": args,
                      "outputs": [store(result) for result in results]} | flags)


def record(op, label, *positional, **named):
    """Calls one overload and stores the call and its results."""
    function = overload(op)
    arguments = arguments_of(function, positional, named)
    # Encoded before the call, in case the operator writes to its inputs.
    args = [encode(value, str(argument.type)) for argument, value in arguments]
    add_call(op, label, args, call(function, arguments))


SHAPE_PAIRS = {"broadcast": ((2, 3, 4), (3, 1)), "broadcast_both": ((2, 1, 4), (3, 1)), "scalar_left": ((), (2, 3)),
               "scalar_right": ((2, 3), ()), "scalars": ((), ()), "empty": ((0, 3), (1, 3)),
               "rank_5": ((1, 2, 1, 2, 3), (2, 1, 2, 1, 3))}


def binary(op, dtypes, right=data, special=True, **named):
    for dtype in dtypes:
        record(op, name_of(dtype), data(3, 5, dtype=dtype), right(3, 5, dtype=dtype, seed=1), **named)
    first = dtypes[0]
    for label, (shape, other) in SHAPE_PAIRS.items():
        record(op, f"{name_of(first)}_{label}", data(*shape, dtype=first), right(*other, dtype=first, seed=1), **named)
    if special:
        record(op, "special", SPECIAL[:, None], SPECIAL, **named)


def arithmetic():
    for kind in ("add", "sub"):
        binary(f"{kind}.Tensor", NUMBERS)
        record(f"{kind}.Tensor", "alpha", data(3, 5), data(5, seed=1), alpha=2.5)
        record(f"{kind}.Tensor", "alpha_int32", data(3, 5, dtype=i32), data(5, dtype=i32, seed=1), alpha=-3)
        for dtype in (f32, f64, i32, i64):
            record(f"{kind}.Scalar", name_of(dtype), data(3, 4, dtype=dtype), 2)
        record(f"{kind}.Scalar", "float", data(2, 3), 0.75)
        record(f"{kind}.Scalar", "alpha", data(2, 3), 0.5, 3)
    record("add.Tensor", "bool", data(3, 4, dtype=flag), data(3, 4, dtype=flag, seed=1))
    record("add.Tensor", "uint8_wraps", data(9, dtype=u8, low=200, high=255), data(9, dtype=u8, low=0, high=90))
    record("add.Tensor", "int8_wraps", data(9, dtype=i8, low=100, high=127), data(9, dtype=i8, low=0, high=60))
    binary("mul.Tensor", NUMBERS + (flag,))
    record("mul.Scalar", "float", data(2, 3), -0.75)
    record("mul.Scalar", "int32", data(2, 3, dtype=i32), 3)
    record("mul.Scalar", "int64", data(2, 3, dtype=i64), -2)
    record("mul.Scalar", "infinity", SPECIAL, INF)

    binary("div.Tensor", FLOATS, right=nonzero)
    for dtype in (i32, i64, u8):
        record("div.Tensor", f"{name_of(dtype)}_promotes", data(3, 4, dtype=dtype), nonzero(4, dtype=dtype, seed=1))
    record("div.Scalar", "float", data(2, 3), 0.75)
    record("div.Scalar", "zero", SPECIAL, 0.0)
    record("div.Scalar", "int", data(2, 3, dtype=f64), 3)
    for mode in ("trunc", "floor", None):
        label = mode or "none"
        for dtype in FLOATS + (INTEGERS if mode else ()):
            record("div.Tensor_mode", f"{label}_{name_of(dtype)}", data(3, 5, dtype=dtype, low=-9, high=9),
                   nonzero(3, 5, dtype=dtype, seed=1), rounding_mode=mode)
        record("div.Tensor_mode", f"{label}_broadcast", data(2, 3, 4), nonzero(3, 1, seed=1), rounding_mode=mode)
        record("div.Tensor_mode", f"{label}_special", SPECIAL[:, None], SPECIAL, rounding_mode=mode)
    binary("floor_divide", NUMBERS, right=nonzero)
    for kind in ("fmod", "remainder"):
        binary(f"{kind}.Tensor", NUMBERS, right=nonzero)
        record(f"{kind}.Scalar", "float", data(3, 5), 0.75)
        record(f"{kind}.Scalar", "negative", data(3, 5), -1.25)
        record(f"{kind}.Scalar", "int32", data(3, 5, dtype=i32, low=-9, high=9), 4)
        record(f"{kind}.Scalar", "int32_negative", data(3, 5, dtype=i32, low=-9, high=9), -4)
        record(f"{kind}.Scalar", "special", SPECIAL, 2.0)

    def exponents(*shape, dtype, seed):
        return data(*shape, dtype=dtype, seed=seed, low=-3 if dtype.is_floating_point else 0)

    binary("pow.Tensor_Tensor", NUMBERS, right=exponents)
    for exponent in (0, 1, 2, 3, -1, -2, 0.5, -0.5, 2.5):
        record("pow.Tensor_Scalar", f"float32_{exponent}", data(2, 6, low=-2, high=2), exponent)
    for dtype in (f64, f16, i32, i64):
        record("pow.Tensor_Scalar", f"{name_of(dtype)}_square", data(2, 6, dtype=dtype), 2)
    record("pow.Tensor_Scalar", "special_square", SPECIAL, 2)
    record("pow.Tensor_Scalar", "special_root", SPECIAL, 0.5)
    record("pow.Scalar", "two", 2.0, data(3, 5))
    record("pow.Scalar", "negative_base", -1.5, data(3, 5))
    record("pow.Scalar", "zero", 0.0, SPECIAL)
    record("pow.Scalar", "one", 1.0, SPECIAL)
    record("pow.Scalar", "int32", 3, data(3, 5, dtype=i32, low=0, high=5))
    binary("atan2", FLOATS)
    for kind in ("maximum", "minimum"):
        binary(kind, NUMBERS + (flag,))


def logic():
    for kind in ("eq", "ne", "lt", "le", "gt", "ge"):
        for dtype in NUMBERS + (flag,):
            record(f"{kind}.Tensor", name_of(dtype), data(3, 6, dtype=dtype, low=-1, high=1),
                   data(3, 6, dtype=dtype, seed=1, low=-1, high=1))
        for label in ("broadcast", "scalar_right", "empty", "rank_5"):
            left, right = SHAPE_PAIRS[label]
            record(f"{kind}.Tensor", label, data(*left, low=-1, high=1), data(*right, seed=1, low=-1, high=1))
        record(f"{kind}.Tensor", "special", SPECIAL[:, None], SPECIAL)
        for dtype in (f32, f16, i32, i64, u8):
            record(f"{kind}.Scalar", name_of(dtype), data(3, 4, dtype=dtype), 1)
        record(f"{kind}.Scalar", "half", data(3, 8), 0.5)
        record(f"{kind}.Scalar", "special", SPECIAL, INF)
    for kind in ("logical_and", "logical_or", "logical_xor"):
        binary(kind, (flag, f32, i32, u8), special=False)
        record(kind, "special", SPECIAL[:, None], SPECIAL)
    for dtype in NUMBERS + (flag,):
        record("logical_not", name_of(dtype), data(3, 5, dtype=dtype))
    record("logical_not", "special", SPECIAL)
    for kind in ("bitwise_and", "bitwise_or", "bitwise_xor"):
        binary(f"{kind}.Tensor", (i32, i64, u8, i8, flag), special=False)
        record(f"{kind}.Scalar", "int32", data(3, 5, dtype=i32, low=-99, high=99), 13)
        record(f"{kind}.Scalar", "bool", data(7, dtype=flag), True)
    for dtype in INTEGERS + (flag,):
        record("bitwise_not", name_of(dtype), data(3, 5, dtype=dtype))
    for kind in ("left", "right"):
        for dtype in INTEGERS:
            record(f"bitwise_{kind}_shift.Tensor", name_of(dtype), data(3, 5, dtype=dtype, low=-9, high=9),
                   data(3, 5, dtype=dtype, seed=1, low=0, high=3))
        record(f"bitwise_{kind}_shift.Tensor", "broadcast", data(3, 4, dtype=i32, low=-99, high=99),
               torch.tensor([0, 1, 4, 9], dtype=i32))
    for dtype in NUMBERS + (flag,):
        record("where.self", name_of(dtype), data(3, 4, dtype=flag), data(3, 4, dtype=dtype),
               data(3, 4, dtype=dtype, seed=1))
    record("where.self", "broadcast_condition", data(3, 1, dtype=flag), data(2, 3, 4), data(4, seed=1))
    record("where.self", "broadcast_values", data(2, 3, 4, dtype=flag), data(4), data(3, 1, seed=1))
    record("where.self", "scalar_condition", torch.tensor(True), data(2, 3), data(3, seed=1))
    record("where.self", "scalar_values", data(2, 3, dtype=flag), torch.tensor(1.5), torch.tensor(-INF))
    record("where.self", "special", torch.tensor([True, False, True] * 3), SPECIAL, torch.zeros(9))
    record("where.self", "empty", data(0, 3, dtype=flag), data(0, 3), data(3, seed=1))


def unary():
    domains = {"acos": (-1, 1), "asin": (-1, 1), "atanh": (-0.875, 0.875), "acosh": (1, 5), "log": (0.125, 5),
               "log10": (0.125, 5), "log2": (0.125, 5), "log1p": (-0.875, 5), "sqrt": (0, 5), "rsqrt": (0.125, 5),
               "reciprocal": (0.125, 5)}
    # PyTorch 2.6 has sign(NaN) = 0 where others pass NaN on, and log1p(3e38) = infinity instead of 88.6.
    specials = {"sign": SPECIAL[1:], "log1p": SPECIAL[:7]}
    kinds = ("abs acos acosh asin asinh atan atanh exp expm1 log log10 log1p log2 sqrt rsqrt reciprocal neg floor ceil "
             "round trunc sign sin cos tan sinh cosh tanh sigmoid erf relu isnan isinf").split()
    for kind in kinds:
        low, high = domains.get(kind, (-4, 4))
        for dtype in FLOATS:
            record(kind, name_of(dtype), data(3, 9, dtype=dtype, low=low, high=high))
        record(kind, "special", specials.get(kind, SPECIAL))
        record(kind, "scalar", data(low=low, high=high))
        record(kind, "empty", data(2, 0, 3))
    for kind in ("abs", "relu", "cos", "tanh", "floor"):
        record(kind, "rank_5", data(2, 1, 2, 3, 2))
    for kind in ("abs", "neg", "floor", "ceil", "round", "trunc", "sign", "relu", "isnan", "isinf"):
        for dtype in (i32, i64, i8):
            record(kind, name_of(dtype), data(3, 5, dtype=dtype))
    for kind in ("abs", "sign", "isnan"):
        record(kind, "uint8", data(3, 5, dtype=u8))
    for kind in ("exp", "sqrt", "reciprocal", "sigmoid", "tanh", "log", "erf", "sin"):
        record(kind, "int32_promotes", data(2, 4, dtype=i32, low=1, high=4))
        record(kind, "bool_promotes", data(4, dtype=flag))
    for kind in ("sin", "cos", "tanh", "exp", "log"):
        record(kind, "fine", fine(4, 6).abs() if kind == "log" else fine(4, 6, scale=3))
    record("sin", "large", torch.tensor([100.0, -1000.0, 12345.675, 1e6]))
    record("round", "halves", torch.arange(-4.5, 5.0, 1.0))

    x = data(3, 9, low=-4, high=4)
    for label, low, high in (("both", -1.0, 2.0), ("low", 0.5, None), ("high", None, 0.5), ("crossed", 2.0, -1.0),
                             ("infinite", -INF, 1.0)):
        record("clamp", label, x, low, high)
    record("clamp", "special", SPECIAL, -2.0, 2.0)
    record("clamp", "nan_limit", data(4), NAN, 1.0)
    for dtype in INTEGERS + (f64, f16):
        record("clamp", name_of(dtype), data(3, 5, dtype=dtype), 1, 2)
    record("clamp.Tensor", "both", x, torch.tensor(-1.0), torch.tensor(2.0))
    record("clamp.Tensor", "low_broadcast", data(2, 3, 4), data(3, 1, seed=1), None)
    record("clamp.Tensor", "high_wider", data(4), None, data(3, 1, seed=1))
    record("clamp.Tensor", "int32", data(3, 4, dtype=i32), data(4, dtype=i32, seed=1), data(3, 1, dtype=i32, seed=2))
    record("clamp.Tensor", "special", SPECIAL, torch.full((9,), -1.0), torch.full((9,), 1.0))
    record("clamp.Tensor", "nan_limit", data(3), torch.tensor([NAN, 0.0, 1.0]), torch.tensor([1.0, NAN, 2.0]))
    record("hardtanh", "default", x)
    record("hardtanh", "relu6", x * 2, 0.0, 6.0)
    record("hardtanh", "int32", data(3, 5, dtype=i32), -1, 2)
    record("hardtanh", "special", SPECIAL)
    record("leaky_relu", "default", x)
    record("leaky_relu", "slope", x, 0.25)
    record("leaky_relu", "negative_slope", x, -0.5)
    record("leaky_relu", "special", SPECIAL)
    record("elu", "default", x)
    record("elu", "alpha", x, 0.5)
    record("elu", "all", x, 1.5, 1.25, 0.75)
    record("elu", "special", SPECIAL)
    for mode in ("none", "tanh"):
        for dtype in FLOATS:
            record("gelu", f"{mode}_{name_of(dtype)}", x.to(dtype), approximate=mode)
        record("gelu", f"{mode}_finite_special", torch.tensor([NAN, 0.0, -0.0, 30.0, -30.0]), approximate=mode)
    for kind in ("hardtanh", "leaky_relu", "elu"):
        for dtype in (f64, f16):
            record(kind, name_of(dtype), x.to(dtype))
    record("logit", "none", data(3, 6, low=0, high=1))
    record("logit", "eps", data(3, 6, low=-0.5, high=1.5), 0.125)
    record("glu", "last", data(3, 6))
    record("glu", "dim_0", data(4, 3), 0)
    record("glu", "channels", data(1, 4, 2, 3), 1)
    record("glu", "float64", data(3, 4, dtype=f64), -1)


def softmax():
    for kind in ("_softmax", "_log_softmax"):
        for dim in (0, 1, 2, -1, -2):
            record(kind, f"dim_{dim}", data(2, 3, 4), dim, False)
        record(kind, "vector", data(5), 0, False)
        record(kind, "scalar", data(), 0, False)
        record(kind, "image", data(1, 4, 2, 3), 1, False)
        record(kind, "one", data(3, 1), 1, False)
        record(kind, "empty", data(0, 3), 1, False)
        record(kind, "large", data(2, 5, low=-300, high=300), 1, False)
        record(kind, "minus_inf", torch.tensor([[0.0, -INF, 1.0], [-INF, -INF, 2.0]]), 1, False)
        record(kind, "all_minus_inf", torch.full((1, 3), -INF), 1, False)
        record(kind, "nan", torch.tensor([[0.0, NAN], [1.0, 2.0]]), 1, False)
        for dtype in (f64, f16):
            record(kind, name_of(dtype), data(3, 6, dtype=dtype), 1, False)
        record(kind, "fine", fine(3, 10), -1, False)


def matrix_products():
    for dtype in (f32, f64, f16, i32, i64):
        record("mm", name_of(dtype), data(3, 4, dtype=dtype), data(4, 5, dtype=dtype, seed=1))
        record("bmm", name_of(dtype), data(2, 3, 4, dtype=dtype), data(2, 4, 3, dtype=dtype, seed=1))
        record("addmm", name_of(dtype), data(5, dtype=dtype, seed=2), data(3, 4, dtype=dtype),
               data(4, 5, dtype=dtype, seed=1))
    record("mm", "row", data(1, 6), data(6, 4, seed=1))
    record("mm", "column", data(4, 6), data(6, 1, seed=1))
    record("mm", "inner_empty", data(2, 0), data(0, 3))
    record("mm", "outer_empty", data(0, 2), data(2, 3))
    record("mm", "fine", fine(5, 33), fine(33, 7, seed=1))
    record("bmm", "one", data(1, 2, 3), data(1, 3, 2, seed=1))
    record("bmm", "empty_batch", data(0, 2, 3), data(0, 3, 2))
    record("bmm", "inner_empty", data(2, 2, 0), data(2, 0, 3))
    record("bmm", "fine", fine(3, 4, 17), fine(3, 17, 5, seed=1))
    for label, shape in (("1xN", (1, 5)), ("Mx1", (3, 1)), ("MxN", (3, 5)), ("1x1", (1, 1)), ("scalar", ())):
        record("addmm", f"bias_{label}", data(*shape, seed=2), data(3, 4), data(4, 5, seed=1))
    record("addmm", "beta_alpha", data(5, seed=2), data(3, 4), data(4, 5, seed=1), beta=0.5, alpha=-1.5)
    record("addmm", "beta_0", data(5, seed=2), data(3, 4), data(4, 5, seed=1), beta=0)
    record("addmm", "beta_0_hides_nan", torch.full((5,), NAN), data(3, 4), data(4, 5, seed=1), beta=0)
    record("addmm", "alpha_0", data(5, seed=2), data(3, 4), data(4, 5, seed=1), alpha=0)
    record("addmm", "inner_empty", data(3, seed=2), data(2, 0), data(0, 3), beta=2)
    record("addmm", "fine", fine(7), fine(5, 33), fine(33, 7, seed=1))


def convolutions():
    def conv(label, x, w, b=None, stride=1, padding=0, dilation=1, groups=1, transposed=False, output_padding=0):
        rank = x.dim() - 2

        def spread(item):
            return [item] * rank if isinstance(item, int) else item

        record("convolution", label, x, w, b, spread(stride), spread(padding), spread(dilation), transposed,
               spread(output_padding), groups)

    x, w, b = data(1, 3, 7, 6), data(4, 3, 3, 3, seed=1, low=-1, high=1), data(4, seed=2)
    conv("basic", x, w, b)
    conv("no_bias", x, w)
    conv("padding", x, w, b, padding=1)
    conv("padding_uneven", x, w, b, padding=[2, 0])
    conv("stride_2", x, w, b, stride=2, padding=1)
    conv("stride_uneven", x, w, stride=[1, 3])
    conv("dilated", x, w, b, dilation=2, padding=2)
    conv("dilated_stride", x, w, b, dilation=[2, 1], stride=2, padding=[2, 1])
    conv("pointwise", x, data(5, 3, 1, 1, seed=1), data(5, seed=2))
    conv("pointwise_stride_2", x, data(5, 3, 1, 1, seed=1), stride=2)
    conv("kernel_3x1", x, data(2, 3, 3, 1, seed=1), padding=[1, 0])
    conv("kernel_even", x, data(2, 3, 2, 4, seed=1), data(2, seed=2), padding=1)
    conv("whole_image", data(2, 3, 4, 4), data(5, 3, 4, 4, seed=1, low=-1, high=1), data(5, seed=2))
    conv("batch_3", data(3, 3, 5, 4), w, b, padding=1)
    conv("batch_0", data(0, 3, 5, 4), w, b, padding=1)
    conv("fine", fine(1, 5, 6, 6), fine(4, 5, 3, 3, seed=1, scale=0.2), fine(4), padding=1)
    conv("float64", x.to(f64), w.to(f64), b.to(f64), padding=1)
    conv("float16", x.to(f16), w.to(f16), b.to(f16), padding=1)
    conv("grouped", data(1, 4, 6, 5), data(6, 2, 3, 3, seed=1), data(6, seed=2), groups=2, padding=1)
    conv("grouped_3_stride", data(2, 6, 5, 5), data(3, 2, 3, 3, seed=1), groups=3, stride=2)
    y = data(1, 4, 7, 6)
    conv("depthwise", y, data(4, 1, 3, 3, seed=1), b, groups=4, padding=1)
    conv("depthwise_no_bias", y, data(4, 1, 3, 3, seed=1), groups=4)
    conv("depthwise_stride_2", y, data(4, 1, 3, 3, seed=1), b, groups=4, padding=1, stride=2)
    conv("depthwise_5x5", y, data(4, 1, 5, 5, seed=1), b, groups=4, padding=2)
    conv("depthwise_dilated", y, data(4, 1, 3, 3, seed=1), b, groups=4, padding=2, dilation=2)
    conv("depth_multiplier_2", y, data(8, 1, 3, 3, seed=1), data(8, seed=2), groups=4, padding=1)

    s, w1 = data(2, 3, 9), data(4, 3, 3, seed=1)
    conv("1d", s, w1, b)
    conv("1d_no_bias", s, w1)
    conv("1d_stride_padding", s, w1, b, stride=2, padding=1)
    conv("1d_dilated", s, w1, b, dilation=3, padding=3)
    conv("1d_grouped", data(1, 4, 8), data(4, 2, 3, seed=1), b, groups=2)
    conv("1d_depthwise", data(1, 4, 8), data(4, 1, 3, seed=1), b, groups=4, padding=1)
    conv("1d_pointwise", s, data(4, 3, 1, seed=1), b)

    x, w, b = data(1, 3, 4, 5), data(3, 2, 3, 3, seed=1), data(2, seed=2)
    conv("transposed", x, w, b, transposed=True)
    conv("transposed_no_bias", x, w, transposed=True)
    conv("transposed_stride_2", x, w, b, transposed=True, stride=2)
    conv("transposed_padding", x, w, b, transposed=True, stride=2, padding=1)
    conv("transposed_output_padding", x, w, b, transposed=True, stride=2, padding=1, output_padding=1)
    conv("transposed_output_padding_uneven", x, w, transposed=True, stride=[3, 2], output_padding=[2, 0])
    conv("transposed_dilated", x, w, b, transposed=True, dilation=2)
    conv("transposed_dilated_stride", x, w, b, transposed=True, dilation=[1, 2], stride=2, padding=[0, 1])
    conv("transposed_kernel_2", x, data(3, 4, 2, 2, seed=1), data(4, seed=2), transposed=True, stride=2)
    conv("transposed_kernel_below_stride", x, data(3, 2, 2, 2, seed=1), b, transposed=True, stride=3)
    conv("transposed_grouped", data(2, 4, 3, 3), data(4, 3, 3, 3, seed=1), data(6, seed=2), transposed=True, groups=2)
    conv("transposed_depthwise", data(1, 3, 4, 4), data(3, 1, 4, 4, seed=1), data(3, seed=2), transposed=True, groups=3,
         stride=2, padding=1)
    conv("transposed_float64", x.to(f64), w.to(f64), b.to(f64), transposed=True, stride=2)
    conv("transposed_fine", fine(1, 3, 4, 4), fine(3, 2, 3, 3, seed=1), fine(2), transposed=True, stride=2)
    conv("transposed_1d", data(1, 3, 6), data(3, 2, 3, seed=1), b, transposed=True)
    conv("transposed_1d_stride", data(1, 3, 6), data(3, 2, 3, seed=1), b, transposed=True, stride=2, padding=1,
         output_padding=1)


def pooling():
    x = distinct(1, 2, 7, 8)
    op = "max_pool2d_with_indices"
    record(op, "basic", x, [2, 2], [2, 2])
    record(op, "stride_default", x, [3, 2])
    record(op, "padding", x, [3, 3], [2, 2], [1, 1])
    record(op, "padding_uneven", x, [3, 2], [1, 2], [1, 0])
    record(op, "dilated", x, [2, 3], [1, 1], [0, 0], [2, 2])
    record(op, "dilated_padding", x, [3, 3], [2, 1], [1, 1], [2, 1])
    record(op, "ceil", x, [3, 3], [2, 2], [0, 0], [1, 1], True)
    record(op, "ceil_padding", x, [3, 3], [3, 2], [1, 1], [1, 1], True)
    record(op, "no_batch", distinct(2, 4, 5), [2, 2])
    record(op, "batch_2", distinct(2, 3, 4, 4), [2, 2])
    record(op, "negative_padding_zone", distinct(1, 1, 4, 4) - 20, [3, 3], [1, 1], [1, 1])
    record(op, "nan", torch.tensor([[[[1.0, NAN, 2.0], [0.0, 3.0, 4.0]]]]), [2, 2], [1, 1])
    record(op, "minus_inf", torch.full((1, 1, 3, 3), -INF), [2, 2], [1, 1])
    for dtype in (f64, f16, i64, i32, u8):
        record(op, name_of(dtype), distinct(1, 2, 4, 4).add(16).to(dtype), [2, 2])

    x = data(1, 2, 7, 8)
    record("avg_pool2d", "basic", x, [2, 2], [2, 2])
    record("avg_pool2d", "stride_default", x, [3, 2])
    record("avg_pool2d", "include_pad", x, [3, 3], [2, 2], [1, 1])
    record("avg_pool2d", "exclude_pad", x, [3, 3], [2, 2], [1, 1], False, False)
    record("avg_pool2d", "padding_uneven", x, [3, 2], [1, 2], [1, 0], False, False)
    record("avg_pool2d", "ceil", x, [3, 3], [2, 2], [0, 0], True)
    record("avg_pool2d", "ceil_include_pad", x, [3, 3], [3, 2], [1, 1], True, True)
    record("avg_pool2d", "ceil_exclude_pad", x, [3, 3], [3, 2], [1, 1], True, False)
    record("avg_pool2d", "divisor", x, [2, 2], [2, 2], [0, 0], False, True, 3)
    record("avg_pool2d", "divisor_padding", x, [3, 3], [2, 2], [1, 1], True, False, 5)
    record("avg_pool2d", "no_batch", data(2, 4, 5), [2, 2])
    record("avg_pool2d", "nan", torch.tensor([[[[1.0, NAN, 2.0, 4.0]]]]), [1, 2])
    record("avg_pool2d", "float64", data(1, 2, 4, 4, dtype=f64), [2, 2])
    record("avg_pool2d", "float16", data(1, 2, 4, 4, dtype=f16), [2, 2])
    record("avg_pool2d", "fine", fine(1, 2, 5, 5), [3, 3])
    for height, width in ((1, 1), (2, 2), (3, 5), (7, 8), (9, 10)):
        record("_adaptive_avg_pool2d", f"to_{height}x{width}", x, [height, width])
    record("_adaptive_avg_pool2d", "no_batch", data(3, 5, 4), [2, 3])
    record("_adaptive_avg_pool2d", "float64", data(2, 2, 4, 4, dtype=f64), [3, 3])
    record("_adaptive_avg_pool2d", "fine", fine(1, 3, 6, 6), [1, 1])


def normalization():
    def statistics(channels, dtype=f32):
        return data(channels, seed=3).to(dtype), data(channels, seed=4, low=0.125, high=4).to(dtype)

    op = "_native_batch_norm_legit_no_training"
    for shape in ((4, 3), (2, 3, 5), (2, 3, 4, 4), (1, 3, 2, 2, 2)):
        record(op, f"rank_{len(shape)}", data(*shape), data(3, seed=1), data(3, seed=2), *statistics(3), 0.1, 1e-5)
    x = data(2, 3, 3, 3)
    record(op, "no_weight", x, None, data(3, seed=2), *statistics(3), 0.1, 1e-5)
    record(op, "no_bias", x, data(3, seed=1), None, *statistics(3), 0.1, 1e-5)
    record(op, "plain", x, None, None, *statistics(3), 0.1, 1e-5)
    record(op, "eps", x, data(3, seed=1), data(3, seed=2), *statistics(3), 0.0, 0.25)
    record(op, "float64", x.to(f64), data(3, seed=1, dtype=f64), data(3, seed=2, dtype=f64), *statistics(3, f64), 0.1,
           1e-5)
    record(op, "fine", fine(2, 3, 4), fine(3), fine(3, seed=1), fine(3, seed=2), fine(3, seed=3).abs(), 0.1, 1e-5)

    op = "native_layer_norm"
    x = data(2, 3, 6)
    record(op, "last", x, [6], data(6, seed=1), data(6, seed=2), 1e-5)
    record(op, "last_two", x, [3, 6], data(3, 6, seed=1), data(3, 6, seed=2), 1e-5)
    record(op, "all", x, [2, 3, 6], data(2, 3, 6, seed=1), None, 1e-5)
    record(op, "no_weight", x, [6], None, data(6, seed=2), 1e-5)
    record(op, "no_bias", x, [6], data(6, seed=1), None, 1e-5)
    record(op, "plain", x, [6], None, None, 0.01)
    record(op, "vector", data(6), [6], data(6, seed=1), data(6, seed=2), 1e-5)
    record(op, "empty", data(0, 6), [6], data(6, seed=1), data(6, seed=2), 1e-5)
    record(op, "constant_row", torch.full((2, 4), 1.5), [4], data(4, seed=1), data(4, seed=2), 1e-5)
    record(op, "offset", fine(2, 16) + 1000.0, [16], None, None, 1e-5)
    record(op, "fine", fine(4, 20), [20], fine(20, seed=1), fine(20, seed=2), 1e-6)
    record(op, "float64", x.to(f64), [6], data(6, seed=1, dtype=f64), data(6, seed=2, dtype=f64), 1e-5)

    op = "native_group_norm"
    x, w, b = data(2, 6, 3, 2), data(6, seed=1), data(6, seed=2)
    for groups in (1, 2, 3, 6):
        record(op, f"groups_{groups}", x, w, b, 2, 6, 6, groups, 1e-5)
    record(op, "no_weight", x, None, b, 2, 6, 6, 2, 1e-5)
    record(op, "no_bias", x, w, None, 2, 6, 6, 2, 1e-5)
    record(op, "plain", x, None, None, 2, 6, 6, 3, 0.1)
    record(op, "rank_3", data(2, 4, 5), data(4, seed=1), data(4, seed=2), 2, 4, 5, 2, 1e-5)
    record(op, "rank_2", data(3, 4), data(4, seed=1), data(4, seed=2), 3, 4, 1, 2, 1e-5)
    record(op, "float64", x.to(f64), w.to(f64), b.to(f64), 2, 6, 6, 2, 1e-5)
    record(op, "fine", fine(1, 4, 5, 5), fine(4, seed=1), fine(4, seed=2), 1, 4, 25, 2, 1e-5)


def reductions():
    x, dims = data(2, 3, 4), {"0": [0], "last": [-1], "1_2": [1, 2], "0_2": [-3, 2], "all": [0, 1, 2]}
    for kind in ("mean.dim", "sum.dim_IntList", "amax", "amin"):
        for label, dim in dims.items():
            for keep in (False, True):
                record(kind, f"dim_{label}{'_keep' if keep else ''}", x, dim, keep)
        record(kind, "no_dims", x, [])
        record(kind, "scalar", data(), [0])
        record(kind, "rank_5", data(2, 1, 3, 2, 2), [1, 3])
        record(kind, "empty_kept", data(0, 3), [1])
        record(kind, "special",
               torch.tensor([[1.0, INF, 2.0], [NAN, 0.0, 1.0], [-INF, INF, 0.0], [-INF, 1.0, 2.0]]), [1])
        for dtype in (f64, f16):
            record(kind, name_of(dtype), data(3, 5, dtype=dtype), [1])
        record(kind, "fine", fine(3, 40), [1])
    for kind in ("mean.dim", "sum.dim_IntList"):
        record(kind, "none", x, None)
        record(kind, "empty_reduced", data(0, 3), [0])
        record(kind, "to_float64", x, [1], dtype=f64)
    for dtype in INTEGERS + (flag,):
        record("sum.dim_IntList", name_of(dtype), data(3, 5, dtype=dtype), [1])
        for kind in ("amax", "amin"):
            record(kind, name_of(dtype), data(3, 5, dtype=dtype), [0])
    record("sum.dim_IntList", "int32_to_int32", data(3, 5, dtype=i32), [0], dtype=i32)
    record("sum.dim_IntList", "int32_to_float32", data(3, 5, dtype=i32), [0], dtype=f32)
    record("mean.dim", "int32_to_float32", data(3, 5, dtype=i32), [0], dtype=f32)
    for kind in ("mean", "prod"):
        record(kind, "float32", x)
        record(kind, "float64", x.to(f64))
        record(kind, "float16", data(2, 4, dtype=f16, low=-2, high=2))
        record(kind, "scalar", data(low=1, high=3))
        record(kind, "empty", data(0, 3))
        record(kind, "to_float64", x, dtype=f64)
        record(kind, "special", SPECIAL)
    record("prod", "int32", data(2, 4, dtype=i32))
    record("prod", "bool", data(5, dtype=flag))
    for dim in (0, 1, -1):
        for keep in (False, True):
            record("prod.dim_int", f"dim_{dim}{'_keep' if keep else ''}", x, dim, keep)
    record("prod.dim_int", "int64", data(3, 4, dtype=i64), 1)
    record("prod.dim_int", "float64", data(3, 4, dtype=f64), 1)
    record("prod.dim_int", "scalar", data(), 0)
    record("prod.dim_int", "empty_reduced", data(0, 3), 0)
    record("prod.dim_int", "to_float32", data(3, 4, dtype=i32), 0, dtype=f32)

    sparse = data(3, 4, low=-0.125, high=0.125)
    for dtype in (f32, f16, i32, i64, u8, flag):
        values = sparse.mul(8).to(dtype) if dtype is not u8 else sparse.mul(8).abs().to(u8)
        record("any", name_of(dtype), values)
        record("any.dim", name_of(dtype), values, 1)
        record("any.dims", name_of(dtype), values, [0])
    record("any", "none", torch.zeros(3, 2, dtype=flag))
    record("any", "empty", data(0, 3, dtype=flag))
    record("any", "nan", torch.tensor([0.0, NAN]))
    record("any.dim", "keep", data(2, 3, 4, dtype=flag), 1, True)
    record("any.dim", "negative", data(2, 3, 4, dtype=flag), -3)
    record("any.dims", "two", data(2, 3, 4, dtype=flag), [0, 2])
    record("any.dims", "two_keep", data(2, 3, 4, dtype=flag), [-1, 0], True)
    record("any.dims", "none", data(2, 3, dtype=flag), None)

    y = distinct(2, 3, 4)
    for kind in ("argmax", "argmin"):
        record(kind, "none", y)
        record(kind, "none_keep", y, None, True)
        for dim in (0, 1, -1):
            record(kind, f"dim_{dim}", y, dim)
        record(kind, "keep", y, 1, True)
        record(kind, "nan", torch.tensor([[1.0, NAN, 2.0], [3.0, 0.0, -1.0]]), 1)
        record(kind, "infinite", torch.tensor([[1.0, INF, -INF], [-INF, 0.0, INF]]), 1)
        record(kind, "scalar", data(), 0)
        for dtype in (f64, f16, i32, i64, u8):
            record(kind, name_of(dtype), distinct(3, 4).add(6).to(dtype), 1)
    for kind in ("max.dim", "min.dim"):
        for dim in (0, 1, -1):
            record(kind, f"dim_{dim}", y, dim)
        record(kind, "keep", y, 1, True)
        record(kind, "nan", torch.tensor([[1.0, NAN, 2.0], [3.0, 0.0, -1.0]]), 1)
        record(kind, "scalar", data(), 0)
        for dtype in (f64, f16, i32, i64, u8):
            record(kind, name_of(dtype), distinct(3, 4).add(6).to(dtype), 1)

    for label, dim, correction, keep in (("default", None, None, False), ("dim_1", [1], 1, False),
                                         ("population", [-1], 0, False), ("keep", [0, 2], 1, True),
                                         ("correction_2", [2], 2, False), ("fraction", [2], 0.5, False),
                                         ("all_keep", None, 0, True)):
        record("var.correction", label, x, dim, correction=correction, keepdim=keep)
    record("var.correction", "one_element", data(3, 1), [1], correction=1)
    record("var.correction", "offset", fine(2, 20) + 100.0, [1], correction=1)
    record("var.correction", "nan", torch.tensor([[1.0, NAN, 2.0], [1.0, 2.0, 4.0]]), [1], correction=1)
    record("var.correction", "float64", x.to(f64), [1], correction=0)

    for dim in (0, 1, -1):
        record("cumsum", f"dim_{dim}", x, dim)
    for dtype in (f64, i32, i64, u8, flag):
        record("cumsum", name_of(dtype), data(3, 4, dtype=dtype), 1)
    record("cumsum", "to_float64", x, 1, dtype=f64)
    record("cumsum", "int32_to_int32", data(3, 4, dtype=i32), 0, dtype=i32)
    record("cumsum", "scalar", data(), 0)
    record("cumsum", "empty", data(0, 3), 0)
    record("cumsum", "special", torch.tensor([1.0, INF, 2.0, NAN, 1.0]), 0)
    record("topk", "largest", y, 2)
    record("topk", "smallest", y, 3, -1, False)
    record("topk", "dim_0", y, 1, 0)
    record("topk", "all", distinct(7), 7, 0)
    record("topk", "zero", y, 0)
    record("topk", "int64", distinct(2, 6, dtype=i64), 3)
    record("topk", "float64", distinct(2, 6, dtype=f64), 3, 1, False)


def layout():
    x = data(2, 3, 4)
    for dtype in NUMBERS + (flag,):
        record("cat", name_of(dtype), [data(2, 3, dtype=dtype), data(2, 2, dtype=dtype, seed=1)], 1)
        record("permute_copy", name_of(dtype), data(2, 3, 2, dtype=dtype), [2, 0, 1])
        record("slice_copy.Tensor", name_of(dtype), data(5, 2, dtype=dtype), 0, 1, 4, 2)
        record("constant_pad_nd", name_of(dtype), data(2, 3, dtype=dtype), [1, 2], 1)
    record("cat", "dim_0", [data(1, 3), data(3, 3, seed=1), data(2, 3, seed=2)])
    record("cat", "negative", [x, data(2, 3, 1, seed=1)], -1)
    record("cat", "one", [x], 1)
    record("cat", "with_empty_vector", [data(0), x], 1)
    record("cat", "with_empty", [data(2, 0, 4), x], 1)
    record("cat", "rank_4", [data(1, 2, 2, 3), data(1, 1, 2, 3, seed=1)], 1)
    for dim in (0, 1, 2, -1, -2):
        record("stack", f"dim_{dim}", [data(2, 3), data(2, 3, seed=1), data(2, 3, seed=2)], dim)
    record("stack", "scalars", [data(), data(seed=1)])
    record("stack", "one", [data(3)], 1)
    record("stack", "int64", [data(3, dtype=i64), data(3, dtype=i64, seed=1)], 0)
    record("split_with_sizes_copy", "dim_1", data(2, 6), [1, 3, 2], 1)
    record("split_with_sizes_copy", "negative", x, [1, 3], -1)
    record("split_with_sizes_copy", "zero_size", data(3, 2), [0, 3], 0)
    record("split_with_sizes_copy", "int64", data(4, 2, dtype=i64), [2, 2])
    record("split_copy.Tensor", "even", data(6, 2), 2)
    record("split_copy.Tensor", "rest", data(7, 2), 3)
    record("split_copy.Tensor", "negative_dim", x, 3, -1)
    record("split_copy.Tensor", "beyond", x, 9, 1)
    record("unbind_copy.int", "dim_0", x)
    record("unbind_copy.int", "dim_2", x, 2)
    for label, dim, start, end, step in (("plain", 1, 1, 3, 1), ("open", 1, None, None, 1), ("from", 0, 1, None, 1),
                                         ("to", 2, None, 2, 1), ("negative", 2, -3, -1, 1),
                                         ("beyond", 2, 1, 9223372036854775807, 1), ("step_3", 2, 0, 4, 3),
                                         ("negative_dim", -1, 1, 4, 2), ("empty", 1, 2, 2, 1), ("crossed", 1, 2, 1, 1),
                                         ("far_negative", 1, -100, 2, 1)):
        record("slice_copy.Tensor", label, x, dim, start, end, step)
    record("slice_copy.Tensor", "vector", data(9), 0, 2, 8, 3)
    for label, dim, index in (("dim_0", 0, 1), ("dim_1", 1, 0), ("last", 2, -1), ("negative_dim", -1, 2)):
        record("select_copy.int", label, x, dim, index)
    record("select_copy.int", "vector", data(4), 0, 2)
    record("select_copy.int", "int64", data(3, 2, dtype=i64), 0, 1)
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2], [0, -1, 1]):
        record("permute_copy", "order_" + "_".join(map(str, order)), x, order)
    record("permute_copy", "nchw_to_nhwc", data(1, 2, 3, 4), [0, 2, 3, 1])
    record("permute_copy", "rank_5", data(2, 1, 3, 2, 2), [4, 2, 0, 3, 1])
    record("permute_copy", "scalar", data(), [])
    record("permute_copy", "empty", data(0, 3), [1, 0])
    for label, source, size in (("plain", x, [4, 6]), ("minus_one", x, [2, -1]), ("flat", x, [-1]),
                                ("same", x, [2, 3, 4]), ("to_scalar", data(1, 1), []),
                                ("from_scalar", data(), [1, 1]), ("empty", data(0, 3), [3, 0]),
                                ("int64", data(4, dtype=i64), [2, 2]), ("bool", data(4, dtype=flag), [4, 1])):
        record("view_copy", label, source, size)
    for label, source, size in (("plain", data(3, 1), [3, 4]), ("new_dims", data(3, 1), [2, 3, 4]),
                                ("minus_one", data(3, 1), [2, -1, 4]), ("scalar", data(), [2, 3]),
                                ("same", x, [2, 3, 4]), ("to_empty", data(1, 3), [0, 3]),
                                ("int64", data(1, dtype=i64), [3]),
                                ("bool", data(2, 1, dtype=flag), [2, 3])):
        record("expand_copy", label, source, size)
    for dim in (0, 1, 2, 3, -1, -2):
        record("unsqueeze_copy", f"dim_{dim}", x, dim)
    record("unsqueeze_copy", "scalar", data(), 0)
    y = data(1, 3, 1, 2)
    for dim in (0, 1, 2, -2):
        record("squeeze_copy.dim", f"dim_{dim}", y, dim)
    record("squeeze_copy.dim", "scalar", data(), 0)
    for label, dim in (("one", [0]), ("two", [0, 2]), ("some_not_1", [0, 1, -2]), ("none", [])):
        record("squeeze_copy.dims", label, y, dim)
    record("squeeze_copy.dims", "to_scalar", data(1, 1), [0, 1])
    for first, second in ((0, 1), (0, 2), (-1, -2), (1, 1)):
        record("transpose_copy.int", f"dims_{first}_{second}", x, first, second)
    record("transpose_copy.int", "int64", data(2, 3, dtype=i64), 0, 1)
    record("transpose_copy.int", "scalar", data(), 0, 0)
    record("t_copy", "matrix", data(2, 3))
    record("t_copy", "vector", data(3))
    record("t_copy", "scalar", data())
    record("t_copy", "int32", data(2, 3, dtype=i32))

    for label, pad, value in (("last", [1, 2], 0), ("two", [1, 0, 0, 2], 1.5), ("three", [1, 1, 0, 1, 2, 0], -2.5),
                              ("negative", [-1, 1], 9.0), ("negative_both", [-1, -1, 0, -1], 0), ("none", [0, 0], 1.0),
                              ("infinite", [0, 1], -INF)):
        record("constant_pad_nd", label, x, pad, value)
    record("constant_pad_nd", "image", data(1, 2, 3, 3), [1, 1, 2, 0], 0.5)
    record("constant_pad_nd", "from_empty", data(0, 2), [1, 0, 1, 1], 3.0)
    for kind, mode in (("reflection", "reflection_pad"), ("replication", "replication_pad")):
        record(f"{mode}1d", "batch", data(2, 3, 5), [2, 3])
        record(f"{mode}1d", "no_batch", data(3, 5), [1, 0])
        record(f"{mode}1d", "float64", data(1, 2, 4, dtype=f64), [1, 2])
        record(f"{mode}2d", "batch", data(1, 2, 4, 3), [2, 1, 1, 3])
        record(f"{mode}2d", "no_batch", data(2, 3, 4), [0, 2, 1, 0])
        record(f"{mode}2d", "no_padding", data(1, 1, 2, 3), [0, 0, 0, 0])
        record(f"{mode}2d", "float64", data(1, 1, 3, 3, dtype=f64), [1, 1, 1, 1])
    record("replication_pad2d", "wider_than_input", data(1, 1, 2, 2), [3, 4, 5, 2])
    for label, source, times in (("plain", data(2, 3), [2, 2]), ("new_dims", data(2, 3), [2, 1, 3]),
                                 ("zero", data(2, 3), [0, 1]), ("scalar", data(), [3]), ("ones", x, [1, 1, 1]),
                                 ("int64", data(2, dtype=i64), [3]),
                                 ("bool", data(2, 1, dtype=flag), [1, 3]), ("scalar_none", data(), [])):
        record("repeat", label, source, times)
    for label, dims in (("0", [0]), ("last", [-1]), ("0_2", [0, 2]), ("all", [0, 1, 2]), ("none", [])):
        record("flip", label, x, dims)
    record("flip", "int64", data(3, 2, dtype=i64), [0])
    for label, shifts, dims in (("dim_0", [1], [0]), ("negative", [-1], [2]), ("two", [1, -2], [0, 2]),
                                ("flat", [5], []), ("beyond", [7], [1]), ("zero", [0], [1])):
        record("roll", label, x, shifts, dims)
    record("roll", "int32", data(2, 4, dtype=i32), [1], [1])
    for diagonal in (0, 1, -1, 5, -5):
        record("tril", f"diagonal_{diagonal}", data(3, 4, low=1, high=3), diagonal)
    record("tril", "batch", data(2, 3, 3, low=1, high=3))
    record("tril", "int64", data(4, 2, dtype=i64, low=1, high=9))
    record("tril", "bool", torch.ones(3, 3, dtype=flag))
    for factor in (1, 2, 3):
        record("pixel_shuffle", f"by_{factor}", data(1, factor * factor * 2, 2, 3), factor)
        record("pixel_unshuffle", f"by_{factor}", data(1, 2, 2 * factor, 3 * factor), factor)
    record("pixel_shuffle", "no_batch", data(4, 2, 2), 2)
    record("pixel_shuffle", "rank_5", data(2, 1, 4, 2, 1), 2)
    record("pixel_unshuffle", "no_batch", data(1, 4, 2), 2)
    for offset in (0, 1, -1):
        record("diagonal_copy", f"offset_{offset}", data(3, 4), offset)
    record("diagonal_copy", "dims", x, 0, 0, 2)
    record("alias_copy", "float32", x)
    record("select_scatter", "dim_1", x, data(2, 4, seed=1), 1, -1)
    record("slice_scatter", "step_2", x, data(2, 3, 2, seed=1), 2, 0, None, 2)
    record("slice_scatter", "range", x, data(2, 1, 4, seed=1), 1, 1, 2)


def indexing():
    x = data(4, 3)
    record("index_select", "dim_0", x, 0, indices(5, bound=4))
    record("index_select", "dim_1", x, 1, indices(2, bound=3))
    record("index_select", "negative_dim", data(2, 3, 4), -1, indices(3, bound=4))
    record("index_select", "int32_index", x, 0, indices(2, bound=4, dtype=i32))
    record("index_select", "scalar_index", x, 0, torch.tensor(2))
    record("index_select", "empty_index", x, 0, indices(0, bound=4))
    record("index_select", "vector", data(6), 0, indices(4, bound=6))
    for dtype in (f64, f16, i64, i32, u8, i8, flag):
        record("index_select", name_of(dtype), data(4, 3, dtype=dtype), 0, indices(3, bound=4))

    record("index.Tensor", "first", x, [indices(5, bound=4)])
    record("index.Tensor", "second", x, [None, indices(2, bound=3)])
    record("index.Tensor", "both", x, [indices(5, bound=4), indices(5, bound=3, seed=1)])
    record("index.Tensor", "broadcast", x, [indices(2, 1, bound=4), indices(3, bound=3)])
    record("index.Tensor", "matrix_index", x, [indices(2, 3, bound=4)])
    record("index.Tensor", "negative", x, [torch.tensor([-1, 0, -4])])
    record("index.Tensor", "scalar_index", x, [torch.tensor(1)])
    record("index.Tensor", "middle", data(2, 4, 3), [None, indices(2, 2, bound=4), None])
    record("index.Tensor", "apart", data(2, 4, 3), [indices(3, bound=2), None, indices(3, bound=3)])
    record("index.Tensor", "adjacent_late", data(2, 4, 3), [None, indices(3, bound=4), indices(3, bound=3)])
    record("index.Tensor", "mask", x, [data(4, 3, dtype=flag)])
    record("index.Tensor", "row_mask", x, [torch.tensor([True, False, True, True])])
    record("index.Tensor", "empty_index", x, [indices(0, bound=4)])
    record("index.Tensor", "int64", data(4, 3, dtype=i64), [indices(2, bound=4)])
    record("index_put", "rows", x, [torch.tensor([2, 0])], data(2, 3, seed=1))
    record("index_put", "broadcast_value", x, [torch.tensor([1, 3])], torch.tensor(9.0))
    record("index_put", "accumulate", x, [torch.tensor([1, 1, 2])], data(3, 3, seed=1), True)
    record("index_put", "mask", x, [data(4, 3, dtype=flag)], torch.tensor(-1.0))
    record("index_put", "elements", x, [torch.tensor([0, 3]), torch.tensor([2, -1])], data(2, seed=1))

    record("gather", "dim_0", x, 0, indices(2, 3, bound=4))
    record("gather", "dim_1", x, 1, indices(4, 5, bound=3))
    record("gather", "smaller", data(3, 4, 2), 1, indices(2, 3, 1, bound=4))
    record("gather", "negative_dim", data(2, 3, 4), -1, indices(2, 3, 2, bound=4))
    record("gather", "scalar", data(), 0, torch.tensor(0))
    record("gather", "empty", x, 0, indices(0, 3, bound=4))
    for dtype in (f64, f16, i64, u8, flag):
        record("gather", name_of(dtype), data(4, 3, dtype=dtype), 1, indices(4, 2, bound=3))
    record("embedding", "vector", data(6, 3), indices(4, bound=6))
    record("embedding", "matrix", data(6, 3), indices(2, 3, bound=6))
    record("embedding", "scalar", data(6, 3), torch.tensor(5))
    record("embedding", "int32_index", data(6, 3), indices(4, bound=6, dtype=i32))
    record("embedding", "padding_idx", data(6, 3), indices(4, bound=6), 2)
    record("embedding", "empty", data(6, 3), indices(0, bound=6))
    record("embedding", "float64", data(6, 3, dtype=f64), indices(4, bound=6))

    for dtype in (f32, f16, i32, i64, u8, flag):
        record("masked_fill.Scalar", name_of(dtype), data(3, 4, dtype=dtype), data(3, 4, dtype=flag), 1)
    record("masked_fill.Scalar", "broadcast_mask", data(2, 3, 4), data(3, 1, dtype=flag), -INF)
    record("masked_fill.Scalar", "wider_mask", data(4), data(3, 4, dtype=flag), 0.5)
    record("masked_fill.Scalar", "scalar_mask", x, torch.tensor(True), 2.0)
    # Each place is written once, since the order of several writes is not laid down.
    rows = torch.tensor([[1, 0, 2], [3, 2, 0]])
    record("scatter.src", "dim_0", x, 0, rows, data(2, 3, seed=1))
    record("scatter.src", "dim_1", data(2, 5), 1, torch.tensor([[4, 0], [1, 2]]), data(2, 3, seed=1))
    record("scatter.src", "negative_dim", data(2, 2, 3), -1, torch.tensor([[[2, 0]], [[1, 2]]]), data(2, 1, 2, seed=1))
    record("scatter.src", "int64", data(4, 3, dtype=i64), 0, rows, data(2, 3, dtype=i64, seed=1))
    record("scatter.value", "dim_0", x, 0, rows, 7.5)
    record("scatter.value", "dim_1", data(2, 5), 1, torch.tensor([[4, 0], [1, 1]]), -1.0)
    record("scatter.value", "int32", data(4, 3, dtype=i32), 0, rows, 7)
    record("scatter_add", "dim_0", x, 0, torch.tensor([[1, 0, 2], [1, 2, 2]]), data(2, 3, seed=1))
    record("scatter_add", "dim_1", data(2, 5), 1, torch.tensor([[4, 4, 0], [1, 1, 1]]), data(2, 3, seed=1))
    record("scatter_add", "int64", data(5, dtype=i64), 0, torch.tensor([1, 1, 4]), data(3, dtype=i64, seed=1))
    record("scatter_add", "empty_index", x, 0, indices(0, 3, bound=4), data(2, 3, seed=1))


def creation():
    for label, size, value, dtype in (("float", [2, 3], 1.5, f32), ("int64", [3], 7, i64), ("int32", [2], -4, i32),
                                      ("uint8", [2], 200, u8), ("bool", [2, 2], True, flag), ("scalar", [], 2.5, f32),
                                      ("empty", [0, 3], 1.0, f32), ("infinite", [2], -INF, f32), ("nan", [1], NAN, f32),
                                      ("float16", [2], 0.5, f16), ("float64", [2], 0.1, f64),
                                      ("float_default", [2], 0.25, None), ("int_default", [2], 3, None)):
        record("full", label, size, value, dtype=dtype)
    record("full_like", "float32", data(2, 3), 1.5)
    record("full_like", "int64", data(2, 3, dtype=i64), -3)
    record("full_like", "other_dtype", data(2, 3), 2, dtype=i32)
    record("full_like", "bool", data(2, dtype=flag), True)
    record("full_like", "scalar", data(), INF)
    for label, start, end, step, dtype in (("int", 0, 5, 1, None), ("int_step", 2, 11, 3, None),
                                           ("backwards", 5, -2, -2, None), ("float", 0.0, 1.0, 0.25, None),
                                           ("float_uneven", 0.5, 2.0, 0.4, None),
                                           ("int_to_float", 0, 4, 1, f32), ("int32", 1, 4, 1, i32),
                                           ("float64", 0.0, 1.0, 0.125, f64), ("empty", 3, 3, 1, None)):
        record("arange.start_step", label, start, end, step, dtype=dtype)
    for label, value, dtype in (("float", 1.5, None), ("int64", 3, i64), ("int32", -2, i32), ("bool", True, flag),
                                ("float64", 0.1, f64), ("infinite", -INF, f32)):
        record("scalar_tensor", label, value, dtype=dtype)
    for dtype in NUMBERS + (flag,):
        record("clone", name_of(dtype), data(2, 3, dtype=dtype))
    record("clone", "scalar", data())
    record("clone", "empty", data(0, 2))
    record("clone", "special", SPECIAL)
    record("copy", "broadcast", data(2, 3), data(3, seed=1))
    record("fill.Scalar", "float32", data(2, 3), 1.5)
    record("fill.Scalar", "int64", data(2, 3, dtype=i64), 4)
    # From floats to integers only what every integer type can hold, as the rest is not laid down.
    numbers = torch.tensor([0.0, 0.75, 1.0, 1.5, 2.5, 100.25])
    for source in NUMBERS + (flag,):
        for target in NUMBERS + (flag,):
            if source is not target:
                record("_to_copy", f"{name_of(source)}_to_{name_of(target)}", numbers.to(source), dtype=target)
    record("_to_copy", "float32_negative_to_int32", torch.tensor([-0.75, -1.5, -2.5, -100.25]), dtype=i32)
    record("_to_copy", "float32_negative_to_int64", torch.tensor([-0.75, -1.5, -2.5, -100.25]), dtype=i64)
    record("_to_copy", "int64_wraps_to_uint8", torch.tensor([-1, 255, 256, 511]), dtype=u8)
    record("_to_copy", "int64_wraps_to_int32", torch.tensor([-1, 2**31, 2**32 + 5]), dtype=i32)
    record("_to_copy", "special_to_bool", SPECIAL, dtype=flag)
    record("_to_copy", "special_to_float64", SPECIAL, dtype=f64)
    record("_to_copy", "special_to_float16", SPECIAL, dtype=f16)
    record("_to_copy", "rounds_to_float16", fine(12), dtype=f16)
    record("_to_copy", "same", data(2, 3))


def resampling():
    image = data(1, 2, 3, 4)
    for label, size, factors in (("size", [6, 8], None), ("size_uneven", [5, 7], None), ("size_down", [2, 3], None),
                                 ("size_one", [1, 1], None), ("size_same", [3, 4], None),
                                 ("factor_2", None, [2.0, 2.0]), ("factor_uneven", None, [1.5, 2.5]),
                                 ("factor_down", None, [0.5, 0.75]),
                                 ("factor_1_3", None, [1.0, 3.0])):
        record("upsample_nearest2d.vec", label, image, size, factors)
        for align in (False, True):
            suffix = "_align_corners" if align else ""
            record("upsample_bilinear2d.vec", f"{label}{suffix}", image, size, align, factors)
    record("upsample_nearest2d.vec", "batch_2", data(2, 3, 2, 2), [4, 3], None)
    record("upsample_nearest2d.vec", "float64", data(1, 1, 2, 3, dtype=f64), [4, 6], None)
    record("upsample_nearest2d.vec", "uint8", data(1, 1, 2, 3, dtype=u8, high=255), [4, 6], None)
    for align in (False, True):
        suffix = "_align_corners" if align else ""
        record("upsample_bilinear2d.vec", f"fine{suffix}", fine(2, 2, 4, 5), [7, 9], align, None)
        record("upsample_bilinear2d.vec", f"from_one_pixel{suffix}", data(1, 2, 1, 1), [3, 2], align, None)
        record("upsample_bilinear2d.vec", f"float64{suffix}", data(1, 1, 2, 3, dtype=f64), [4, 5], align, None)


def copies():
    x = data(2, 3, 4)
    for op in ("detach_copy", "lift_fresh_copy", "_conj_physical"):
        record(op, "float32", x)
        record(op, "bool", data(3, dtype=flag))
        record(op, "scalar", data(dtype=i64))
    for op in ("et_copy::_h2d_copy", "et_copy::_d2h_copy"):
        for dtype in (f32, i64, flag):
            values = data(2, 3, dtype=dtype)
            add_call(op, name_of(dtype), [encode(values, "Tensor")], [values])
    for dtype in (f32, i64, flag):
        values = data(1, 2, 2, 3, dtype=dtype)
        add_call("dim_order_ops::_to_dim_order_copy", name_of(dtype),
                 [encode(values, "Tensor"), {"bool": False}, None, None], [values])
        add_call("dim_order_ops::_clone_dim_order", name_of(dtype),
                 [encode(values, "Tensor"), {"bool": False}, None], [values])
        add_call("dim_order_ops::_empty_dim_order", name_of(dtype),
                 [{"int_list": [2, 3]}, {"dtype": name_of(dtype)}, None, None, None, None],
                 [torch.zeros(2, 3, dtype=dtype)], any_content=True)
        record("copy_", name_of(dtype), data(2, 3, dtype=dtype), data(2, 3, dtype=dtype, seed=1))
    record("copy_", "broadcast", data(2, 3), data(3, seed=1))
    record("copy_", "converts", data(2, 3), data(2, 3, dtype=i32, seed=1))
    record("native_dropout", "inference", x, 0.5, False)
    record("fill.Tensor", "float32", x, torch.tensor(1.5))
    record("fill.Tensor", "int64", data(2, dtype=i64), torch.tensor(7))
    for label, start, length in (("middle", 1, 2), ("all", 0, 4), ("none", 4, 0), ("negative", -3, 2)):
        record("narrow_copy", label, x, 2, start, length)
    record("narrow_copy", "dim_0", x, -3, 1, 1)
    for label, source, dim, size, step in (("overlap", x, 2, 2, 1), ("apart", data(9), 0, 2, 4), ("dim_0", x, 0, 1, 3),
                                           ("whole", x, -1, 4, 1), ("nothing", x, 1, 0, 1),
                                           ("scalar", data(), 0, 1, 1)):
        record("unfold_copy", label, source, dim, size, step)
    for label, size, stride, offset in (("transposed", [4, 6], [1, 4], None), ("offset", [2, 2], [4, 1], 5),
                                        ("overlap", [5, 4], [3, 1], 2), ("repeat", [3, 2], [0, 1], None),
                                        ("empty", [0, 3], [1, 1], None), ("scalar", [], [], 7)):
        record("as_strided_copy", label, x, size, stride, offset)


def found():
    x = data(3, 4, low=-1, high=1)
    for dtype in NUMBERS + (flag,):
        record("nonzero", name_of(dtype), data(3, 4, dtype=dtype, low=-1, high=1))
    record("nonzero", "vector", data(9, low=-0.25, high=0.25))
    record("nonzero", "rank_4", data(2, 2, 1, 3, low=-0.25, high=0.25))
    record("nonzero", "none", torch.zeros(2, 3))
    record("nonzero", "empty", data(0, 3))
    record("nonzero", "scalar", torch.tensor(2.0))
    record("nonzero", "scalar_zero", torch.tensor(0.0))
    record("nonzero", "special", SPECIAL)
    mask = data(3, 4, dtype=flag, seed=5)
    record("masked_select", "same_shape", x, mask)
    record("masked_select", "broadcast_mask", data(2, 3, 4), data(3, 1, dtype=flag))
    record("masked_select", "broadcast_self", data(4), mask)
    record("masked_select", "none", x, torch.zeros(3, 4, dtype=flag))
    record("masked_select", "scalar", torch.tensor(2.0), torch.tensor(True))
    record("masked_select", "int64", data(3, 4, dtype=i64), mask)
    record("masked_scatter", "same_shape", x, mask, data(12, seed=1))
    record("masked_scatter", "source_of_rank_2", x, mask, data(4, 3, seed=1))
    record("masked_scatter", "broadcast_mask", data(2, 3, 4), data(3, 1, dtype=flag), data(24, seed=1))
    record("masked_scatter", "bool", data(5, dtype=flag), torch.tensor([True, False, True, True, False]),
           data(4, dtype=flag, seed=3))
    for dtype in (i32, i64):
        record("repeat_interleave.Tensor", name_of(dtype), torch.tensor([2, 0, 3], dtype=dtype))
    record("repeat_interleave.Tensor", "output_size", torch.tensor([1, 4]), output_size=5)
    record("repeat_interleave.Tensor", "empty", torch.tensor([], dtype=i64))
    record("index_put_", "rows", data(4, 3), [torch.tensor([2, 0])], data(2, 3, seed=1))
    record("index_put_", "accumulate", data(4, 3), [torch.tensor([1, 1, 2])], data(3, 3, seed=1), True)
    record("index_put_", "mask", data(3, 4), [mask], torch.tensor(-1.0))


def statistics():
    x = data(2, 3, 4)
    for op in ("max", "min"):
        for dtype in NUMBERS + (flag,):
            record(op, name_of(dtype), data(3, 5, dtype=dtype))
        record(op, "scalar", data())
        record(op, "nan", torch.tensor([1.0, NAN, 2.0]))
    for label, dim, unbiased, keep in (("default", [1], True, False), ("population", [0, 2], False, True),
                                       ("all", None, True, False)):
        record("var.dim", label, x, dim, unbiased, keep)
        record("var_mean.correction", label, x, dim, correction=1 if unbiased else 0, keepdim=keep)
    record("var_mean.correction", "float64", x.to(f64), [1])
    record("var.dim", "float16", x.to(f16), [1])

    w, b = data(3, seed=1), data(3, seed=2)
    statistics = (data(3, seed=3), data(3, seed=4, low=0.125, high=4))
    for shape in ((4, 3), (2, 3, 4, 2)):
        record("_native_batch_norm_legit", f"rank_{len(shape)}", data(*shape), w, b, *statistics, False, 0.1, 1e-5)
        record("_native_batch_norm_legit.no_stats", f"rank_{len(shape)}", data(*shape), w, b, True, 0.1, 1e-5)
    record("_native_batch_norm_legit.no_stats", "plain", data(2, 3, 5), None, None, True, 0.1, 0.25)

    for p in (0.0, 1.0, 2.0, 2.5, INF):
        record("_cdist_forward", f"norm_{p}", data(4, 3), data(5, 3, seed=1), p, None)
        record("_pdist_forward", f"norm_{p}", data(5, 3), p)
    record("_cdist_forward", "batch", data(2, 4, 3), data(2, 5, 3, seed=1), 2.0, 2)
    record("_cdist_forward", "nothing", data(2, 0), data(3, 0), 2.0, None)
    record("_pdist_forward", "one", data(1, 3), 2.0)
    record("_pdist_forward", "float64", data(4, 3, dtype=f64), 2.0)


def other_creation():
    for op in ("ones", "zeros"):
        for dtype in (None, f64, i32, u8, flag):
            record(op, name_of(dtype) if dtype else "default", [2, 3], dtype=dtype)
        record(op, "scalar", [])
        record(op, "empty", [0, 2])
    for size in ([2, 3], []):
        function = overload("empty.memory_format")
        arguments = arguments_of(function, [size], {})
        add_call("empty.memory_format", f"rank_{len(size)}", [encode(v, str(a.type)) for a, v in arguments],
                 call(function, arguments), any_content=True)
    for label, end, dtype in (("int", 5, None), ("float", 3.5, None), ("none", 0, None), ("to_float", 4, f32),
                              ("int32", 3, i32)):
        record("arange", label, end, dtype=dtype)
    for side in ("left", "right"):
        for dtype in INTEGERS:
            record(f"bitwise_{side}_shift.Tensor_Scalar", name_of(dtype), data(3, 5, dtype=dtype, low=-9, high=9), 2)
    for align in (False, True):
        suffix = "_align_corners" if align else ""
        for label, size in (("larger", [6, 9]), ("smaller", [2, 2]), ("mixed", [7, 3]), ("same", [4, 5]),
                            ("one", [1, 1])):
            record("_upsample_bilinear2d_aa", label + suffix, fine(1, 2, 4, 5), size, align)
    record("_upsample_bilinear2d_aa", "scales", fine(2, 1, 6, 5), [3, 10], False, 0.5, 2.0)
    record("_upsample_bilinear2d_aa", "float64", data(1, 1, 6, 6, dtype=f64), [4, 2], False)
    for dtype in (f32, f64):
        record("hardswish", name_of(dtype), data(3, 9, dtype=dtype, low=-5, high=5))
        record("_prelu_kernel", name_of(dtype), data(2, 3, dtype=dtype), data(1, 3, dtype=dtype, seed=1))


def main():
    torch.set_num_threads(1)
    for family in (arithmetic, logic, unary, softmax, matrix_products, convolutions, pooling, normalization, reductions,
                   layout, indexing, creation, resampling, copies, found, statistics, other_creation):
        family()
    here = pathlib.Path(__file__).resolve().parent
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "aten_ops.zip"
    archive.write(path)
    counts = collections.Counter(case["op"].removeprefix("aten::") for case in archive.cases)
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    print(f"{path.name}: {len(archive.cases)} cases, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
