#!/usr/bin/env python3
"""Records tests/data/tflite_ops.zip: small TensorFlow Lite models with the outputs that their definitions ask for.

Most models hold one operator. Expected numbers come from PyTorch and NumPy, in double precision, by the operators'
documented definitions. Those of quantized models are computed on the real numbers that the integers mean, then rounded
to the nearest integer of the output's scale; kernels may be one off. Where an operand has four axes, the case is there
twice: "..._images" puts a max pool of one pixel before it, which changes nothing but how a compiler may hold the image.

    <op>/<case>/model.tflite, input0.npy, ..., output0.npy, ...
    cases.json: [{"name": "CONV_2D/same", "op": "CONV_2D", "inputs": 1, "outputs": 1}, ...]

Usage: python3 record_tflite_ops.py [OUTPUT.zip]      (a second run gives the same bytes)

Needs PyTorch, the flatbuffers package and flatc (Debian 13's were used); the models are written by the code that flatc
makes of compiler/frontend/tflite/tflite.fbs.
"""

import dataclasses
import importlib.util
import pathlib
import subprocess
import sys
import tempfile

import flatbuffers
import numpy as np
import torch
import torch.nn.functional as F

from case_archive import CaseArchive, npy_bytes

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = HERE.parent.parent / "compiler/frontend/tflite/tflite.fbs"


def load_schema():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["flatc", "--python", "--gen-object-api", "--gen-onefile", "-o", folder, SCHEMA], check=True)
        spec = importlib.util.spec_from_file_location("tflite_schema", f"{folder}/tflite_generated.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules["tflite_schema"] = module
        spec.loader.exec_module(module)
        return module


schema = load_schema()
archive = CaseArchive()

TYPES = {"float32": "FLOAT32", "float16": "FLOAT16", "int32": "INT32", "uint8": "UINT8", "int64": "INT64", "bool": "BOOL",
         "int16": "INT16", "int8": "INT8"}
SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3


@dataclasses.dataclass
class T:
    """A tensor: its elements as they are stored, and what they mean."""

    data: np.ndarray
    scale: object = None
    zero: object = 0
    axis: int = 0
    constant: bool = False

    def __post_init__(self):
        self.data = np.asarray(self.data)

    def real(self):
        if self.scale is None:
            return self.data.astype(np.float64)
        shape = [1] * self.data.ndim
        if np.ndim(self.scale) > 0:
            shape[self.axis] = -1
        scale, zero = (np.reshape(np.asarray(x, dtype=np.float64), shape) for x in (np.float32(self.scale), self.zero))
        return (self.data.astype(np.float64) - zero) * scale


def const(data, **kw):
    return T(np.asarray(data), constant=True, **kw)


def i32(*values):
    return const(np.array(values, dtype=np.int32))


def axis32(value):
    return const(np.array(value, dtype=np.int32))


def data(*shape, seed=0, scale=1.0):
    return (np.random.default_rng([seed, *shape]).standard_normal(shape) * scale).astype(np.float32)


def integers(dtype, *shape, seed=0, low=None, high=None):
    info = np.iinfo(dtype)
    low, high = info.min if low is None else low, info.max if high is None else high
    return np.random.default_rng([seed, 7, *shape]).integers(low, high + 1, shape).astype(dtype)


def to_integers(real, dtype, scale, zero):
    info = np.iinfo(dtype)
    steps = np.rint(np.asarray(real, dtype=np.float64) / np.float64(np.float32(scale)))
    return T(np.clip(steps + zero, info.min, info.max).astype(dtype), scale=scale, zero=zero)


def f32(real):
    return T(np.asarray(real).astype(np.float32))


class Model:
    def __init__(self):
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators, self.graph.inputs, self.graph.outputs = [], [], [], []
        self.codes = []
        empty = schema.BufferT()
        self.buffers = [empty]

    def tensor(self, t, name):
        tensor = schema.TensorT()
        tensor.shape, tensor.name = list(t.data.shape), name
        tensor.type = getattr(schema.TensorType, TYPES[t.data.dtype.name])
        if t.constant:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.array(t.data, order="C").tobytes(), dtype=np.uint8)
            tensor.buffer = len(self.buffers)
            self.buffers.append(buffer)
        if t.scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            scales = np.atleast_1d(t.scale)
            tensor.quantization.scale = [float(x) for x in scales]
            tensor.quantization.zeroPoint = [int(x) for x in np.broadcast_to(t.zero, scales.shape)]
            tensor.quantization.quantizedDimension = t.axis
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def operator(self, op, inputs, outputs, options=None, custom=None):
        code = schema.OperatorCodeT()
        code.version = 1
        if hasattr(schema.BuiltinOperator, op):
            code.builtinCode = getattr(schema.BuiltinOperator, op)
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        else:
            code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
            code.customCode = op
        node = schema.OperatorT()
        node.opcodeIndex, node.inputs, node.outputs = len(self.codes), inputs, outputs
        self.codes.append(code)
        if options is not None:
            node.builtinOptions = options
            node.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
        if custom is not None:
            node.customOptions = np.frombuffer(custom, dtype=np.uint8)
        self.graph.operators.append(node)

    def pack(self):
        model = schema.ModelT()
        model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, self.codes, [self.graph], self.buffers
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def options(kind, **fields):
    table = getattr(schema, kind + "OptionsT")()
    for name, value in fields.items():
        assert hasattr(table, name), (kind, name)
        setattr(table, name, value)
    return table


def add_images(model, index, t):
    """A max pool of one pixel."""
    pooled = model.tensor(T(t.data, scale=t.scale, zero=t.zero), "pooled")
    pool = options("Pool2D", padding=VALID, strideW=1, strideH=1, filterWidth=1, filterHeight=1)
    model.operator("MAX_POOL_2D", [index], [pooled], pool)
    return pooled


def write_case(op, name, inputs, outputs, opts, custom, images, before):
    model = Model()
    indices = []
    for i, t in enumerate(inputs):
        if t is None:
            indices.append(-1)
            continue
        index = model.tensor(t, f"in{i}")
        if not t.constant:
            model.graph.inputs.append(index)
            if images and t.data.ndim == 4 and t.data.dtype.name in ("float32", "int8", "uint8"):
                index = add_images(model, index, t)
        elif before is not None and before[0] == i:  # an operator between the constant and its user
            _, kind, between = before
            made = model.tensor(between, "between")
            model.operator(kind, [index], [made])
            index = made
        indices.append(index)
    results = [model.tensor(t, f"out{i}") for i, t in enumerate(outputs)]
    model.operator(op, indices, results, opts, custom)
    model.graph.outputs = results
    folder = f"{op}/{name}"
    given = [t for t in inputs if t is not None and not t.constant]
    archive.add_case({"name": folder, "op": op, "inputs": len(given), "outputs": len(outputs)})
    archive.add_file(f"{folder}/model.tflite", model.pack())
    for kind, tensors in (("input", given), ("output", outputs)):
        for i, t in enumerate(tensors):
            archive.add_file(f"{folder}/{kind}{i}.npy", npy_bytes(t.data))


def case(op, name, inputs, outputs, opts=None, custom=None, before=None):
    outputs = outputs if isinstance(outputs, list) else [outputs]
    write_case(op, name, inputs, outputs, opts, custom, False, before)
    held = [t for t in inputs if t is not None and not t.constant]
    if any(t.data.ndim == 4 and t.data.dtype.name in ("float32", "int8", "uint8") for t in held):
        write_case(op, name + "_images", inputs, outputs, opts, custom, True, before)


# --- Definitions, on arrays of doubles as the file orders them.


def activate(x, activation):
    bounds = {NONE: (-np.inf, np.inf), RELU: (0, np.inf), RELU_N1_TO_1: (-1, 1), RELU6: (0, 6)}[activation]
    return np.clip(x, *bounds)


def borders(size, kernel, stride, dilation, padding):
    if padding == VALID:
        return 0, 0
    extent = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


def torch_images(x):
    return torch.from_numpy(np.array(x, dtype=np.float64)).permute(0, 3, 1, 2)


def filed(x):
    return x.permute(0, 2, 3, 1).numpy()


def conv(x, w, b, stride=(1, 1), dilation=(1, 1), padding=SAME, groups=1):
    """w [out, H, W, in]."""
    image = torch_images(x)
    top = borders(x.shape[1], w.shape[1], stride[0], dilation[0], padding)
    left = borders(x.shape[2], w.shape[2], stride[1], dilation[1], padding)
    image = F.pad(image, (*left, *top))
    filters = torch.from_numpy(np.array(w, dtype=np.float64)).permute(0, 3, 1, 2)
    y = F.conv2d(image, filters, stride=stride, dilation=dilation, groups=groups)
    return filed(y) + (0 if b is None else b)


def depthwise(x, w, b, **kw):
    """w [1, H, W, channels * multiplier]."""
    return conv(x, np.transpose(w, (3, 1, 2, 0)), b, groups=x.shape[3], **kw)


def transposed(x, w, b, height, width, stride, padding):
    """w [out, H, W, in]: every pixel of x spreads the filter; what falls outside is dropped."""
    top = max((x.shape[1] - 1) * stride[0] + w.shape[1] - height, 0) // 2 if padding == SAME else 0
    left = max((x.shape[2] - 1) * stride[1] + w.shape[2] - width, 0) // 2 if padding == SAME else 0
    y = np.zeros((x.shape[0], height, width, w.shape[0]))
    for iy in range(x.shape[1]):
        for ix in range(x.shape[2]):
            for ky in range(w.shape[1]):
                for kx in range(w.shape[2]):
                    oy, ox = iy * stride[0] - top + ky, ix * stride[1] - left + kx
                    if 0 <= oy < height and 0 <= ox < width:
                        y[:, oy, ox, :] += x[:, iy, ix, :] @ w[:, ky, kx, :].T
    return y + (0 if b is None else b)


def pool(x, kernel, stride, padding, of):
    top = borders(x.shape[1], kernel[0], stride[0], 1, padding)
    left = borders(x.shape[2], kernel[1], stride[1], 1, padding)
    height = (x.shape[1] + sum(top) - kernel[0]) // stride[0] + 1
    width = (x.shape[2] + sum(left) - kernel[1]) // stride[1] + 1
    y = np.zeros((x.shape[0], height, width, x.shape[3]))
    for i in range(height):
        for j in range(width):
            a, b = i * stride[0] - top[0], j * stride[1] - left[0]
            window = x[:, max(a, 0) : a + kernel[0], max(b, 0) : b + kernel[1], :]
            y[:, i, j, :] = of(window, axis=(1, 2))
    return y


def bilinear(x, height, width, corners=False, halves=False):
    def weights(n, m):
        scale = (n - 1) / (m - 1) if corners and m > 1 else n / m
        matrix = np.zeros((m, n))
        for o in range(m):
            at = max((o + 0.5) * scale - 0.5, 0) if halves else o * scale
            low = min(int(np.floor(at)), n - 1)
            part = at - low
            matrix[o, low] += 1 - part
            matrix[o, min(low + 1, n - 1)] += part
        return matrix

    return np.einsum("oh,pw,nhwc->nopc", weights(x.shape[1], height), weights(x.shape[2], width), x)


def nearest(x, height, width, corners=False, halves=False):
    def sources(n, m):
        scale = np.float32(n - 1) / np.float32(m - 1) if corners and m > 1 else np.float32(n) / np.float32(m)
        at = (np.arange(m, dtype=np.float32) + np.float32(0.5 if halves else 0)) * scale
        at = np.floor(at + np.float32(0.5)) if corners else np.floor(at)
        return np.clip(at.astype(np.int64), 0, n - 1)

    return x[:, sources(x.shape[1], height)][:, :, sources(x.shape[2], width)]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


# --- Cases.


def record_convolutions():
    def opts(kind="Conv2D", stride=(1, 1), dilation=(1, 1), padding=SAME, activation=NONE, **more):
        return options(kind, padding=padding, strideH=stride[0], strideW=stride[1], dilationHFactor=dilation[0],
                       dilationWFactor=dilation[1], fusedActivationFunction=activation, **more)

    x, w, b = data(1, 7, 6, 3), data(4, 3, 3, 3, seed=1), data(4, seed=2)
    plain = [T(x), const(w), const(b)]
    case("CONV_2D", "same", plain, f32(conv(x, w, b)), opts())
    for name, kw in {"same_stride_2": {"stride": (2, 2)}, "same_stride_2_1": {"stride": (2, 1)},
                     "valid": {"padding": VALID}, "dilated": {"dilation": (2, 1)},
                     "valid_stride_1_2": {"padding": VALID, "stride": (1, 2)}}.items():
        case("CONV_2D", name, plain, f32(conv(x, w, b, **kw)), opts(**kw))
    for name, activation in {"relu": RELU, "relu6": RELU6, "relu_n1_to_1": RELU_N1_TO_1}.items():
        case("CONV_2D", name, plain, f32(activate(conv(x, w, b), activation)), opts(activation=activation))
    case("CONV_2D", "no_bias", [T(x), const(w), None], f32(conv(x, w, None)), opts())
    even = data(4, 2, 4, 3, seed=3)
    case("CONV_2D", "same_even_kernel", [T(x), const(even), const(b)], f32(conv(x, even, b)), opts())
    grouped = data(4, 3, 3, 2, seed=4)
    wide = data(2, 5, 5, 4, seed=5)
    case("CONV_2D", "grouped", [T(wide), const(grouped), const(b)], f32(conv(wide, grouped, b, groups=2)), opts())
    half = w.astype(np.float16)
    case("CONV_2D", "float16_weights", [T(x), const(half), const(b)], f32(conv(x, half.astype(np.float64), b)), opts(),
         before=(1, "DEQUANTIZE", T(w)))
    weights = const(integers(np.int8, 4, 3, 3, 3, low=-127), scale=np.array([0.01, 0.02, 0.005, 0.03]))
    case("CONV_2D", "weights_int8", [T(x), weights, const(b)], f32(conv(x, weights.real(), b)), opts())
    record_quantized_convolutions(opts)

    x, b = data(1, 6, 7, 3, seed=6), data(6, seed=8)
    w = data(1, 3, 3, 6, seed=7)
    plain = [T(x), const(w), const(b)]
    for name, kw in {"multiplier": {}, "stride_2": {"stride": (2, 2)}, "valid": {"padding": VALID},
                     "dilated": {"dilation": (2, 2)}}.items():
        case("DEPTHWISE_CONV_2D", name, plain, f32(depthwise(x, w, b, **kw)),
             opts("DepthwiseConv2D", depthMultiplier=2, **kw))
    single = data(1, 3, 3, 3, seed=9)
    case("DEPTHWISE_CONV_2D", "relu6", [T(x), const(single), const(b[:3])],
         f32(activate(depthwise(x, single, b[:3]), RELU6)), opts("DepthwiseConv2D", activation=RELU6))


def record_quantized_convolutions(opts):
    x = T(integers(np.int8, 1, 7, 6, 3), scale=0.02, zero=5)
    scales = np.array([0.01, 0.02, 0.005, 0.03])
    w = const(integers(np.int8, 4, 3, 3, 3, seed=1, low=-127), scale=scales)
    b = const(integers(np.int32, 4, seed=2, low=-3000, high=3000), scale=scales * np.float32(0.02))
    for name, kw in {"same": {}, "stride_2": {"stride": (2, 2)}}.items():
        y = conv(x.real(), w.real(), b.real(), **kw)
        case("CONV_2D", "int8_" + name, [x, w, b], to_integers(y, np.int8, 0.06, -10), opts(**kw))
        case("CONV_2D", "int8_relu6_" + name, [x, w, b], to_integers(activate(y, RELU6), np.int8, 0.04, -100),
             opts(activation=RELU6, **kw))
    spread = const(w.data, scale=0.01)
    flat = const(b.data, scale=np.float32(0.01) * np.float32(0.02))
    case("CONV_2D", "int8_one_scale", [x, spread, flat],
         to_integers(conv(x.real(), spread.real(), flat.real()), np.int8, 0.05, 0), opts())
    u = T(integers(np.uint8, 1, 7, 6, 3), scale=0.02, zero=120)
    v = const(integers(np.uint8, 4, 3, 3, 3, seed=1), scale=0.01, zero=140)
    y = conv(u.real(), v.real(), flat.real(), stride=(2, 2))
    case("CONV_2D", "uint8_zero_points", [u, v, flat], to_integers(y, np.uint8, 0.08, 100), opts(stride=(2, 2)))
    unscaled = const(flat.data)
    case("CONV_2D", "uint8_bias_without_scale", [u, v, unscaled], to_integers(y, np.uint8, 0.08, 100), opts(stride=(2, 2)))
    s = T(integers(np.int16, 1, 5, 5, 3, low=-20000, high=20000), scale=0.0001, zero=0)
    sums = const(integers(np.int64, 4, seed=3, low=-9000, high=9000), scale=scales * np.float32(0.0001))
    case("CONV_2D", "int16_activations", [s, w, sums],
         to_integers(conv(s.real(), w.real(), sums.real()), np.int16, 0.0005, 0), opts())
    channels = np.array([0.01, 0.02, 0.005])
    dw = const(integers(np.int8, 1, 3, 3, 3, seed=4, low=-127), scale=channels, axis=3)
    db = const(integers(np.int32, 3, seed=5, low=-900, high=900), scale=channels * np.float32(0.02))
    case("DEPTHWISE_CONV_2D", "int8", [x, dw, db],
         to_integers(depthwise(x.real(), dw.real(), db.real(), stride=(2, 2)), np.int8, 0.03, 3),
         opts("DepthwiseConv2D", stride=(2, 2), depthMultiplier=1))


def record_transposed_convolutions():
    def opts(stride, padding, activation=NONE):
        return options("TransposeConv", padding=padding, strideH=stride[0], strideW=stride[1],
                       fusedActivationFunction=activation)

    x, b = data(1, 4, 3, 2), data(3, seed=2)
    for name, kernel, stride, padding, size in [
        ("same", 3, (2, 2), SAME, (8, 6)), ("same_odd_result", 3, (2, 2), SAME, (7, 5)),
        ("valid", 3, (2, 2), VALID, (9, 7)), ("same_2", 2, (2, 2), SAME, (8, 6)), ("same_5", 5, (2, 1), SAME, (8, 3)),
        ("valid_larger", 2, (3, 3), VALID, (12, 9)),
    ]:
        w = data(3, kernel, kernel, 2, seed=1)
        y = transposed(x, w, b, *size, stride, padding)
        sizes = i32(1, *size, 3)
        case("TRANSPOSE_CONV", name, [sizes, const(w), T(x), const(b)], f32(y), opts(stride, padding))
    w = data(3, 3, 3, 2, seed=1)
    y = transposed(x, w, None, 8, 6, (2, 2), SAME)
    case("TRANSPOSE_CONV", "no_bias_relu", [i32(1, 8, 6, 3), const(w), T(x)], f32(activate(y, RELU)),
         opts((2, 2), SAME, RELU))
    q = T(integers(np.int8, 1, 4, 3, 2), scale=0.02, zero=3)
    scales = np.array([0.01, 0.02, 0.005])
    qw = const(integers(np.int8, 3, 3, 3, 2, seed=1, low=-127), scale=scales)
    qb = const(integers(np.int32, 3, seed=2, low=-900, high=900), scale=scales * np.float32(0.02))
    case("TRANSPOSE_CONV", "int8", [i32(1, 8, 6, 3), qw, q, qb],
         to_integers(transposed(q.real(), qw.real(), qb.real(), 8, 6, (2, 2), SAME), np.int8, 0.05, 1), opts((2, 2), SAME))
    for name, padding, size in [("same", 1, (8, 6)), ("valid", 2, (9, 7))]:
        custom = np.array([padding, 2, 2], dtype=np.int32).tobytes()
        y = transposed(x, w, b, *size, (2, 2), SAME if padding == 1 else VALID)
        case("Convolution2DTransposeBias", name, [T(x), const(w), const(b)], f32(y), custom=custom)


def record_products():
    def opts(activation=NONE, **kw):
        return options("FullyConnected", fusedActivationFunction=activation, **kw)

    x, w, b = data(2, 5), data(3, 5, seed=1), data(3, seed=2)
    case("FULLY_CONNECTED", "plain", [T(x), const(w), const(b)], f32(x.astype(np.float64) @ w.T + b), opts())
    case("FULLY_CONNECTED", "no_bias_relu6", [T(x), const(w)], f32(activate(x.astype(np.float64) @ w.T, RELU6)), opts(RELU6))
    image = data(2, 2, 3, 2, seed=3)
    flat = data(3, 12, seed=4)
    case("FULLY_CONNECTED", "of_images", [T(image), const(flat), const(b)],
         f32(image.reshape(2, 12).astype(np.float64) @ flat.T + b), opts())
    rows = data(2, 3, 5, seed=5)
    case("FULLY_CONNECTED", "keep_num_dims", [T(rows), const(w), const(b)], f32(rows.astype(np.float64) @ w.T + b),
         opts(keepNumDims=True))
    case("FULLY_CONNECTED", "computed_weights", [T(x), T(w), None], f32(x.astype(np.float64) @ w.T), opts())
    weights = const(integers(np.int8, 3, 5, low=-127), scale=0.01)
    case("FULLY_CONNECTED", "weights_int8", [T(x), weights, const(b)], f32(x @ weights.real().T + b), opts())
    q = T(integers(np.int8, 2, 5), scale=0.05, zero=-7)
    bias = const(integers(np.int32, 3, low=-900, high=900), scale=np.float32(0.05) * np.float32(0.01))
    real = q.real() @ weights.real().T + bias.real()
    case("FULLY_CONNECTED", "int8", [q, weights, bias], to_integers(real, np.int8, 0.1, 4), opts())
    scales = np.array([0.01, 0.02, 0.005])
    channels = const(weights.data, scale=scales)
    sums = const(bias.data, scale=scales * np.float32(0.05))
    case("FULLY_CONNECTED", "int8_scales", [q, channels, sums],
         to_integers(activate(q.real() @ channels.real().T + sums.real(), RELU), np.int8, 0.1, -128), opts(RELU))
    u = T(integers(np.uint8, 2, 5), scale=0.05, zero=100)
    v = const(integers(np.uint8, 3, 5, seed=1), scale=0.01, zero=130)
    case("FULLY_CONNECTED", "uint8", [u, v, bias], to_integers(u.real() @ v.real().T + bias.real(), np.uint8, 0.1, 90), opts())
    qi = T(integers(np.int8, 1, 2, 3, 2), scale=0.05, zero=2)
    qf = const(integers(np.int8, 3, 12, low=-127), scale=0.01)
    case("FULLY_CONNECTED", "int8_of_images", [qi, qf, bias],
         to_integers(qi.real().reshape(1, 12) @ qf.real().T + bias.real(), np.int8, 0.2, 0), opts())

    a, m = data(2, 3, 4, seed=6), data(2, 4, 5, seed=7)
    case("BATCH_MATMUL", "plain", [T(a), T(m)], f32(a.astype(np.float64) @ m))
    case("BATCH_MATMUL", "transposed", [T(np.swapaxes(a, 1, 2).copy()), T(np.swapaxes(m, 1, 2).copy())],
         f32(a.astype(np.float64) @ m), options("BatchMatMul", adjX=True, adjY=True))
    case("BATCH_MATMUL", "broadcast", [T(data(3, 1, 2, 4)), T(m)], f32(data(3, 1, 2, 4).astype(np.float64) @ m))
    one = data(4, 5, seed=8)
    case("BATCH_MATMUL", "one_matrix", [T(a), const(one)], f32(a.astype(np.float64) @ one))
    four = data(1, 2, 3, 4, seed=9)
    case("BATCH_MATMUL", "four_axes", [T(four), T(data(1, 2, 4, 2))], f32(four.astype(np.float64) @ data(1, 2, 4, 2)))
    qa, qm = T(integers(np.int8, 2, 3, 4), scale=0.02, zero=1), T(integers(np.int8, 2, 4, 5), scale=0.03, zero=-2)
    case("BATCH_MATMUL", "int8", [qa, qm], to_integers(qa.real() @ qm.real(), np.int8, 0.1, 3))


def record_elementwise():
    x = data(1, 2, 3, 4)
    positive = np.abs(x) + np.float32(0.1)
    sigmoid = lambda v: 1 / (1 + np.exp(-v))
    unary = {
        "ABS": np.abs, "CEIL": np.ceil, "COS": np.cos, "EXP": np.exp, "FLOOR": np.floor, "NEG": np.negative,
        "ROUND": np.rint, "SIGN": np.sign, "SIN": np.sin, "TANH": np.tanh, "SQUARE": np.square, "LOGISTIC": sigmoid,
        "ELU": lambda v: np.where(v > 0, v, np.expm1(v)), "HARD_SWISH": lambda v: v * np.clip(v + 3, 0, 6) / 6,
        "RELU": lambda v: np.maximum(v, 0), "RELU6": lambda v: np.clip(v, 0, 6),
        "RELU_N1_TO_1": lambda v: np.clip(v, -1, 1), "RELU_0_TO_1": lambda v: np.clip(v, 0, 1),
    }
    for op, of in unary.items():
        operand = 4 * x if op == "RELU6" else x
        case(op, "plain", [T(operand)], f32(of(operand.astype(np.float64))))
    for op, of in {"LOG": np.log, "SQRT": np.sqrt, "RSQRT": lambda v: 1 / np.sqrt(v)}.items():
        case(op, "plain", [T(positive)], f32(of(positive.astype(np.float64))))
    for op, scale, zero in [("LOGISTIC", 1 / 256, -128), ("TANH", 1 / 128, 0), ("HARD_SWISH", 0.03, -100),
                            ("RELU", 0.02, -128), ("RELU6", 6 / 255, -128), ("ELU", 0.02, -70), ("ABS", 0.02, -128)]:
        q = T(integers(np.int8, 1, 2, 3, 4), scale=0.03, zero=-4)
        case(op, "int8", [q], to_integers(unary[op](q.real()), np.int8, scale, zero))
    case("LEAKY_RELU", "plain", [T(x)], f32(np.where(x > 0, x, np.float32(0.1) * x.astype(np.float64))),
         options("LeakyRelu", alpha=0.1))
    q = T(integers(np.uint8, 1, 2, 3, 4), scale=0.03, zero=128)
    case("LEAKY_RELU", "uint8", [q], to_integers(np.where(q.real() > 0, q.real(), 0.2 * q.real()), np.uint8, 0.03, 50),
         options("LeakyRelu", alpha=0.2))
    double = torch.from_numpy(x.astype(np.float64))
    for approximate in (False, True):
        y = F.gelu(double, approximate="tanh" if approximate else "none").numpy()
        case("GELU", "tanh" if approximate else "exact", [T(x)], f32(y), options("Gelu", approximate=approximate))
    slope = data(1, 1, 4, seed=1)
    case("PRELU", "by_channel", [T(x), const(slope)], f32(np.where(x > 0, x, x.astype(np.float64) * slope)))
    every = data(2, 3, 4, seed=1)
    case("PRELU", "by_element", [T(x), const(every)], f32(np.where(x > 0, x, x.astype(np.float64) * every)))
    case("SOFTMAX", "plain", [T(data(2, 5))], f32(softmax(data(2, 5).astype(np.float64))), options("Softmax", beta=1.0))
    case("SOFTMAX", "beta", [T(x)], f32(softmax(2.5 * x.astype(np.float64))), options("Softmax", beta=2.5))
    q = T(integers(np.int8, 2, 7), scale=0.05, zero=3)
    case("SOFTMAX", "int8", [q], to_integers(softmax(q.real()), np.int8, 1 / 256, -128), options("Softmax", beta=1.0))
    case("LOG_SOFTMAX", "plain", [T(x)], f32(np.log(softmax(x.astype(np.float64)))))
    truth = np.array([[True, False, True], [False, False, True]])
    case("LOGICAL_NOT", "plain", [T(truth)], T(~truth))
    other = np.array([[True, True, False], [False, True, True]])
    case("LOGICAL_AND", "plain", [T(truth), T(other)], T(truth & other))
    case("LOGICAL_OR", "plain", [T(truth), T(other[:1])], T(truth | other[:1]))


def record_binary():
    a, b = data(1, 2, 3, 4), data(1, 2, 3, 4, seed=1)
    positive = np.abs(a) + np.float32(0.2)
    arithmetic = {"ADD": ("Add", np.add), "SUB": ("Sub", np.subtract), "MUL": ("Mul", np.multiply), "DIV": ("Div", np.divide)}
    channels, row = data(4, seed=2), data(3, 1, seed=3)
    for op, (kind, of) in arithmetic.items():
        wide = a.astype(np.float64)
        case(op, "plain", [T(a), T(b)], f32(of(wide, b)), options(kind))
        case(op, "channels", [T(a), const(channels)], f32(of(wide, channels)), options(kind))
        case(op, "constant_first", [const(channels), T(positive)], f32(of(channels, positive.astype(np.float64))), options(kind))
        case(op, "scalar_relu6", [T(a), const(np.float32(0.5))], f32(activate(of(wide, 0.5), RELU6)),
             options(kind, fusedActivationFunction=RELU6))
        case(op, "computed_row", [T(a), T(row)], f32(of(wide, row)), options(kind))
    for op, (kind, of) in arithmetic.items():
        p, q = T(integers(np.int8, 1, 2, 3, 4), scale=0.02, zero=3), T(integers(np.int8, 1, 2, 3, 4, seed=1), scale=0.03, zero=-9)
        if op == "DIV":
            q.data = np.abs(q.data.astype(np.int32)).clip(20, 127).astype(np.int8)
        case(op, "int8", [p, q], to_integers(of(p.real(), q.real()), np.int8, 0.05, 7), options(kind))
    u, v = T(integers(np.uint8, 1, 2, 3, 4), scale=0.02, zero=130), const(integers(np.uint8, 4, seed=2), scale=0.01, zero=99)
    case("ADD", "uint8_constant_relu", [u, v], to_integers(activate(u.real() + v.real(), RELU), np.uint8, 0.03, 10),
         options("Add", fusedActivationFunction=RELU))
    m, n = integers(np.int32, 2, 3, low=-20, high=20), np.array([3, -2, 7], dtype=np.int32)
    case("DIV", "int32", [T(m), T(n)], T(np.trunc(m / n).astype(np.int32)), options("Div"))
    case("FLOOR_DIV", "int32", [T(m), T(n)], T(np.floor_divide(m, n)))
    case("FLOOR_MOD", "int32", [T(m), T(n)], T(np.mod(m, n)))
    case("FLOOR_MOD", "float", [T(a), T(positive)], f32(np.mod(a.astype(np.float64), positive)))
    case("ADD", "int64", [T(m.astype(np.int64)), T(n.astype(np.int64))], T(m.astype(np.int64) + n), options("Add"))
    case("ADD_N", "three", [T(a), T(b), const(channels * np.ones_like(a))], f32(a.astype(np.float64) + b + channels))
    case("MAXIMUM", "plain", [T(a), T(b)], f32(np.maximum(a, b)))
    case("MINIMUM", "channels", [T(a), const(channels)], f32(np.minimum(a, channels)))
    case("POW", "plain", [T(positive), const(np.float32(1.7))], f32(positive.astype(np.float64) ** np.float32(1.7)))
    case("SQUARED_DIFFERENCE", "plain", [T(a), T(b)], f32((a.astype(np.float64) - b) ** 2))
    case("ATAN2", "plain", [T(a), T(b)], f32(np.arctan2(a.astype(np.float64), b)))
    case("BITWISE_XOR", "plain", [T(m), T(n)], T(m ^ n))
    case("RIGHT_SHIFT", "plain", [T(m), T(np.array([1, 2, 0], dtype=np.int32))], T(m >> np.array([1, 2, 0], dtype=np.int32)))
    rounded, other = np.rint(a).astype(np.float32), np.rint(b).astype(np.float32)
    for op, of in {"EQUAL": np.equal, "NOT_EQUAL": np.not_equal, "LESS": np.less, "LESS_EQUAL": np.less_equal,
                   "GREATER": np.greater, "GREATER_EQUAL": np.greater_equal}.items():
        case(op, "plain", [T(rounded), T(other)], T(of(rounded, other)))
    p, q = T(integers(np.int8, 5), scale=0.5, zero=3), T(integers(np.int8, 5, seed=1), scale=0.25, zero=-9)
    case("LESS", "int8", [p, q], T(p.real() < q.real()))
    p, q = T(integers(np.int8, 1, 2, 3, 4), scale=0.02, zero=3), T(integers(np.int8, 1, 2, 3, 4, seed=1), scale=0.02, zero=3)
    case("MAXIMUM", "int8", [p, q], T(np.maximum(p.data, q.data), scale=0.02, zero=3))
    choose = integers(np.int8, 1, 2, 3, 4, low=0, high=1).astype(bool)
    case("SELECT", "same_shape", [T(choose), T(a), T(b)], f32(np.where(choose, a, b)))
    lines = np.array([True, False])
    c, d = data(2, 3), data(2, 3, seed=1)
    case("SELECT", "slices", [T(lines), T(c), T(d)], f32(np.where(lines[:, None], c, d)))
    case("SELECT_V2", "broadcast", [T(choose), T(a), const(np.float32(2))], f32(np.where(choose, a, 2)))
    case("CAST", "to_int32", [T(np.float32([1.7, -1.7, 0, 100]))], T(np.array([1, -1, 0, 100], dtype=np.int32)))
    case("CAST", "to_float", [T(m)], f32(m))
    case("CAST", "to_bool", [T(m)], T(m != 0))


def record_pools():
    def opts(kernel, stride, padding, activation=NONE):
        return options("Pool2D", padding=padding, strideH=stride[0], strideW=stride[1], filterHeight=kernel[0],
                       filterWidth=kernel[1], fusedActivationFunction=activation)

    x = data(1, 5, 6, 3)
    q = T(integers(np.int8, 1, 5, 6, 3), scale=0.03, zero=4)
    u = T(integers(np.uint8, 1, 5, 6, 3), scale=0.03, zero=100)
    root = lambda v, axis: np.sqrt(np.mean(np.square(v), axis=axis))
    for name, kernel, stride, padding in [
        ("valid", (2, 2), (2, 2), VALID), ("same_3", (3, 3), (1, 1), SAME), ("same_3_stride_2", (3, 3), (2, 2), SAME),
        ("same_2", (2, 2), (1, 1), SAME), ("same_2_stride_2", (2, 2), (2, 2), SAME), ("same_4_3", (4, 3), (2, 1), SAME),
    ]:
        wide = x.astype(np.float64)
        case("MAX_POOL_2D", name, [T(x)], f32(pool(wide, kernel, stride, padding, np.max)), opts(kernel, stride, padding))
        case("AVERAGE_POOL_2D", name, [T(x)], f32(pool(wide, kernel, stride, padding, np.mean)), opts(kernel, stride, padding))
        case("L2_POOL_2D", name, [T(x)], f32(pool(wide, kernel, stride, padding, root)), opts(kernel, stride, padding))
        for kind, t in (("int8_", q), ("uint8_", u)):
            for op, of in (("MAX_POOL_2D", np.max), ("AVERAGE_POOL_2D", np.mean)):
                y = to_integers(pool(t.real(), kernel, stride, padding, of), t.data.dtype, t.scale, t.zero)
                case(op, kind + name, [t], y, opts(kernel, stride, padding))
    case("AVERAGE_POOL_2D", "relu", [T(x)], f32(activate(pool(x, (2, 2), (1, 1), VALID, np.mean), RELU)),
         opts((2, 2), (1, 1), VALID, RELU))


def record_movement():
    x = data(1, 2, 3, 4)
    q = T(integers(np.int8, 1, 2, 3, 4), scale=0.02, zero=5)
    like = lambda array: T(array, scale=0.02, zero=5)
    case("RESHAPE", "operand", [T(x), i32(2, -1)], f32(x.reshape(2, -1)))
    case("RESHAPE", "option", [T(x)], f32(x.reshape(4, 6)), options("Reshape", newShape=[4, 6]))
    case("RESHAPE", "scalar", [T(data(1)), i32()], f32(data(1).reshape(())))
    case("RESHAPE", "int8", [q, i32(6, 4)], like(q.data.reshape(6, 4)))
    case("SQUEEZE", "all", [T(data(1, 1, 1, 4))], f32(data(1, 1, 1, 4).reshape(4)))
    case("SQUEEZE", "some", [T(data(1, 2, 1, 4))], f32(data(1, 2, 1, 4).reshape(1, 2, 4)), options("Squeeze", squeezeDims=[-2]))
    case("EXPAND_DIMS", "plain", [T(data(2, 3)), axis32(-1)], f32(data(2, 3)[..., None]))
    case("TRANSPOSE", "four_axes", [T(x), i32(0, 3, 1, 2)], f32(x.transpose(0, 3, 1, 2)))
    case("TRANSPOSE", "int8", [q, i32(3, 0, 2, 1)], like(q.data.transpose(3, 0, 2, 1)))
    case("TILE", "four_axes", [T(x), i32(1, 2, 1, 3)], f32(np.tile(x, (1, 2, 1, 3))))
    case("BROADCAST_TO", "plain", [T(data(3, 1)), i32(2, 3, 4)], f32(np.broadcast_to(data(3, 1), (2, 3, 4))))
    case("REVERSE_V2", "four_axes", [T(x), i32(1, -1)], f32(x[:, ::-1, :, ::-1]))
    for axis in range(4):
        case("CONCATENATION", f"axis_{axis}", [T(x), T(2 * x), const(data(1, 2, 3, 4, seed=9))],
             f32(np.concatenate([x, 2 * x, data(1, 2, 3, 4, seed=9)], axis)), options("Concatenation", axis=axis - 4 if axis == 3 else axis))
    p = T(integers(np.uint8, 1, 2, 3, 4, seed=4), scale=0.03, zero=90)
    r = T(integers(np.uint8, 1, 2, 3, 4, seed=5), scale=0.02, zero=120)
    case("CONCATENATION", "uint8_scales", [p, r], to_integers(np.concatenate([p.real(), r.real()], 3), np.uint8, 0.03, 110),
         options("Concatenation", axis=3, fusedActivationFunction=NONE))
    case("CONCATENATION", "two_axes_relu", [T(data(2, 3)), T(data(2, 1))],
         f32(activate(np.concatenate([data(2, 3), data(2, 1)], 1), RELU)), options("Concatenation", axis=1, fusedActivationFunction=RELU))
    case("PACK", "plain", [T(data(2, 3)), T(data(2, 3, seed=1))], f32(np.stack([data(2, 3), data(2, 3, seed=1)], 1)), options("Pack", valuesCount=2, axis=1))
    case("UNPACK", "four_axes", [T(x)], [f32(x[:, :, i]) for i in range(3)], options("Unpack", num=3, axis=2))
    case("SPLIT", "channels", [axis32(3), T(x)], [f32(v) for v in np.split(x, 2, 3)], options("Split", numSplits=2))
    case("SPLIT", "int8", [axis32(2), q], [like(v) for v in np.split(q.data, 3, 2)], options("Split", numSplits=3))
    case("SPLIT_V", "channels", [T(x), i32(1, -1, 1), axis32(-1)], [f32(v) for v in np.split(x, [1, 3], 3)], options("SplitV", numSplits=3))
    case("SLICE", "four_axes", [T(x), i32(0, 1, 0, 1), i32(1, 1, 2, -1)], f32(x[:, 1:2, 0:2, 1:]))
    pads = const(np.array([[0, 0], [1, 2], [0, 1], [0, 0]], dtype=np.int32))
    widths = [(0, 0), (1, 2), (0, 1), (0, 0)]
    case("PAD", "plain", [T(x), pads], f32(np.pad(x, widths)))
    case("PAD", "int8", [q, pads], like(np.pad(q.data, widths, constant_values=5)))
    channels = const(np.array([[0, 0], [0, 0], [0, 0], [1, 3]], dtype=np.int64))
    case("PAD", "channels", [T(x), channels], f32(np.pad(x, [(0, 0)] * 3 + [(1, 3)])))
    case("PADV2", "plain", [T(x), pads, const(np.float32(-1.5))], f32(np.pad(x, widths, constant_values=-1.5)))
    case("PADV2", "int8", [q, pads, const(np.int8(25), scale=0.02, zero=5)], like(np.pad(q.data, widths, constant_values=25)))
    image = data(1, 4, 5, 2)
    for name, mode in (("reflect", 0), ("symmetric", 1)):
        amounts = [(0, 0), (2, 1), (1, 3), (0, 1)]
        case("MIRROR_PAD", name, [T(image), const(np.array(amounts, dtype=np.int32))], f32(np.pad(image, amounts, mode=name)),
             options("MirrorPad", mode=mode))
    image, deep = data(1, 4, 6, 3), data(1, 2, 3, 8)
    block = image.reshape(1, 2, 2, 3, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(1, 2, 3, 12)
    case("SPACE_TO_DEPTH", "plain", [T(image)], f32(block), options("SpaceToDepth", blockSize=2))
    spread = deep.reshape(1, 2, 3, 2, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(1, 4, 6, 2)
    case("DEPTH_TO_SPACE", "plain", [T(deep)], f32(spread), options("DepthToSpace", blockSize=2))
    padded = np.pad(image, [(0, 0), (0, 0), (1, 2), (0, 0)])  # [1, 4, 9, 3] by blocks of 2 and 3
    batches = padded.reshape(1, 2, 2, 3, 3, 3).transpose(2, 4, 0, 1, 3, 5).reshape(6, 2, 3, 3)
    edges = const(np.array([[0, 0], [1, 2]], dtype=np.int32))
    case("SPACE_TO_BATCH_ND", "plain", [T(image), i32(2, 3), edges], f32(batches))
    case("BATCH_TO_SPACE_ND", "plain", [T(batches), i32(2, 3), edges], f32(image))


def record_strided_slices():
    x = data(2, 3, 4, 5)

    def slices(name, begin, end, strides, y, **masks):
        case("STRIDED_SLICE", name, [T(x), i32(*begin), i32(*end), i32(*strides)], f32(y), options("StridedSlice", **masks))

    slices("plain", (0, 1, 0, 1), (2, 3, 4, 5), (1, 1, 2, 3), x[:, 1:3, ::2, 1::3])
    slices("negative", (0, -1, -1, 0), (2, -4, 0, 5), (1, -1, -2, 1), x[:, -1:-4:-1, -1:0:-2])
    slices("masks", (1, 1), (1, 2), (1, 1), x[:, 1:], beginMask=1, endMask=3)
    slices("shrink", (1, 0, -1), (2, 3, 4), (1, 1, 1), x[1, :, -1], shrinkAxisMask=5)
    slices("ellipsis", (0, 0, 1), (1, 0, 4), (1, 1, 2), x[0:1, ..., 1:4:2], ellipsisMask=2)
    slices("new_axis", (0, 0, 1), (1, 0, 3), (1, 1, 1), x[0:1, None, 1:3], newAxisMask=2)
    slices("offset", (0, 1), (2, 2), (1, 1), x[0:2, 1:3], offset=True)
    slices("clamped", (0, -9), (9, 99), (1, 1), x[0:9])
    slices("backwards_whole", (0, 0), (0, 0), (-1, -1), x[::-1, ::-1], beginMask=3, endMask=3)


def record_reductions():
    x = data(2, 3, 4, 5)
    wide = x.astype(np.float64)
    positive = np.abs(x) + np.float32(0.5)
    reducers = {"MEAN": np.mean, "SUM": np.sum, "REDUCE_MAX": np.max, "REDUCE_MIN": np.min}
    for op, of in reducers.items():
        for name, axes in {"spatial": (1, 2), "channels": (3,), "rows": (1,), "all": (0, 1, 2, 3), "columns": (-2,)}.items():
            for keep in (False, True):
                y = of(wide, axis=axes, keepdims=keep)
                case(op, name + ("_keep" if keep else ""), [T(x), i32(*axes)], f32(y), options("Reducer", keepDims=keep))
    q = T(integers(np.int8, 1, 3, 4, 5), scale=0.02, zero=5)
    case("MEAN", "int8", [q, i32(1, 2)], to_integers(q.real().mean((1, 2)), np.int8, 0.01, -3), options("Reducer", keepDims=False))
    u = T(integers(np.uint8, 1, 3, 4, 5), scale=0.02, zero=100)
    case("MEAN", "uint8_keep", [u, i32(1, 2)], to_integers(u.real().mean((1, 2), keepdims=True), np.uint8, 0.02, 100), options("Reducer", keepDims=True))
    case("SUM", "int8", [q, i32(3)], to_integers(q.real().sum(3), np.int8, 0.1, 0), options("Reducer", keepDims=False))
    case("REDUCE_MAX", "int8", [q, i32(1, 2)], T(q.data.max((1, 2)), scale=0.02, zero=5), options("Reducer", keepDims=False))
    case("REDUCE_PROD", "two_axes", [T(positive), i32(1, 3)], f32(positive.astype(np.float64).prod((1, 3))), options("Reducer", keepDims=False))
    m = integers(np.int32, 2, 3, low=-9, high=9)
    case("SUM", "int32", [T(m), axis32(1)], T(m.sum(1).astype(np.int32)), options("Reducer", keepDims=False))
    truth = integers(np.int8, 2, 3, low=0, high=1).astype(bool)
    case("REDUCE_ANY", "plain", [T(truth), i32(1)], T(truth.any(1)), options("Reducer", keepDims=False))
    case("REDUCE_ALL", "plain", [T(truth), i32(0)], T(truth.all(0)), options("Reducer", keepDims=False))
    for axis in (1, 3):
        case("ARG_MAX", f"axis_{axis}", [T(x), axis32(axis)], T(x.argmax(axis).astype(np.int32)))
    case("ARG_MIN", "int64", [T(x), axis32(-1)], T(x.argmin(-1).astype(np.int64)))
    case("CUMSUM", "plain", [T(x), axis32(3)], f32(wide.cumsum(3)), options("Cumsum", exclusive=False, reverse=False))
    shifted = np.concatenate([np.zeros((2, 1, 4, 5)), wide[:, ::-1].cumsum(1)[:, :-1]], 1)[:, ::-1]
    case("CUMSUM", "exclusive_reverse", [T(x), axis32(1)], f32(shifted), options("Cumsum", exclusive=True, reverse=True))
    length = np.maximum(np.sqrt((wide**2).sum(-1, keepdims=True)), 1e-6)
    case("L2_NORMALIZATION", "plain", [T(x)], f32(wide / length), options("L2Norm"))
    squares = np.pad(wide**2, [(0, 0)] * 3 + [(1, 1)])
    sums = sum(squares[..., i : i + 5] for i in range(3))
    case("LOCAL_RESPONSE_NORMALIZATION", "plain", [T(x)], f32(wide / (1.5 + 0.2 * sums) ** 0.75),
         options("LocalResponseNormalization", radius=1, bias=1.5, alpha=0.2, beta=0.75))


def record_resizes():
    x = data(1, 3, 4, 2)
    wide = x.astype(np.float64)
    q = T(integers(np.int8, 1, 3, 4, 2), scale=0.02, zero=5)
    for size in ((6, 8), (5, 3), (2, 2), (3, 9), (1, 1)):
        name = f"{size[0]}_{size[1]}"
        for kind, kw, fields in (("", {}, {}), ("halves_", {"halves": True}, {"halfPixelCenters": True}),
                                 ("corners_", {"corners": True}, {"alignCorners": True})):
            case("RESIZE_BILINEAR", kind + name, [T(x), i32(*size)], f32(bilinear(wide, *size, **kw)), options("ResizeBilinear", **fields))
            case("RESIZE_NEAREST_NEIGHBOR", kind + name, [T(x), i32(*size)], f32(nearest(x, *size, **kw)),
                 options("ResizeNearestNeighbor", **fields))
    for kind, kw, fields in (("", {}, {}), ("halves", {"halves": True}, {"halfPixelCenters": True})):
        case("RESIZE_BILINEAR", "int8_" + kind, [q, i32(6, 8)], to_integers(bilinear(q.real(), 6, 8, **kw), np.int8, 0.02, 5),
             options("ResizeBilinear", **fields))
    case("RESIZE_NEAREST_NEIGHBOR", "int8", [q, i32(6, 8)], T(nearest(q.data, 6, 8), scale=0.02, zero=5), options("ResizeNearestNeighbor"))


def record_indexing_and_shapes():
    x = data(2, 3, 4, 5)
    m = np.array([[0, 2], [1, 1]], dtype=np.int32)
    case("GATHER", "axis_1", [T(x), const(m)], f32(np.take(x, m, 1)), options("Gather", axis=1))
    case("GATHER", "scalar", [T(x), axis32(2)], f32(np.take(x, 2, 3)), options("Gather", axis=-1))
    case("GATHER", "computed", [T(data(4, 3)), T(np.array([3, 0], dtype=np.int32))], f32(data(4, 3)[[3, 0]]), options("Gather", axis=0))
    case("GATHER_ND", "plain", [T(x), const(m)], f32(x[m[:, 0], m[:, 1]]))
    case("EMBEDDING_LOOKUP", "plain", [T(np.array([1, 3], dtype=np.int32)), const(data(4, 3))], f32(data(4, 3)[[1, 3]]))
    case("ONE_HOT", "last", [T(np.array([1, 0, 3], dtype=np.int32)), axis32(3), const(np.float32(2)), const(np.float32(-1))],
         f32(np.where(np.array([1, 0, 3])[:, None] == np.arange(3), 2, -1)), options("OneHot", axis=-1))
    case("ONE_HOT", "first", [T(np.array([1, 0, 3], dtype=np.int32)), axis32(3), const(np.float32(2)), const(np.float32(-1))],
         f32(np.where(np.array([1, 0, 3])[:, None] == np.arange(3), 2, -1).T), options("OneHot", axis=0))
    order = np.argsort(-x, -1)[..., :2]
    case("TOPK_V2", "plain", [T(x), axis32(2)], [f32(np.take_along_axis(x, order, -1)), T(order.astype(np.int32))])
    case("SHAPE", "plain", [T(x)], T(np.array(x.shape, dtype=np.int32)))
    case("RANK", "plain", [T(x)], T(np.int32(4)))
    case("FILL", "computed", [i32(2, 3), T(np.float32(1.5))], f32(np.full((2, 3), 1.5)))
    case("ZEROS_LIKE", "plain", [T(x)], f32(np.zeros_like(x)))
    case("RANGE", "int32", [axis32(10), axis32(0), axis32(-3)], T(np.arange(10, 0, -3, dtype=np.int32)))
    case("BROADCAST_ARGS", "plain", [i32(3, 1), i32(2, 1, 4)], T(np.array([2, 3, 4], dtype=np.int32)))


def record_quantization():
    x = data(1, 3, 4, 5, scale=2)
    case("QUANTIZE", "int8", [T(x)], to_integers(x, np.int8, 0.03, 11))
    case("QUANTIZE", "uint8", [T(x)], to_integers(x, np.uint8, 0.02, 128))
    u = T(integers(np.uint8, 1, 3, 4, 5), scale=0.02, zero=128)
    case("QUANTIZE", "uint8_to_int8", [u], to_integers(u.real(), np.int8, 0.02, 0))
    case("QUANTIZE", "int8_scales", [T(integers(np.int8, 6), scale=0.02, zero=3)],
         to_integers(T(integers(np.int8, 6), scale=0.02, zero=3).real(), np.int8, 0.05, -20))
    case("DEQUANTIZE", "uint8", [u], f32(u.real()))
    case("DEQUANTIZE", "int16", [T(integers(np.int16, 6), scale=0.001, zero=0)], f32(T(integers(np.int16, 6), scale=0.001).real()))
    half = data(2, 3).astype(np.float16)
    case("DEQUANTIZE", "float16", [T(half)], f32(half))
    for name, low, high, bits, narrow in (("8", -2.0, 3.0, 8, False), ("narrow", -1.0, 1.0, 8, True), ("4", 0.0, 6.0, 4, False)):
        least, most = (1 if narrow else 0), 2**bits - 1
        scale = (high - low) / (most - least)
        zero = np.clip(np.round(least - low / scale), least, most)
        y = (np.clip(np.rint(x.astype(np.float64) / scale) + zero, least, most) - zero) * scale
        case("FAKE_QUANT", name, [T(x)], f32(y), options("FakeQuant", min=low, max=high, numBits=bits, narrowRange=narrow))


def main():
    for record in (record_convolutions, record_transposed_convolutions, record_products, record_elementwise, record_binary,
                   record_pools, record_movement, record_strided_slices, record_reductions, record_resizes,
                   record_indexing_and_shapes, record_quantization):
        record()
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "tflite_ops.zip"
    archive.write(path)
    print(f"{len(archive.cases)} cases of {len({c['op'] for c in archive.cases})} operators, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
