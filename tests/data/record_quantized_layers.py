#!/usr/bin/env python3
"""Records tests/data/quantized_layers.zip: every operator of QNNPACK's list in 8 bits, signed and unsigned.

    names.txt           the cases, one a line
    NAME/graph.txt      a graph in Ingot's text form: %p is quantized, %y computed from it, quantized and returned as real
                        numbers
    NAME/input.npy      %p
    NAME/output.npy     what PyTorch computes in float64 from the rounded input and weights, not rounded itself, but inside
                        what the result's integers can say
    NAME/step.npy       the result's scale

Usage: python3 record_quantized_layers.py [OUTPUT.zip]      (a second run gives the same bytes; recorded with PyTorch 2.6)
"""

import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

from case_archive import CaseArchive, npy_bytes

archive = CaseArchive()
names = []


def numbers(values):
    return ", ".join(str(v) for v in np.asarray(values).reshape(-1).tolist())


class Layer:
    """One case: constants and a body of text, and the function that PyTorch computes."""

    def __init__(self, is_unsigned):
        self.is_unsigned = is_unsigned
        self.text = ""
        self.rng = np.random.default_rng([7, int(is_unsigned)])
        self.rest = "0, 255, uint8" if is_unsigned else "-128, 127, int8"
        self.shift = 128 if is_unsigned else 0

    def rounding(self, source, to, scale, zero):
        call = f"{scale!r}, {zero + self.shift}, {self.rest})\n"
        return (f"%{to}_q = quantized_decomposed::quantize_per_tensor(%{source}, {call}"
                f"%{to} = quantized_decomposed::dequantize_per_tensor(%{to}_q, {call}")

    def weight(self, *shape, axis=0):
        """%w: signed with a scale for each channel, or unsigned with one zero point."""
        sizes = numbers(shape)
        if self.is_unsigned:
            integers = self.rng.integers(0, 256, shape)
            self.text += (f"%i = const uint8[{sizes}] [{numbers(integers)}]\n"
                          "%w = quantized_decomposed::dequantize_per_tensor(%i, 0.01, 117, 0, 255, uint8)\n")
            return torch.tensor((integers - 117) * 0.01)
        integers = self.rng.integers(-127, 128, shape)
        scales = np.float32(0.005 + 0.001 * np.arange(shape[axis]))
        count = shape[axis]
        self.text += (f"%i = const int8[{sizes}] [{numbers(integers)}]\n"
                      f"%s = const float32[{count}] [{numbers(scales)}]\n%n = const int64[{count}] splat 0\n"
                      f"%w = quantized_decomposed::dequantize_per_channel(%i, %s, %n, {axis}, -127, 127, int8)\n")
        along = [1] * len(shape)
        along[axis] = -1
        return torch.tensor(integers * scales.astype(np.float64).reshape(along))

    def floats(self, name, *shape):
        values = np.float32(self.rng.integers(-16, 17, shape) / 8)
        self.text += f"%{name} = const float32[{numbers(shape)}] [{numbers(values)}]\n"
        return torch.tensor(values.astype(np.float64))


def record(name, shape, build, out, scale=0.03, zero=5):
    """`build` adds to a layer's text, up to %y, and returns the function; `out` is the result's scale and zero point."""
    for is_unsigned in (False, True):
        layer = Layer(is_unsigned)
        compute = build(layer)
        x = np.float32(layer.rng.uniform(-3.5, 3.5, shape))
        rounded = (np.clip(np.rint(x / np.float64(scale)) + zero, -128, 127) - zero) * scale
        low, high = (-128 - out[1]) * out[0], (127 - out[1]) * out[0]
        y = compute(torch.tensor(rounded)).numpy().clip(low, high)
        case = f"{name}_{'uint8' if is_unsigned else 'int8'}"
        names.append(case)
        graph = (f"graph forward(%p: float32[{numbers(shape)}]) {{\n{layer.rounding('p', 'x', scale, zero)}{layer.text}"
                 f"{layer.rounding('y', 'z', *out)}return %z }}\n")
        archive.add_file(f"{case}/graph.txt", graph.encode())
        archive.add_file(f"{case}/input.npy", npy_bytes(x))
        archive.add_file(f"{case}/output.npy", npy_bytes(np.float32(y)))
        archive.add_file(f"{case}/step.npy", npy_bytes(np.float32(out[0])))


def convolution(weight_shape, stride, padding, groups, transposed=False):
    def build(layer):
        w = layer.weight(*weight_shape, axis=1 if transposed else 0)
        channels = weight_shape[1] * groups if transposed else weight_shape[0]
        b = layer.floats("b", channels)
        layer.text += (f"%y = aten::convolution(%x, %w, %b, [{stride}, {stride}], [{padding}, {padding}], [1, 1], "
                       f"{str(transposed).lower()}, [0, 0], {groups})\n")
        function = F.conv_transpose2d if transposed else F.conv2d
        return lambda x: function(x, w, b, stride=stride, padding=padding, groups=groups)
    return build


def fully_connected(layer):
    w, b = layer.weight(7, 12), layer.floats("b", 7)
    layer.text += "%t = aten::permute_copy(%w, [1, 0])\n%y = aten::addmm(%b, %x, %t)\n"
    return lambda x: F.linear(x, w, b)


def locally_connected(layer):
    """A filter of 2 pixels for each of 5 places in a row of 6: places become groups of a convolution of one pixel."""
    w = layer.weight(15, 8, 1, 1)
    layer.text += ("%a0 = aten::slice_copy.Tensor(%x, 2, 0, 5)\n%a1 = aten::slice_copy.Tensor(%x, 2, 1, 6)\n"
                   "%c = aten::stack([%a0, %a1], 1)\n%d = aten::permute_copy(%c, [0, 3, 2, 1])\n"
                   "%e = aten::view_copy(%d, [2, 40, 1, 1])\n"
                   "%f = aten::convolution(%e, %w, none, [1, 1], [0, 0], [1, 1], false, [0, 0], 5)\n"
                   "%g = aten::view_copy(%f, [2, 5, 3])\n%y = aten::permute_copy(%g, [0, 2, 1])\n")
    filters = w.reshape(5, 3, 4, 2)  # place, output, input, pixel
    return lambda x: torch.einsum("ncpk,pock->nop", x.unfold(2, 2, 1), filters)


def expression(text, function):
    def build(layer):
        layer.text += text + "\n"
        return function
    return build


def channel_shuffle(layer):
    layer.text += ("%a = aten::view_copy(%x, [2, 2, 3, 4, 5])\n%b = aten::permute_copy(%a, [0, 2, 1, 3, 4])\n"
                   "%c = aten::view_copy(%b, [2, 6, 4, 5])\n%y = aten::relu(%c)\n")
    return lambda x: F.relu(F.channel_shuffle(x, 2))


def group_norm(layer):
    w, b = layer.floats("w", 6), layer.floats("b", 6)
    layer.text += "%y, %m, %r = aten::native_group_norm(%x, %w, %b, 2, 6, 20, 2, 0.00001)\n"
    return lambda x: F.group_norm(x, 2, w, b)


def main():
    wide = (0.15, -3)
    record("convolution", (2, 5, 6, 7), convolution((6, 5, 3, 3), 2, 1, 1), wide)
    record("convolution_grouped", (1, 6, 5, 5), convolution((4, 3, 3, 3), 1, 1, 2), wide)
    record("convolution_depthwise", (1, 6, 7, 7), convolution((6, 1, 3, 3), 1, 1, 6), wide)
    record("deconvolution", (1, 4, 4, 5), convolution((4, 5, 3, 3), 2, 1, 1, transposed=True), wide)
    record("channel_shuffle", (2, 6, 4, 5), channel_shuffle, (0.03, 5))
    record("fully_connected", (3, 12), fully_connected, wide)
    record("locally_connected", (2, 4, 6), locally_connected, wide)
    record("max_pooling", (2, 6, 7, 8), expression(
        "%y, %j = aten::max_pool2d_with_indices(%x, [3, 3], [2, 2], [1, 1])",
        lambda x: F.max_pool2d(x, 3, 2, 1)), (0.03, 5))
    record("average_pooling", (2, 6, 7, 8), expression(
        "%y = aten::avg_pool2d(%x, [3, 3], [2, 2], [1, 1])", lambda x: F.avg_pool2d(x, 3, 2, 1)), (0.015, 0))
    record("global_average_pooling", (2, 6, 7, 8), expression(
        "%y = aten::mean.dim(%x, [2, 3], true)", lambda x: x.mean((2, 3), keepdim=True)), (0.006, 0))
    elements = (2, 40)
    record("sigmoid", elements, expression("%y = aten::sigmoid(%x)", torch.sigmoid), (1 / 256, -128))
    record("tanh", elements, expression("%y = aten::tanh(%x)", torch.tanh), (1 / 128, 0))
    record("leaky_relu", elements, expression("%y = aten::leaky_relu(%x, 0.1)", lambda x: F.leaky_relu(x, 0.1)),
           (0.016, -104))
    record("hardsigmoid", elements, expression(
        "%a = aten::add.Scalar(%x, 3)\n%c = aten::clamp(%a, 0, 6)\n%y = aten::div.Scalar(%c, 6)", F.hardsigmoid),
           (1 / 256, -128))
    record("hardswish", elements, expression("%y = aten::hardswish(%x)", F.hardswish), (0.016, -104))
    record("clamp", elements, expression("%y = aten::clamp(%x, -1.5, 2.1)", lambda x: x.clamp(-1.5, 2.1)), (0.03, 5))
    record("softmax", elements, expression("%y = aten::_softmax(%x, 1, false)", lambda x: F.softmax(x, 1)),
           (1 / 256, -128))
    record("group_normalization", (2, 6, 4, 5), group_norm, (0.05, 0))
    archive.add_file("names.txt", "\n".join(names).encode() + b"\n")
    archive.write(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "quantized_layers.zip")


main()
