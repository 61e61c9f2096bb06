#!/usr/bin/env python3
"""Records tests/data/quantized_ops.zip: calls of operators on quantized integers, in the form of record_aten_ops.py.

quantized_decomposed::* are PyTorch's own where PyTorch has them. ExecuTorch's add, mixed_* and embedding_* and our
ingot::quantized_* are what their names say of dequantized tensors, computed by PyTorch in float64 and, where the result
is integers, quantized: those answers may differ from a kernel's by one step.

Usage: python3 record_quantized_ops.py [OUTPUT.zip]      (a second run gives the same bytes; recorded with PyTorch 2.6)
"""

import pathlib
import sys

import numpy as np
import torch
import torch.ao.quantization.fx._decomposed  # noqa: F401  registers quantized_decomposed
import torch.nn.functional as F

from case_archive import CaseArchive

f16, f32, f64 = torch.float16, torch.float32, torch.float64
i8, u8, i16, i32, i64 = torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64
RANGE = {i8: (-128, 127), u8: (0, 255), i16: (-32768, 32767), i32: (-(2**31), 2**31 - 1)}
qd = torch.ops.quantized_decomposed

archive = CaseArchive()


def name_of(dtype):
    return str(dtype).removeprefix("torch.")


def encode(value):
    if value is None:
        return None
    if isinstance(value, torch.Tensor):
        return {"tensor": archive.add_tensor(value.numpy())}
    if isinstance(value, torch.dtype):
        return {"dtype": name_of(value)}
    if isinstance(value, bool):
        return {"bool": value}
    if isinstance(value, int):
        return {"int": value}
    if isinstance(value, float):
        return {"double": value}
    if isinstance(value, list) and all(isinstance(x, int) for x in value):
        return {"int_list": value}
    return {"double_list": value}


def record(op, name, args, outputs):
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    archive.add_case(
        {
            "name": f"{op.split('::')[1]}/{name}",
            "op": op,
            "args": [encode(a) for a in args],
            "outputs": [archive.add_tensor(t.contiguous().numpy()) for t in outputs],
        }
    )


def call(op, name, args):
    """A case that PyTorch itself answers."""
    namespace, rest = op.split("::")
    operator, _, overload = rest.partition(".")
    function = getattr(getattr(getattr(torch.ops, namespace), operator), overload or "default")
    record(op, name, args, function(*args))


def rng(*seed):
    return np.random.default_rng(list(seed))


def floats(*shape, seed=0, scale=1.0, dtype=f32):
    return torch.tensor(rng(seed, *shape).standard_normal(shape) * scale).to(dtype)


def bytes_of(*shape, dtype=i8, seed=0, low=None, high=None):
    least, most = RANGE[dtype]
    low = least if low is None else low
    high = most if high is None else high
    return torch.tensor(rng(seed, 7, *shape).integers(low, high + 1, shape)).to(dtype)


def deq(q, scale, zero_point):
    return (q.to(f64) - zero_point) * float(np.float32(scale))


def quant(y, scale, zero_point, dtype, low=None, high=None):
    least, most = RANGE[dtype]
    q = torch.round(y / float(np.float32(scale))) + zero_point
    return q.clamp(least if low is None else low, most if high is None else high).to(dtype)


# --- Between floats and integers.


def conversions():
    x = floats(3, 5, seed=1, scale=2)
    ties = torch.tensor([-1.25, -0.75, -0.25, 0.25, 0.75, 1.25, 1.75, 100.0, -100.0])
    for dtype in (i8, u8, i16, i32):
        least, most = RANGE[dtype]
        if dtype is i32:
            least, most = -(2**20), 2**20
        zero = (least + most) // 2 + 3
        for tag, data in (("random", x), ("ties", ties), ("half", x.to(f16)), ("empty", x[:0])):
            call("quantized_decomposed::quantize_per_tensor", f"{name_of(dtype)}/{tag}", [data, 0.5, zero, least, most, dtype])
        q = bytes_of(4, 6, dtype=dtype, low=least, high=most, seed=2)
        call("quantized_decomposed::dequantize_per_tensor", name_of(dtype), [q, 0.1, zero, least, most, dtype])
        scale, zero_point = torch.tensor(0.37), torch.tensor(zero, dtype=i64)
        call("quantized_decomposed::quantize_per_tensor.tensor", name_of(dtype), [x, scale, zero_point, least, most, dtype])
        record(
            "quantized_decomposed::dequantize_per_tensor.tensor",
            name_of(dtype),
            [q, scale, zero_point, least, most, dtype, None],
            qd.dequantize_per_tensor.tensor(q, scale, zero_point, least, most, dtype),
        )
    archive.cases = [c if c["op"] != "quantized_decomposed::dequantize_per_tensor" else c | {"args": c["args"] + [None]} for c in archive.cases]
    call("quantized_decomposed::quantize_per_tensor", "narrow", [x, 0.01, 5, -127, 127, i8])
    image = floats(2, 3, 4, 5, seed=3)
    call("quantized_decomposed::quantize_per_tensor", "image", [image, 0.02, -4, -128, 127, i8])
    scales, zeros = torch.tensor([0.1, 0.02, 0.5]), torch.tensor([0, -5, 9])
    for axis in (1, -3):
        # PyTorch's own kernel wants an axis from 0 on.
        expected = qd.quantize_per_channel(image, scales, zeros, axis % 4, -128, 127, i8)
        record("quantized_decomposed::quantize_per_channel", f"axis {axis}", [image, scales, zeros, axis, -128, 127, i8], expected)
        back = qd.dequantize_per_channel(expected, scales, zeros, axis % 4, -128, 127, i8)
        record("quantized_decomposed::dequantize_per_channel", f"axis {axis}", [expected, scales, zeros, axis, -128, 127, i8, None], back)


def tokens():
    for shape in ((4, 7), (2, 3, 5), (6,), (2, 1, 600)):
        x = floats(*shape, seed=4, scale=3)
        tag = "x".join(map(str, shape))
        call("quantized_decomposed::choose_qparams_per_token_asymmetric", tag, [x, i8])
        scale, zero = qd.choose_qparams_per_token_asymmetric(x, i8)
        for kind in (f32, f64):
            s = scale.to(kind)
            call("quantized_decomposed::quantize_per_token", f"{tag}/{name_of(kind)}", [x, s, zero, -128, 127, i8])
            q = qd.quantize_per_token(x, s, zero, -128, 127, i8)
            for out in (f32, f16):
                call("quantized_decomposed::dequantize_per_token", f"{tag}/{name_of(kind)}/{name_of(out)}", [q, s, zero, -128, 127, i8, out])
    for tag, x in (("positive", floats(3, 4, seed=5).abs()), ("negative", -floats(3, 4, seed=5).abs()), ("zeros", torch.zeros(2, 3)), ("both", floats(3, 4, seed=5))):
        call("quantized_decomposed::choose_qparams_per_token_asymmetric", tag, [x, i8])
        call("quantized_decomposed::choose_qparams.tensor", f"int8/{tag}", [x, -128, 127, 1.1920928955078125e-07, i8])
        call("quantized_decomposed::choose_qparams.tensor", f"uint8/{tag}", [x, 0, 255, 1e-3, u8])
        call("quantized_decomposed::choose_qparams.tensor", f"coarse/{tag}", [x, 0, 15, 0.5, u8])


# --- ExecuTorch's operators, by what they mean.


def executorch():
    for dtype in (i8, u8):
        a, b = bytes_of(3, 5, dtype=dtype, seed=6), bytes_of(3, 5, dtype=dtype, seed=7)
        least, most = RANGE[dtype]
        y = (deq(a, 0.05, 3).to(f32) + deq(b, 0.11, 1).to(f32)).to(f32)
        q = (torch.round(y * (1 / torch.tensor(0.13))) + 2).clamp(least, most).to(dtype)
        record("quantized_decomposed::add", name_of(dtype), [a, 0.05, 3, least, most, b, 0.11, 1, least, most, 0.13, 2, least, most], q)
    x, w, s = floats(4, 40, seed=8), bytes_of(40, 9, seed=9), floats(40, seed=10).abs()
    record("quantized_decomposed::mixed_mm", "float32", [x, w, s, None], (x.to(f64) @ (w.to(f64) * s.to(f64)[:, None])).to(f32))
    z = torch.tensor(rng(3).integers(-4, 5, 40), dtype=f32)
    record("quantized_decomposed::mixed_mm", "zero points", [x, w, s, z], (x.to(f64) @ ((w.to(f64) - z[:, None]) * s.to(f64)[:, None])).to(f32))
    record("quantized_decomposed::mixed_mm", "deep", [floats(9, 400, seed=8), bytes_of(400, 35, seed=9), floats(400, seed=10).abs(), None],
           (floats(9, 400, seed=8).to(f64) @ (bytes_of(400, 35, seed=9).to(f64) * floats(400, seed=10).abs().to(f64)[:, None])).to(f32))
    w = bytes_of(9, 40, seed=11)
    for tag, s in (("rows", floats(9, seed=12).abs()), ("groups", floats(9, 4, seed=13).abs()), ("uneven", floats(9, 3, seed=14).abs())):
        group = 40 if s.dim() == 1 else -(-40 // s.shape[1])
        wide = (s if s.dim() == 2 else s[:, None]).repeat_interleave(group, 1)[:, :40]
        y = x.to(f64) @ (w.to(f64) * wide.to(f64)).T
        record("quantized_decomposed::mixed_linear", tag, [x, w, s, None, None], y.to(f32))
    record("quantized_decomposed::mixed_linear", "float16 out", [x, w, floats(9, seed=12).abs(), None, f16], (x.to(f64) @ (w.to(f64) * floats(9, seed=12).abs().to(f64)[:, None]).T).to(f16))

    indices = torch.tensor([[1, 0, 4], [2, 2, 3]])
    for bits, name in ((8, "byte"), (4, "4bit"), (2, "2bit")):
        values = bytes_of(5, 8, seed=15) if bits == 8 else bytes_of(5, 8, low=-(2 ** (bits - 1)), high=2 ** (bits - 1) - 1, seed=15)
        weight = values
        if bits == 4:
            v = (values + 8).to(u8)
            weight = v[:, 0::2] * 16 + v[:, 1::2]
        elif bits == 2:
            v = (values + 2).to(u8)
            weight = v[:, 0::4] + v[:, 1::4] * 4 + v[:, 2::4] * 16 + v[:, 3::4] * 64
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        for groups in (1, 2, 4):
            s = floats(5, groups, seed=16).abs() + 0.25
            z = torch.tensor(rng(groups).integers(-2, 3, (5, groups)), dtype=f32)
            for zeros in (None, z):
                table = (values.to(f32) - (0 if zeros is None else zeros.repeat_interleave(8 // groups, 1))) * s.repeat_interleave(8 // groups, 1)
                scale = s[:, 0].contiguous() if groups == 1 else s
                zero = zeros if zeros is None or groups > 1 else zeros[:, 0].contiguous()
                tag = f"{groups} groups{'' if zeros is None else ', zero points'}"
                record(f"quantized_decomposed::embedding_{name}", tag, [weight, scale, zero, low, high, indices], table[indices])
                record(f"quantized_decomposed::embedding_{name}.dtype", tag, [weight, scale, zero, low, high, indices, f16], table[indices].to(f16))
        record(f"quantized_decomposed::embedding_{name}", "int32 indices", [weight, torch.ones(5), None, low, high, indices.to(i32)], values.to(f32)[indices])


# --- Our operators on integers.


def ranges(dtype, clamped):
    least, most = RANGE[dtype]
    return (least + 60, most - 50) if clamped else (least, most)


def convolutions():
    cases = [
        # input, weight, stride, padding, dilation, transposed, output_padding, groups
        ((1, 3, 9, 9), (8, 3, 3, 3), [2, 2], [1, 1], [1, 1], False, [0, 0], 1),
        ((2, 16, 5, 7), (24, 16, 1, 1), [1, 1], [0, 0], [1, 1], False, [0, 0], 1),
        ((1, 8, 12, 10), (8, 1, 3, 3), [1, 1], [1, 1], [1, 1], False, [0, 0], 8),
        ((1, 8, 12, 10), (8, 1, 5, 5), [2, 2], [2, 2], [1, 1], False, [0, 0], 8),
        ((1, 6, 9, 11), (12, 1, 3, 3), [1, 2], [2, 1], [2, 1], False, [0, 0], 6),
        ((1, 12, 8, 8), (8, 3, 3, 3), [1, 1], [1, 0], [1, 2], False, [0, 0], 4),
        ((1, 40, 6, 6), (7, 40, 3, 3), [1, 1], [1, 1], [1, 1], False, [0, 0], 1),
        ((1, 300, 1, 1), (130, 300, 1, 1), [1, 1], [0, 0], [1, 1], False, [0, 0], 1),
        ((2, 5, 17), (6, 5, 4), [2], [3], [2], False, [0], 1),
        ((1, 6, 5, 6), (6, 4, 3, 3), [2, 2], [1, 1], [1, 1], True, [1, 0], 1),
        ((1, 6, 5, 6), (6, 2, 3, 2), [3, 2], [0, 1], [1, 2], True, [2, 1], 2),
        ((2, 4, 9), (4, 3, 3), [2], [1], [1], True, [1], 1),
    ]
    for number, (shape, weight_shape, stride, padding, dilation, transposed, output_padding, groups) in enumerate(cases):
        for dtype, wdtype in ((i8, i8), (u8, u8), (u8, i8)):
            if dtype is not i8 and number % 3 != 0:
                continue
            x, w = bytes_of(*shape, dtype=dtype, seed=20), bytes_of(*weight_shape, dtype=wdtype, seed=21)
            channels = weight_shape[1] * groups if transposed else weight_shape[0]
            xs, xz, wz = 0.02, 3 if dtype is i8 else 130, 0 if wdtype is i8 else 120
            for per_channel in (False, True):
                if per_channel and transposed and groups > 1:
                    continue
                ws = floats(channels if per_channel else 1, seed=22).abs() * 0.01 + 0.002
                axis = 1 if transposed else 0
                view = [1] * len(weight_shape)
                view[axis] = -1
                wf = (w.to(f64) - wz) * (ws.to(f64).reshape(view) if per_channel else ws.to(f64))
                bias = (torch.tensor(rng(23).integers(-2000, 2000, channels), dtype=i32)) if number % 2 == 0 else None
                bf = None if bias is None else bias.to(f64) * float(np.float32(xs)) * ws.to(f64)
                y = torch.ops.aten.convolution(deq(x, xs, xz), wf, bf, stride, padding, dilation, transposed, output_padding, groups)
                ys = float(y.abs().max()) / 100
                yz = -7 if dtype is i8 else 121
                low, high = ranges(dtype, per_channel)
                record(
                    "ingot::quantized_convolution",
                    f"{number}/{name_of(dtype)}/{name_of(wdtype)}/{'channels' if per_channel else 'tensor'}",
                    [x, w, bias, stride, padding, dilation, transposed, output_padding, groups, xs, xz, ws, wz, ys, yz, low, high],
                    quant(y, ys, yz, dtype, low, high),
                )


def products():
    for number, (shape, channels) in enumerate((((1, 37), 9), ((2, 300), 20), ((5, 64), 33), ((2, 3, 200), 7), ((40, 16), 10), ((6,), 4))):
        for dtype in (i8, u8):
            x, w = bytes_of(*shape, dtype=dtype, seed=24), bytes_of(channels, shape[-1], seed=25)
            ws = floats(channels, seed=26).abs() * 0.01 + 0.001
            bias = torch.tensor(rng(27).integers(-3000, 3000, channels), dtype=i32) if number % 2 else None
            xs, xz = 0.03, -5 if dtype is i8 else 100
            y = deq(x, xs, xz) @ (w.to(f64) * ws.to(f64)[:, None]).T
            if bias is not None:
                y = y + bias.to(f64) * float(np.float32(xs)) * ws.to(f64)
            ys, yz = float(y.abs().max()) / 90, 4 if dtype is i8 else 140
            low, high = ranges(dtype, number % 2 == 0)
            record("ingot::quantized_linear", f"{number}/{name_of(dtype)}", [x, w, bias, xs, xz, ws, 0, ys, yz, low, high], quant(y, ys, yz, dtype, low, high))
    for number, (n, rows, depth, columns) in enumerate(((1, 3, 5, 4), (2, 9, 33, 40), (3, 2, 8, 1), (1, 6, 0, 2))):
        for dtype in (i8, u8):
            a, b = bytes_of(n, rows, depth, dtype=dtype, seed=28), bytes_of(n, depth, columns, dtype=dtype, seed=29)
            y = deq(a, 0.02, 9) @ deq(b, 0.04, 4)
            ys = max(float(y.abs().max()) / 80, 0.01) if y.numel() else 0.1
            low, high = ranges(dtype, number == 1)
            record("ingot::quantized_bmm", f"{number}/{name_of(dtype)}", [a, 0.02, 9, b, 0.04, 4, ys, 6, low, high], quant(y, ys, 6, dtype, low, high))


def elementwise():
    shapes = (((3, 50), (3, 50)), ((2, 3, 4, 5), (3, 1, 1)), ((4, 1), (1, 6)), ((), (3,)), ((2, 0), (1,)))
    for name, function in (("add", torch.add), ("sub", torch.sub), ("mul", torch.mul)):
        for number, (left, right) in enumerate(shapes):
            for dtype in (i8, u8):
                a, b = bytes_of(*left, dtype=dtype, seed=30), bytes_of(*right, dtype=dtype, seed=31)
                az, bz = (5, -9) if dtype is i8 else (100, 140)
                y = function(deq(a, 0.03, az), deq(b, 0.07, bz))
                ys, yz = 0.05, 11 if dtype is i8 else 120
                low, high = ranges(dtype, number == 1)
                record(f"ingot::quantized_{name}", f"{number}/{name_of(dtype)}", [a, 0.03, az, b, 0.07, bz, ys, yz, low, high], quant(y, ys, yz, dtype, low, high))
    table8, tableu = bytes_of(256, seed=32), bytes_of(256, dtype=u8, seed=33)
    x, u = bytes_of(2, 3, 4, 5, seed=34), bytes_of(40, dtype=u8, seed=35)
    record("ingot::quantized_table", "int8", [x, table8], table8[x.long() + 128])
    record("ingot::quantized_table", "int8 to uint8", [x, tableu], tableu[x.long() + 128])
    record("ingot::quantized_table", "uint8", [u, tableu], tableu[u.long()])
    record("ingot::quantized_table", "empty", [u[:0], tableu], u[:0])


def averages():
    for dtype in (i8, u8):
        x = bytes_of(2, 3, 9, 10, dtype=dtype, seed=36)
        xz, yz = (-3, 7) if dtype is i8 else (120, 60)
        low, high = ranges(dtype, False)
        for number, (kernel, stride, padding, ceil, include, divisor) in enumerate(
            (([2, 2], [], [0, 0], False, True, None), ([3, 3], [2, 2], [1, 1], False, True, None), ([3, 3], [2, 2], [1, 1], True, False, None), ([3, 2], [1, 2], [1, 0], True, True, 5))
        ):
            y = torch.ops.aten.avg_pool2d(deq(x, 0.03, xz), kernel, stride, padding, ceil, include, divisor)
            args = [x, kernel, stride, padding, ceil, include, divisor, 0.03, xz, 0.02, yz, low, high]
            record("ingot::quantized_avg_pool2d", f"{number}/{name_of(dtype)}", args, quant(y, 0.02, yz, dtype))
        for dims, keep in (([-1, -2], True), ([2, 3], False), ([1], False), (None, False), ([0], True)):
            y = deq(x, 0.03, xz)
            y = y.mean() if dims is None else y.mean(dims, keep)
            record("ingot::quantized_mean", f"{dims}/{name_of(dtype)}", [x, dims, keep, 0.03, xz, 0.004, yz, low, high], quant(y, 0.004, yz, dtype))


def normalizations():
    for dtype in (i8, u8):
        low, high = ranges(dtype, False)
        xz = -3 if dtype is i8 else 120
        for shape, dim in (((3, 10), -1), ((2, 5, 4), 1), ((1, 700), 1), ((7,), 0)):
            x = bytes_of(*shape, dtype=dtype, seed=37)
            y = torch.softmax(deq(x, 0.05, 0), dim)
            least = RANGE[dtype][0]
            record("ingot::quantized_softmax", f"{shape}/{name_of(dtype)}", [x, dim, 0.05, 1 / 256, least, low, high], quant(y, 1 / 256, least, dtype))
        x = bytes_of(2, 6, 15, dtype=dtype, seed=38)
        w, b = floats(6, seed=39), floats(6, seed=40)
        for tag, weight, bias, group in (("affine", w, b, 3), ("plain", None, None, 2), ("weight", w, None, 6), ("bias", None, b, 1)):
            y = F.group_norm(deq(x, 0.05, xz), group, None if weight is None else weight.to(f64), None if bias is None else bias.to(f64), 1e-5)
            record("ingot::quantized_group_norm", f"{tag}/{name_of(dtype)}", [x, weight, bias, 2, 6, 15, group, 1e-5, 0.05, xz, 0.04, xz, low, high], quant(y, 0.04, xz, dtype))
        x = bytes_of(3, 4, 50, dtype=dtype, seed=41)
        for tag, shape in (("last", [50]), ("two", [4, 50])):
            w, b = floats(*shape, seed=42), floats(*shape, seed=43)
            y = F.layer_norm(deq(x, 0.05, xz), shape, w.to(f64), b.to(f64), 1e-5)
            record("ingot::quantized_layer_norm", f"{tag}/{name_of(dtype)}", [x, shape, w, b, 1e-5, 0.05, xz, 0.04, xz, low, high], quant(y, 0.04, xz, dtype))


def resizing():
    for dtype in (i8, u8):
        x = bytes_of(1, 2, 5, 6, dtype=dtype, seed=44)
        for number, (size, align, factors) in enumerate((([10, 12], False, None), ([7, 9], True, None), ([3, 4], False, None), (None, False, [1.5, 2.0]), ([1, 1], True, None))):
            y = torch.ops.aten.upsample_bilinear2d.vec(x.to(f64), size, align, factors)
            record("ingot::quantized_upsample_bilinear2d", f"{number}/{name_of(dtype)}", [x, size, align, factors], quant(y, 1.0, 0, dtype))


def main():
    for part in (conversions, tokens, executorch, convolutions, products, elementwise, averages, normalizations, resizing):
        part()
    output = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).with_name("quantized_ops.zip")
    archive.write(output)
    print(f"{len(archive.cases)} cases")


if __name__ == "__main__":
    main()
