#!/usr/bin/env python3
"""Records tests/data/onnx_ops.zip: small ONNX models with the outputs ONNX Runtime gives for them.

Most models hold one operator. The operator sets run from 2 to 22, so that every form in which an operator keeps its
parameters (attribute, input, default) appears at least once. Up to operator set 8 the files have IR version 3, where
initializers must be listed among the graph inputs too; "inputs" in cases.json counts only what a caller has to feed.

    <op>/<case>/model.onnx, input0.npy, ..., output0.npy, ...
    cases.json: [{"name": "Conv/asym_pads", "op": "Conv", "opset": 11, "inputs": 1, "outputs": 1}, ...]

Usage: python3 record_onnx_ops.py [OUTPUT.zip]      (a second run gives the same bytes)

Recorded with Debian 13's onnx 1.17 and onnxruntime 1.21. There both bring the operator schemas along, and each warns
about the other's; the "Schema error" lines mean nothing.
"""

import collections
import pathlib
import sys

import numpy as np
import onnx
import onnx.reference
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import onnx_newer_cases
from case_archive import CaseArchive, npy_bytes

# The IR version that was current when each operator set came out.
IR_VERSION = {2: 3, 7: 3, 8: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10}

NAN, INF = float("nan"), float("inf")
SPECIAL = np.array([NAN, INF, -INF, 0.0, -0.0, 1.5, -1.5, 3.0e38, -1e-30], dtype=np.float32)

archive = CaseArchive()


class Const:
    """Marks an input that the model itself holds."""

    def __init__(self, array):
        self.array = np.array(array)


def f32(*values):
    return np.array(values, dtype=np.float32)


def i64(*values):
    return np.array(values, dtype=np.int64)


def data(*shape, seed=0, low=-3.0, high=3.0):
    """Multiples of 1/8: they pack well, hit ties and make sums of products exact."""
    rng = np.random.default_rng([seed, *shape])
    return (rng.integers(round(low * 8), round(high * 8) + 1, shape) / 8).astype(np.float32)


def fine(*shape, seed=0, scale=1.0):
    """Values that need all the bits of a float, to catch arithmetic done in less."""
    return (np.random.default_rng([seed, 99, *shape]).standard_normal(shape) * scale).astype(np.float32)


def whole(*shape, seed=0, low=-9, high=9, dtype=np.int32):
    return np.random.default_rng([seed, 7, *shape]).integers(low, high + 1, shape).astype(dtype)


def flags(*shape, seed=0):
    return np.random.default_rng([seed, 3, *shape]).integers(0, 2, shape).astype(bool)


def positive(*shape, seed=0):
    return data(*shape, seed=seed, low=0.125, high=4.0)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs.split(","), outputs.split(","), **attributes)


def value_info(name, array):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


def run_with_runtime(model, outputs, feeds):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(outputs, feeds)


def run_with_reference(model, outputs, feeds):
    """ONNX's own implementation in Python, for what ONNX Runtime does not have."""
    return onnx.reference.ReferenceEvaluator(model).run(outputs, feeds)


def record(name, opset, nodes, feeds, constants, outputs, run=run_with_runtime, functions=()):
    """Runs the graph and stores it with what went in and what came out."""
    ir = IR_VERSION[opset]
    initializers = [numpy_helper.from_array(array, key) for key, array in constants.items()]
    inputs = [value_info(key, array) for key, array in feeds.items()]
    if ir < 4:
        inputs += [value_info(key, array) for key, array in constants.items()]

    def model(results):
        graph = helper.make_graph(nodes, name.replace("/", "_"), inputs, results, initializers)
        imports = [helper.make_opsetid("", opset)]
        if any(n.domain == "com.microsoft" for n in nodes):
            imports.append(helper.make_opsetid("com.microsoft", 1))
        imports += [helper.make_opsetid(function.domain, 1) for function in functions[:1]]
        return helper.make_model(graph, ir_version=ir, producer_name="", opset_imports=imports, functions=functions)

    # The first run is there to learn the types and shapes of the outputs.
    untyped = model([onnx.ValueInfoProto(name=key) for key in outputs])
    results = [np.asarray(array) for array in run(untyped, outputs, feeds)]

    typed = model([value_info(key, array) for key, array in zip(outputs, results)])
    if not any(n.op_type == "SimplifiedLayerNormalization" for n in nodes):  # ONNX Runtime's own in ONNX's domain
        onnx.checker.check_model(typed, full_check=len(typed.opset_import) == 1)
    archive.add_file(f"{name}/model.onnx", typed.SerializeToString(deterministic=True))
    for kind, arrays in (("input", feeds.values()), ("output", results)):
        for index, array in enumerate(arrays):
            archive.add_file(f"{name}/{kind}{index}.npy", npy_bytes(array))
    archive.add_case({"name": name, "op": name.split("/")[0], "opset": opset, "inputs": len(feeds),
                      "outputs": len(outputs)})


def reference(name, opset, *arguments, **attributes):
    """One node with what ONNX's reference implementation answers."""
    op(name, opset, *arguments, run=run_with_reference, **attributes)


def op(name, opset, *arguments, outputs=1, run=run_with_runtime, **attributes):
    """Records one node. An argument is an array to feed, a Const, or None for an input left out."""
    feeds, constants, names = {}, {}, []
    for index, argument in enumerate(arguments):
        if argument is None:
            names.append("")
        elif isinstance(argument, Const):
            names.append(f"c{index}")
            constants[names[-1]] = argument.array
        else:
            names.append(f"x{index}")
            feeds[names[-1]] = np.asarray(argument)
    results = [f"y{index}" for index in range(outputs)]
    record(name, opset, [helper.make_node(name.split("/")[0], names, results, **attributes)], feeds, constants, results,
           run)


def graph(name, opset, nodes, feeds, constants=None, outputs=("y",)):
    record(name, opset, nodes, feeds, {key: np.array(value) for key, value in (constants or {}).items()}, list(outputs))


def conv():
    x, w, b = data(1, 3, 8, 7), Const(data(4, 3, 3, 3, seed=1, low=-1, high=1)), Const(data(4, seed=2))
    op("Conv/basic", 7, x, w, b, kernel_shape=[3, 3])
    op("Conv/no_bias", 11, x, w, kernel_shape=[3, 3])
    op("Conv/kernel_shape_implied", 11, x, w, b, pads=[1, 1, 1, 1])
    op("Conv/stride_2", 9, x, w, b, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    op("Conv/stride_2_1", 21, x, w, b, kernel_shape=[3, 3], strides=[2, 1], pads=[0, 1, 0, 1])
    op("Conv/asym_pads", 11, x, w, b, kernel_shape=[3, 3], pads=[0, 1, 2, 3])
    op("Conv/asym_pads_stride_2", 13, x, w, b, kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1])
    op("Conv/dilated", 11, x, w, b, kernel_shape=[3, 3], dilations=[2, 3], pads=[2, 3, 2, 3])
    for opset, mode in ((7, "SAME_UPPER"), (11, "SAME_LOWER"), (11, "VALID")):
        for stride in (1, 2, 3):
            op(f"Conv/{mode.lower()}_stride_{stride}", opset, x, w, b, auto_pad=mode, strides=[stride, stride])
    even = Const(data(4, 3, 2, 4, seed=3, low=-1, high=1))
    op("Conv/even_kernel_same_upper", 11, x, even, b, auto_pad="SAME_UPPER")
    op("Conv/even_kernel_same_lower", 11, x, even, b, auto_pad="SAME_LOWER")
    op("Conv/auto_pad_notset", 11, x, w, b, auto_pad="NOTSET", pads=[1, 0, 1, 0])
    op("Conv/pointwise", 11, x, Const(data(5, 3, 1, 1, seed=1)), Const(data(5, seed=2)))
    op("Conv/pointwise_stride_2", 11, x, Const(data(5, 3, 1, 1, seed=1)), Const(data(5, seed=2)), strides=[2, 2])
    op("Conv/batch_3", 11, data(3, 3, 5, 4), w, b, pads=[1, 1, 1, 1])
    op("Conv/kernel_5x1", 11, x, Const(data(2, 3, 5, 1, seed=1)), pads=[2, 0, 2, 0])
    op("Conv/whole_image", 11, data(2, 3, 4, 4), Const(data(6, 3, 4, 4, seed=1, low=-1, high=1)),
       Const(data(6, seed=2)))
    op("Conv/full_precision", 11, fine(1, 6, 6, 6), Const(fine(5, 6, 3, 3, seed=1, scale=0.2)), Const(fine(5)),
       pads=[1, 1, 1, 1])
    op("Conv/weight_fed", 11, x, data(2, 3, 3, 3, seed=1, low=-1, high=1), Const(data(2, seed=2)))
    op("Conv/bias_fed", 11, x, Const(data(2, 3, 3, 3, seed=1, low=-1, high=1)), data(2, seed=2))
    op("Conv/grouped", 11, data(1, 4, 6, 6), Const(data(6, 2, 3, 3, seed=1)), Const(data(6, seed=2)), group=2,
       pads=[1, 1, 1, 1])
    op("Conv/grouped_stride_2_no_bias", 7, data(1, 6, 6, 6), Const(data(6, 2, 3, 3, seed=1)), group=3, strides=[2, 2])
    y = data(1, 4, 7, 6)
    op("Conv/depthwise", 7, y, Const(data(4, 1, 3, 3, seed=1)), Const(data(4, seed=2)), group=4, pads=[1, 1, 1, 1])
    op("Conv/depthwise_no_bias", 11, y, Const(data(4, 1, 3, 3, seed=1)), group=4)
    op("Conv/depthwise_stride_2", 11, y, Const(data(4, 1, 3, 3, seed=1)), Const(data(4, seed=2)), group=4,
       strides=[2, 2], pads=[0, 0, 1, 1])
    op("Conv/depthwise_5x5", 13, y, Const(data(4, 1, 5, 5, seed=1)), Const(data(4, seed=2)), group=4, pads=[2] * 4)
    op("Conv/depthwise_dilated", 13, y, Const(data(4, 1, 3, 3, seed=1)), group=4, dilations=[2, 2], pads=[2] * 4)
    op("Conv/depthwise_same_upper", 11, y, Const(data(4, 1, 3, 3, seed=1)), group=4, strides=[2, 2],
       auto_pad="SAME_UPPER")
    op("Conv/depth_multiplier_2", 11, y, Const(data(8, 1, 3, 3, seed=1)), Const(data(8, seed=2)), group=4,
       pads=[1, 1, 1, 1])
    op("Conv/one_channel_group_1", 11, data(1, 1, 6, 6), Const(data(1, 1, 3, 3, seed=1)), Const(data(1, seed=2)))

    s, w, b = data(2, 3, 10), Const(data(4, 3, 3, seed=1)), Const(data(4, seed=2))
    op("Conv/1d", 7, s, w, b)
    op("Conv/1d_no_bias", 11, s, w, kernel_shape=[3])
    op("Conv/1d_asym_pads_stride_2", 11, s, w, b, pads=[1, 2], strides=[2])
    op("Conv/1d_dilated", 11, s, w, b, dilations=[3], pads=[3, 3])
    op("Conv/1d_causal", 11, s, w, b, pads=[2, 0])
    op("Conv/1d_same_upper", 11, s, w, b, auto_pad="SAME_UPPER", strides=[2])
    op("Conv/1d_same_lower", 11, s, w, b, auto_pad="SAME_LOWER", strides=[3])
    op("Conv/1d_grouped", 11, data(1, 4, 9), Const(data(4, 2, 3, seed=1)), b, group=2)
    op("Conv/1d_depthwise", 11, data(1, 4, 9), Const(data(4, 1, 3, seed=1)), b, group=4, pads=[1, 1])
    op("Conv/1d_pointwise", 11, s, Const(data(4, 3, 1, seed=1)), b)


def conv_transpose():
    x, w, b = data(1, 3, 4, 5), Const(data(3, 2, 3, 3, seed=1)), Const(data(2, seed=2))
    op("ConvTranspose/basic", 7, x, w, b)
    op("ConvTranspose/no_bias", 11, x, w, kernel_shape=[3, 3])
    op("ConvTranspose/stride_2", 11, x, w, b, strides=[2, 2])
    op("ConvTranspose/stride_2_pads_1", 11, x, w, b, strides=[2, 2], pads=[1, 1, 1, 1])
    op("ConvTranspose/output_padding", 11, x, w, b, strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])
    op("ConvTranspose/output_padding_uneven", 11, x, w, strides=[3, 2], output_padding=[2, 1])
    op("ConvTranspose/output_shape", 11, x, w, b, strides=[2, 2], output_shape=[8, 10])
    op("ConvTranspose/output_shape_same_upper", 11, x, w, b, strides=[2, 2], output_shape=[8, 10],
       auto_pad="SAME_UPPER")
    op("ConvTranspose/asym_pads", 11, x, w, b, strides=[2, 2], pads=[0, 1, 1, 2])
    op("ConvTranspose/dilated", 11, x, w, b, dilations=[2, 2])
    op("ConvTranspose/dilated_stride_2", 11, x, w, b, dilations=[2, 1], strides=[2, 2], pads=[1, 0, 1, 0])
    op("ConvTranspose/same_upper", 11, x, w, b, strides=[2, 2], auto_pad="SAME_UPPER")
    op("ConvTranspose/same_lower", 11, x, w, b, strides=[2, 2], auto_pad="SAME_LOWER")
    op("ConvTranspose/valid", 11, x, w, b, strides=[2, 2], auto_pad="VALID")
    op("ConvTranspose/kernel_2_stride_2", 13, x, Const(data(3, 4, 2, 2, seed=1)), Const(data(4, seed=2)),
       strides=[2, 2])
    op("ConvTranspose/kernel_4_stride_2", 21, x, Const(data(3, 2, 4, 4, seed=1)), b, strides=[2, 2], pads=[1] * 4)
    op("ConvTranspose/kernel_smaller_than_stride", 11, x, Const(data(3, 2, 2, 2, seed=1)), b, strides=[3, 3])
    op("ConvTranspose/grouped", 11, data(1, 4, 4, 4), Const(data(4, 3, 3, 3, seed=1)), Const(data(6, seed=2)), group=2)
    op("ConvTranspose/depthwise", 11, data(1, 3, 4, 4), Const(data(3, 1, 4, 4, seed=1)), Const(data(3, seed=2)),
       group=3, strides=[2, 2], pads=[1, 1, 1, 1])
    op("ConvTranspose/batch_2", 11, data(2, 3, 3, 4), w, b, strides=[2, 2])
    op("ConvTranspose/full_precision", 11, fine(1, 3, 4, 4), Const(fine(3, 2, 3, 3, seed=1)), Const(fine(2)))
    s, w = data(1, 3, 6), Const(data(3, 2, 3, seed=1))
    op("ConvTranspose/1d", 7, s, w, b)
    op("ConvTranspose/1d_stride_2", 11, s, w, b, strides=[2], pads=[1, 0], output_padding=[1])
    op("ConvTranspose/1d_same_upper", 11, s, w, b, strides=[2], auto_pad="SAME_UPPER")


def matrix_products():
    a, b = data(4, 6), Const(data(6, 5, seed=1))
    op("Gemm/basic", 7, a, b, Const(data(5, seed=2)))
    op("Gemm/trans_a", 9, data(6, 4), b, Const(data(5, seed=2)), transA=1)
    op("Gemm/trans_b", 9, a, Const(data(5, 6, seed=1)), Const(data(5, seed=2)), transB=1)
    op("Gemm/trans_both", 11, data(6, 4), Const(data(5, 6, seed=1)), Const(data(5, seed=2)), transA=1, transB=1)
    op("Gemm/alpha_beta", 11, a, b, Const(data(5, seed=2)), alpha=0.5, beta=-0.25)
    op("Gemm/beta_0", 11, a, b, Const(data(5, seed=2)), beta=0.0)
    op("Gemm/no_bias", 11, a, b)
    op("Gemm/no_bias_alpha", 13, a, b, alpha=1.5)
    for label, bias in (("1xN", data(1, 5, seed=2)), ("Mx1", data(4, 1, seed=2)), ("MxN", data(4, 5, seed=2)),
                        ("one", data(1, seed=2)), ("scalar", np.float32(0.75))):
        op(f"Gemm/bias_{label}", 13, a, b, Const(bias))
    op("Gemm/bias_fed", 11, a, b, data(5, seed=2))
    op("Gemm/all_fed", 11, a, data(6, 5, seed=1), data(5, seed=2), alpha=2.0)
    op("Gemm/all_fed_trans", 11, data(6, 4), data(5, 6, seed=1), data(4, 5, seed=2), transA=1, transB=1, beta=0.5)
    op("Gemm/row", 11, data(1, 6), Const(data(5, 6, seed=1)), Const(data(5, seed=2)), transB=1)
    op("Gemm/full_precision", 11, fine(3, 17), Const(fine(7, 17, seed=1)), Const(fine(7)), transB=1)

    shapes = {"2d": ((4, 6), (6, 5)), "vector_matrix": ((6,), (6, 5)), "matrix_vector": ((4, 6), (6,)),
              "vector_vector": ((6,), (6,)), "batched": ((2, 3, 4), (2, 4, 5)),
              "batched_4d": ((2, 2, 3, 4), (2, 2, 4, 3)), "broadcast_right": ((2, 3, 4), (4, 5)),
              "broadcast_left": ((3, 4), (2, 4, 5)),
              "broadcast_both": ((2, 1, 3, 4), (3, 4, 2)), "broadcast_ones": ((1, 3, 4), (2, 4, 2)),
              "batch_vector": ((2, 3, 4), (4,)), "vector_batch": ((4,), (2, 4, 3))}
    for index, (label, (left, right)) in enumerate(shapes.items()):
        op(f"MatMul/{label}_const", (7, 9, 13)[index % 3], data(*left), Const(data(*right, seed=1)))
        op(f"MatMul/{label}_fed", (13, 7, 9)[index % 3], data(*left), data(*right, seed=1))
    op("MatMul/const_left", 13, Const(data(4, 6)), data(6, 3, seed=1))
    op("MatMul/const_left_batched", 13, Const(data(2, 3, 4)), data(2, 4, 3, seed=1))
    op("MatMul/full_precision", 13, fine(2, 5, 9), Const(fine(9, 6, seed=1)))
    op("MatMul/int32", 9, whole(3, 4), whole(4, 2, seed=1))


def pooling():
    x = data(1, 2, 7, 8)
    for kind in ("MaxPool", "AveragePool"):
        op(f"{kind}/basic", 7, x, kernel_shape=[2, 2], strides=[2, 2])
        op(f"{kind}/stride_default", 8, x, kernel_shape=[3, 2])
        op(f"{kind}/pads", 7, x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        op(f"{kind}/asym_pads", 11, x, kernel_shape=[3, 3], strides=[2, 2], pads=[0, 1, 2, 0])
        op(f"{kind}/ceil", 10, x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        op(f"{kind}/ceil_pads", 11, x, kernel_shape=[3, 3], strides=[3, 2], pads=[1, 1, 1, 1], ceil_mode=1)
        op(f"{kind}/same_upper", 7, x, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
        op(f"{kind}/same_lower", 11, x, kernel_shape=[2, 2], strides=[1, 1], auto_pad="SAME_LOWER")
        op(f"{kind}/valid", 11, x, kernel_shape=[3, 3], strides=[2, 2], auto_pad="VALID")
        op(f"{kind}/batch_2", 12 if kind == "MaxPool" else 11, data(2, 3, 4, 4), kernel_shape=[2, 2], strides=[1, 2])
        op(f"{kind}/whole_image", 11, data(1, 3, 5, 4), kernel_shape=[5, 4])
        s = data(2, 3, 9)
        op(f"{kind}/1d", 7, s, kernel_shape=[3], strides=[2])
        op(f"{kind}/1d_asym_pads", 11, s, kernel_shape=[3], pads=[1, 0])
        op(f"{kind}/1d_ceil", 11, s, kernel_shape=[2], strides=[2], ceil_mode=1)
        op(f"{kind}/1d_same_upper", 11, s, kernel_shape=[3], strides=[2], auto_pad="SAME_UPPER")
    op("MaxPool/dilated", 10, x, kernel_shape=[2, 3], dilations=[2, 2])
    op("MaxPool/dilated_pads_stride", 11, x, kernel_shape=[3, 3], dilations=[2, 1], pads=[1, 1, 1, 1], strides=[2, 1])
    op("MaxPool/1d_dilated", 12, data(1, 2, 9), kernel_shape=[3], dilations=[2])
    op("MaxPool/indices", 8, x, kernel_shape=[2, 2], strides=[2, 2], outputs=2)
    op("MaxPool/indices_pads", 12, x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], outputs=2)
    op("MaxPool/all_negative_pads", 11, data(1, 2, 4, 4, low=-5, high=-1), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    op("MaxPool/uint8", 12, whole(1, 2, 4, 4, low=0, high=255, dtype=np.uint8), kernel_shape=[2, 2])
    op("AveragePool/include_pad", 7, x, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
    op("AveragePool/include_asym_pads", 11, x, kernel_shape=[3, 3], strides=[2, 2], pads=[0, 1, 2, 0],
       count_include_pad=1)
    op("AveragePool/include_pad_ceil", 19, x, kernel_shape=[3, 3], strides=[3, 2], pads=[1, 1, 1, 1],
       count_include_pad=1, ceil_mode=1)
    op("AveragePool/include_pad_same_upper", 11, x, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER",
       count_include_pad=1)
    op("AveragePool/dilated", 19, x, kernel_shape=[2, 2], dilations=[2, 2])
    op("AveragePool/dilated_pads", 19, x, kernel_shape=[2, 2], dilations=[2, 1], pads=[1, 1, 1, 1])
    op("AveragePool/full_precision", 11, fine(1, 2, 5, 5), kernel_shape=[3, 3])
    for kind in ("GlobalAveragePool", "GlobalMaxPool"):
        op(f"{kind}/2d", 7, data(2, 3, 4, 5))
        op(f"{kind}/1d", 11, data(2, 3, 7))
        op(f"{kind}/1x1", 13, data(1, 4, 1, 1))


def normalization():
    def statistics(channels):
        return [Const(positive(channels, seed=1)), Const(data(channels, seed=2)), Const(data(channels, seed=3)),
                Const(positive(channels, seed=4))]

    for opset in (7, 9, 14, 15):
        op(f"BatchNormalization/opset_{opset}", opset, data(2, 3, 4, 4), *statistics(3))
    op("BatchNormalization/epsilon", 9, data(1, 3, 4, 4), *statistics(3), epsilon=0.1, momentum=0.5)
    op("BatchNormalization/rank_2", 9, data(4, 5), *statistics(5))
    op("BatchNormalization/rank_3", 15, data(2, 3, 5), *statistics(3))
    op("BatchNormalization/training_mode_0", 15, data(1, 3, 4, 4), *statistics(3), training_mode=0)
    op("BatchNormalization/small_variance", 9, data(1, 2, 3, 3), Const(f32(1, 2)), Const(f32(0, 1)), Const(f32(0.5, 0)),
       Const(f32(1e-6, 0)))

    x = data(2, 3, 8)
    for label, axis in (("last", -1), ("axis_1", 1)):
        shape = x.shape[axis:]
        op(f"LayerNormalization/{label}", 17, x, Const(data(*shape, seed=1)), Const(data(*shape, seed=2)), axis=axis)
    op("LayerNormalization/no_bias", 17, x, Const(data(8, seed=1)))
    op("LayerNormalization/epsilon", 17, x, Const(data(8, seed=1)), Const(data(8, seed=2)), epsilon=0.01)
    op("LayerNormalization/rank_2", 21, fine(4, 10), Const(fine(10, seed=1)), Const(fine(10, seed=2)))
    op("LayerNormalization/rank_4_axis_2", 17, data(2, 2, 3, 4), Const(data(3, 4, seed=1)), Const(data(3, 4, seed=2)),
       axis=2)
    op("LayerNormalization/scale_bias_fed", 17, x, data(8, seed=1), data(8, seed=2))
    op("InstanceNormalization/2d", 7, data(2, 3, 4, 4), Const(data(3, seed=1)), Const(data(3, seed=2)))
    op("InstanceNormalization/1d", 11, data(2, 3, 7), Const(data(3, seed=1)), Const(data(3, seed=2)))
    op("InstanceNormalization/epsilon", 13, data(1, 3, 4, 4), Const(data(3, seed=1)), Const(data(3, seed=2)),
       epsilon=0.1)
    # In operator set 18 scale and bias belong to a group, from 21 on to a channel.
    x = data(2, 6, 3, 3)
    op("GroupNormalization/opset_18", 18, x, Const(data(3, seed=1)), Const(data(3, seed=2)), num_groups=3)
    op("GroupNormalization/opset_18_one_group", 18, x, Const(data(1, seed=1)), Const(data(1, seed=2)), num_groups=1)
    op("GroupNormalization/opset_21", 21, x, Const(data(6, seed=1)), Const(data(6, seed=2)), num_groups=3)
    op("GroupNormalization/opset_21_epsilon", 21, x, Const(data(6, seed=1)), Const(data(6, seed=2)), num_groups=2,
       epsilon=0.1)
    op("GroupNormalization/opset_21_rank_3", 21, data(2, 4, 5), Const(data(4, seed=1)), Const(data(4, seed=2)),
       num_groups=2)
    op("LRN/size_3", 7, data(1, 6, 3, 3), size=3)
    op("LRN/size_5_parameters", 13, data(1, 7, 2, 3), size=5, alpha=0.5, beta=0.75, bias=2.0)
    op("MeanVarianceNormalization/default", 9, data(2, 3, 3, 3))
    op("MeanVarianceNormalization/axes", 13, data(2, 3, 3, 3), axes=[2, 3])
    op("LpNormalization/l2", 7, positive(3, 5), axis=1, p=2)
    op("LpNormalization/l1", 7, positive(2, 3, 4), axis=-1, p=1)


def arithmetic():
    pairs = {"same": ((2, 3, 4), (2, 3, 4)), "channel": ((2, 3, 4), (3, 1)), "both_ways": ((2, 1, 4), (3, 1)),
             "scalar": ((2, 3), ())}
    for kind in ("Add", "Sub", "Mul", "Div"):
        for index, (label, (left, right)) in enumerate(pairs.items()):
            divisor = positive(*right, seed=1) if kind == "Div" else data(*right, seed=1)
            op(f"{kind}/{label}", (7, 13, 14, 9)[index], data(*left), divisor)
        op(f"{kind}/const", 13, data(2, 3, 4), Const(positive(4, seed=1)))
        op(f"{kind}/const_first", 14, Const(data(3, 1)), positive(2, 3, 4, seed=1))
        op(f"{kind}/rank_5", 14, data(1, 2, 1, 2, 3), positive(2, 2, 2, 1, 3, seed=1))
        for dtype in (np.int32, np.int64):
            op(f"{kind}/{np.dtype(dtype)}", 14, whole(3, 4, dtype=dtype), whole(4, seed=1, low=1, dtype=dtype))
        op(f"{kind}/special", 13, SPECIAL[:, None], SPECIAL)
    op("Add/zero", 13, data(3, 4), Const(f32(0)))
    op("Div/int32_negative", 13, whole(4, 5), np.array([-7, -2, 2, 3, 7], dtype=np.int32))
    op("Add/uint8_wraps", 14, whole(8, low=200, high=255, dtype=np.uint8), whole(8, low=0, high=90, dtype=np.uint8))

    op("Pow/square", 7, data(3, 4), Const(np.float32(2)))
    op("Pow/cube", 13, data(3, 4), Const(f32(3)))
    op("Pow/root", 12, positive(3, 4), Const(np.float32(0.5)))
    op("Pow/minus_one", 13, positive(3, 4), Const(np.float32(-1)))
    op("Pow/tensor", 7, positive(2, 3, 4), data(3, 1, seed=1))
    op("Pow/const_base", 13, Const(np.float32(2)), data(3, 4))
    op("Pow/int_exponent", 12, data(3, 4), Const(i64(2)))
    op("Pow/int32", 12, whole(3, 4, low=-4, high=4), whole(4, seed=1, low=0, high=4))
    op("Pow/special", 13, SPECIAL[:, None], f32(0, 1, -1, 2, 0.5, NAN, INF))
    op("Mod/int32", 10, whole(4, 5), np.array([-7, -3, 2, 3, 7], dtype=np.int32))
    op("Mod/int64_fmod", 13, whole(4, 5, dtype=np.int64), i64(-7, -3, 2, 3, 7), fmod=1)
    op("Mod/float_fmod", 10, data(4, 5), f32(-1.5, -0.75, 0.5, 1.25, 2.0), fmod=1)
    op("Mod/uint8", 13, whole(6, low=0, high=255, dtype=np.uint8), whole(6, seed=1, low=1, high=9, dtype=np.uint8))

    for kind in ("Min", "Max", "Sum", "Mean"):
        op(f"{kind}/one", 8, data(3, 4))
        op(f"{kind}/two", 8, data(3, 4), data(3, 4, seed=1))
        op(f"{kind}/three_broadcast", 13, data(2, 3, 4), data(3, 1, seed=1), data(4, seed=2))
        op(f"{kind}/four_const", 13, data(3, 4), Const(data(4, seed=1)), data(3, 1, seed=2), Const(np.float32(0.5)))
    for kind in ("Min", "Max"):
        # Without NaN, which ONNX Runtime 1.21 passes on from one side and drops from the other.
        op(f"{kind}/infinite", 13, SPECIAL[1:, None], SPECIAL[1:])
        op(f"{kind}/int32", 12, whole(3, 4), whole(4, seed=1))
        op(f"{kind}/int64", 12, whole(3, 4, dtype=np.int64), whole(3, 1, seed=1, dtype=np.int64))

    for kind in ("And", "Or", "Xor"):
        op(f"{kind}/same", 7, flags(3, 4), flags(3, 4, seed=1))
        op(f"{kind}/broadcast", 7, flags(2, 1, 4), flags(3, 1, seed=1))
    op("Not/2d", 7, flags(3, 4))
    for kind in ("Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"):
        new = kind.endswith("OrEqual")
        op(f"{kind}/float", 12 if new else 11, data(4, 6, low=-1, high=1), data(4, 6, seed=1, low=-1, high=1))
        op(f"{kind}/float_broadcast", 16 if new else 13, data(2, 3, 4, low=-1, high=1),
           data(3, 1, seed=1, low=-1, high=1))
        op(f"{kind}/int32", 12 if new else 9, whole(4, 5, low=-2, high=2), whole(5, seed=1, low=-2, high=2))
        op(f"{kind}/int64", 16 if new else 9, whole(4, 5, low=-2, high=2, dtype=np.int64), Const(i64(1)))
        op(f"{kind}/special", 16 if new else 13, SPECIAL[:, None], SPECIAL)
    op("Equal/opset_7_int32", 7, whole(4, 5, low=-2, high=2), whole(5, seed=1, low=-2, high=2))
    op("Greater/opset_7", 7, data(4, 5, low=-1, high=1), data(5, seed=1, low=-1, high=1))
    op("Less/opset_7", 7, data(4, 5, low=-1, high=1), data(5, seed=1, low=-1, high=1))
    op("Equal/bool", 13, flags(3, 4), flags(4, seed=1))
    op("Where/same", 9, flags(3, 4), data(3, 4), data(3, 4, seed=1))
    op("Where/broadcast", 16, flags(3, 1), data(2, 3, 4), Const(np.float32(-1)))
    op("Where/broadcast_condition_widest", 16, flags(2, 3, 4), data(4), data(3, 1, seed=1))
    op("Where/mask_minus_inf", 16, flags(3, 4), data(3, 4), Const(f32(-INF)))
    op("Where/int64", 16, flags(3, 4), whole(4, dtype=np.int64), whole(3, 4, seed=1, dtype=np.int64))
    for direction in ("LEFT", "RIGHT"):
        op(f"BitShift/{direction.lower()}", 11, whole(8, low=0, high=255, dtype=np.uint8),
           whole(8, seed=1, low=0, high=7, dtype=np.uint8), direction=direction)
    for kind in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
        op(f"{kind}/int32", 18, whole(3, 4, low=-99, high=99), whole(4, seed=1, low=-99, high=99))
    op("BitwiseAnd/uint8", 18, whole(8, low=0, high=255, dtype=np.uint8),
       whole(8, seed=1, low=0, high=255, dtype=np.uint8))
    op("BitwiseNot/int32", 18, whole(3, 4, low=-99, high=99))


def unary():
    wide, inner = data(3, 11, low=-4, high=4), data(3, 7, low=-1, high=1)
    at_least_one = data(3, 7, low=1, high=6)
    domain = {"Sqrt": positive(3, 7), "Log": positive(3, 7), "Reciprocal": positive(3, 7), "Asin": inner, "Acos": inner,
              "Atanh": inner * np.float32(0.875), "Acosh": at_least_one}
    opsets = {"Relu": (7, 13, 14), "Sigmoid": (7, 13), "Tanh": (7, 13), "Exp": (7, 13), "Log": (7, 13), "Sqrt": (7, 13),
              "Abs": (7, 13), "Neg": (7, 13), "Reciprocal": (7, 13), "Floor": (7, 13), "Ceil": (7, 13), "Round": (11,),
              "Sign": (9, 13), "Sin": (7,), "Cos": (7,), "Tan": (7,), "Asin": (7,), "Acos": (7,), "Atan": (7,),
              "Sinh": (9,), "Cosh": (9,), "Asinh": (9,), "Acosh": (9,), "Atanh": (9,), "Erf": (9, 13), "Softplus": (7,),
              "Softsign": (7,), "HardSwish": (14,), "Mish": (18,), "Identity": (7, 13, 16)}
    for kind, versions in opsets.items():
        for opset in versions:
            op(f"{kind}/opset_{opset}", opset, domain.get(kind, wide))
    # Without Sqrt and Erf: ONNX Runtime 1.21 answers NaN for the root of infinity and 1 for erf(NaN).
    for kind in ("Relu", "Sigmoid", "Tanh", "Exp", "Log", "Abs", "Neg", "Reciprocal", "Floor", "Ceil", "Round", "Sign",
                 "Atan", "Softplus", "HardSwish"):
        op(f"{kind}/special", 14, SPECIAL)
    for kind in ("Abs", "Neg", "Sign"):
        op(f"{kind}/int32", 13, whole(3, 5))
    op("Abs/int64", 13, whole(3, 5, dtype=np.int64))
    op("Relu/int32", 14, whole(3, 5))
    op("Relu/scalar", 14, np.float32(-2.5))
    op("Relu/rank_5", 14, data(1, 2, 2, 3, 2))
    op("Identity/int64", 13, whole(2, 3, dtype=np.int64))
    op("Identity/bool", 13, flags(2, 3))

    op("LeakyRelu/default", 7, wide)
    op("LeakyRelu/alpha", 16, wide, alpha=0.25)
    op("Elu/default", 7, wide)
    op("Elu/alpha", 7, wide, alpha=0.5)
    op("Selu/default", 7, wide)
    op("Selu/parameters", 7, wide, alpha=2.0, gamma=1.5)
    op("Celu/default", 12, wide)
    op("Celu/alpha", 12, wide, alpha=2.0)
    op("ThresholdedRelu/default", 10, wide)
    op("ThresholdedRelu/alpha", 10, wide, alpha=2.0)
    op("HardSigmoid/default", 7, wide)
    op("HardSigmoid/alpha_beta", 7, wide, alpha=0.25, beta=0.375)
    op("Gelu/none", 20, wide)
    op("Gelu/tanh", 20, wide, approximate="tanh")
    image = data(2, 3, 3, 3)
    op("PRelu/channel", 7, image, Const(data(3, 1, 1, seed=1)))
    op("PRelu/one", 9, image, Const(f32(0.25)))
    op("PRelu/full", 16, image, Const(data(2, 3, 3, 3, seed=1)))
    op("PRelu/last_dim", 16, image, Const(data(3, seed=1)))
    op("PRelu/slope_fed", 16, image, data(3, 1, 1, seed=1))
    op("PRelu/rank_2", 9, data(4, 5), Const(data(5, seed=1)))
    op("Shrink/default", 9, wide)
    op("Shrink/parameters", 9, wide, lambd=1.5, bias=0.5)

    op("Clip/attributes", 7, wide, min=-1.0, max=2.0)
    op("Clip/attribute_min", 7, wide, min=0.5)
    op("Clip/attribute_max", 10, wide, max=0.5)
    op("Clip/attributes_none", 7, wide)
    op("Clip/relu6_attributes", 9, wide * np.float32(2), min=0.0, max=6.0)
    op("Clip/inputs", 11, wide, Const(np.float32(-1)), Const(np.float32(2)))
    op("Clip/input_min", 12, wide, Const(np.float32(0.5)))
    op("Clip/input_max", 13, wide, None, Const(np.float32(0.5)))
    op("Clip/inputs_none", 13, wide)
    op("Clip/inputs_fed", 13, wide, np.float32(-1.5), np.float32(1.5))
    op("Clip/relu6", 13, wide * np.float32(2), Const(np.float32(0)), Const(np.float32(6)))
    op("Clip/int32", 12, whole(3, 5), Const(np.int32(-3)), Const(np.int32(4)))
    op("Clip/int64", 13, whole(3, 5, dtype=np.int64), Const(np.int64(0)))
    op("Clip/special", 13, SPECIAL, Const(np.float32(-1)), Const(np.float32(1)))

    # Before operator set 13 the input is flattened to a matrix at `axis`, which is 1 unless given.
    x = data(2, 3, 4)
    for kind in ("Softmax", "LogSoftmax", "Hardmax"):
        op(f"{kind}/opset_7_default_flattens", 7, x)
        op(f"{kind}/opset_11_axis_0_flattens", 11, x, axis=0)
        op(f"{kind}/opset_11_axis_2", 11, x, axis=2)
        op(f"{kind}/opset_11_negative_axis", 11, x, axis=-2)
        op(f"{kind}/opset_7_matrix", 7, data(3, 6))
        op(f"{kind}/opset_13_default", 13, x)
        op(f"{kind}/opset_13_axis_1", 13, x, axis=1)
        op(f"{kind}/opset_13_axis_0", 13, x, axis=0)
        op(f"{kind}/opset_13_image", 13, data(1, 4, 2, 3), axis=1)
    for kind in ("Softmax", "LogSoftmax"):
        op(f"{kind}/large_values", 13, data(2, 5, low=-200, high=200))
        op(f"{kind}/minus_inf", 13, f32(0, 1, -INF, 2).reshape(1, 4))

    op("IsNaN/opset_9", 9, SPECIAL)
    op("IsNaN/opset_20", 20, SPECIAL)
    op("IsInf/default", 10, SPECIAL)
    op("IsInf/positive_only", 10, SPECIAL, detect_negative=0)
    op("IsInf/negative_only", 20, SPECIAL, detect_positive=0)

    op("Dropout/opset_7", 7, data(3, 4))
    op("Dropout/opset_10_ratio", 10, data(3, 4), ratio=0.3)
    op("Dropout/opset_12", 12, data(3, 4), Const(np.float32(0.3)))
    op("Dropout/opset_13_inference", 13, data(3, 4), Const(np.float32(0.3)), Const(np.array(False)))
    op("Dropout/opset_13_mask", 13, data(3, 4), Const(np.float32(0.3)), outputs=2)
    op("Dropout/opset_13_plain", 13, data(3, 4), seed=5)


def layout():
    x = data(2, 3, 4)
    op("Concat/two", 7, data(2, 3), data(2, 2, seed=1), axis=1)
    op("Concat/three_axis_0", 11, data(1, 3), data(2, 3, seed=1), data(3, 3, seed=2), axis=0)
    op("Concat/negative_axis", 13, data(2, 1, 3), data(2, 1, 2, seed=1), axis=-1)
    op("Concat/channels", 13, data(1, 2, 3, 3), data(1, 3, 3, 3, seed=1), axis=1)
    op("Concat/one", 13, x, axis=1)
    op("Concat/const", 13, data(2, 3), Const(data(2, 1, seed=1)), axis=1)
    op("Concat/int64", 13, whole(3, dtype=np.int64), whole(2, dtype=np.int64), axis=0)
    op("Concat/five", 13, *[data(1, 2, 2, seed=i) for i in range(5)], axis=0)

    op("Split/attribute", 7, data(2, 6), axis=1, split=[2, 1, 3], outputs=3)
    op("Split/equal", 7, data(6, 2), outputs=3)
    op("Split/negative_axis", 11, data(2, 3, 4), axis=-1, split=[1, 3], outputs=2)
    op("Split/input", 13, data(2, 6), Const(i64(2, 1, 3)), axis=1, outputs=3)
    op("Split/input_equal", 13, data(6, 2), outputs=2)
    op("Split/num_outputs", 18, data(2, 6), axis=1, num_outputs=3, outputs=3)
    op("Split/num_outputs_uneven", 18, data(7, 2), num_outputs=3, outputs=3)
    op("Split/input_opset_18", 18, data(2, 6), Const(i64(4, 2)), axis=1, outputs=2)
    op("Split/one", 13, data(2, 6), Const(i64(6)), axis=1)

    grid = data(5, 6)
    op("Slice/attributes", 7, grid, starts=[1, 2], ends=[4, 5])
    op("Slice/attribute_axes", 7, grid, axes=[1], starts=[-3], ends=[1000])
    op("Slice/attribute_negative_end", 9, grid, axes=[0], starts=[0], ends=[-1])
    op("Slice/inputs", 10, grid, Const(i64(1, 2)), Const(i64(4, 5)))
    op("Slice/inputs_axes", 10, grid, Const(i64(1)), Const(i64(-1)), Const(i64(1)))
    op("Slice/steps", 11, grid, Const(i64(0, 1)), Const(i64(5, 6)), Const(i64(0, 1)), Const(i64(2, 3)))
    op("Slice/negative_step", 13, grid, Const(i64(-1)), Const(i64(-1000)), Const(i64(1)), Const(i64(-1)))
    op("Slice/negative_step_2", 13, grid, Const(i64(4, 5)), Const(i64(0, 0)), Const(i64(0, 1)), Const(i64(-2, -2)))
    op("Slice/negative_axes", 13, data(2, 3, 4), Const(i64(1, -2)), Const(i64(3, 9223372036854775807)),
       Const(i64(-2, -1)))
    op("Slice/int32_indices", 13, grid, Const(np.int32([1])), Const(np.int32([3])), Const(np.int32([0])),
       Const(np.int32([1])))
    op("Slice/beyond_end", 13, grid, Const(i64(3)), Const(i64(100)), Const(i64(0)))
    op("Slice/steps_no_axes", 13, grid, Const(i64(0, 0)), Const(i64(5, 6)), None, Const(i64(2, 2)))
    op("Slice/rank_4_channels", 13, data(1, 4, 3, 3), Const(i64(1)), Const(i64(3)), Const(i64(1)))
    op("Slice/empty", 13, grid, Const(i64(3)), Const(i64(3)), Const(i64(0)))
    op("Slice/int64", 13, whole(4, 3, dtype=np.int64), Const(i64(1)), Const(i64(3)), Const(i64(0)))

    op("Pad/attributes", 7, data(2, 3), mode="constant", pads=[1, 0, 0, 2], value=1.5)
    op("Pad/attribute_default_value", 9, data(2, 3), pads=[0, 1, 1, 0])
    op("Pad/attribute_reflect", 7, data(1, 2, 4, 4), mode="reflect", pads=[0, 0, 1, 2, 0, 0, 3, 1])
    op("Pad/attribute_edge", 7, data(1, 2, 3, 3), mode="edge", pads=[0, 0, 1, 0, 0, 0, 2, 1])
    op("Pad/attribute_negative", 7, data(4, 5), pads=[-1, 1, 0, -2])
    op("Pad/inputs", 11, data(2, 3), Const(i64(1, 0, 0, 2)), Const(np.float32(-0.5)))
    op("Pad/input_default_value", 13, data(2, 3), Const(i64(0, 1, 1, 0)))
    op("Pad/input_reflect", 13, data(1, 2, 4, 4), Const(i64(0, 0, 2, 1, 0, 0, 1, 3)), mode="reflect")
    op("Pad/input_edge", 13, data(1, 2, 3, 3), Const(i64(0, 0, 2, 1, 0, 0, 0, 3)), mode="edge")
    op("Pad/input_negative", 13, data(4, 5), Const(i64(-1, 0, -1, 2)), Const(np.float32(9)))
    op("Pad/axes", 18, data(2, 3, 4), Const(i64(1, 2)), Const(np.float32(0.25)), Const(i64(1)))
    op("Pad/axes_negative", 18, data(2, 3, 4), Const(i64(1, 0, 0, 2)), None, Const(i64(-1, -2)))
    op("Pad/axes_reflect", 18, data(1, 2, 4, 4), Const(i64(1, 1, 1, 1)), None, Const(i64(2, 3)), mode="reflect")
    op("Pad/wrap", 19, data(1, 2, 3, 4), Const(i64(0, 0, 1, 2, 0, 0, 2, 1)), mode="wrap")
    op("Pad/1d_reflect", 13, data(2, 3, 5), Const(i64(0, 0, 2, 0, 0, 3)), mode="reflect")
    op("Pad/1d_edge", 13, data(2, 3, 5), Const(i64(0, 0, 2, 0, 0, 3)), mode="edge")
    op("Pad/minus_inf", 13, data(2, 3), Const(i64(0, 1, 0, 1)), Const(np.float32(-INF)))
    op("Pad/int32", 13, whole(2, 3), Const(i64(1, 1, 0, 0)), Const(np.int32(7)))
    op("Pad/zero_pads", 13, data(2, 3), Const(i64(0, 0, 0, 0)))

    op("Reshape/plain", 7, x, Const(i64(4, 6)))
    op("Reshape/minus_one", 9, x, Const(i64(-1, 3)))
    op("Reshape/zero_copies", 13, x, Const(i64(0, -1)))
    op("Reshape/zero_and_minus_one", 13, x, Const(i64(0, 0, 2, -1)))
    op("Reshape/allowzero_0", 14, x, Const(i64(0, 12)), allowzero=0)
    op("Reshape/allowzero_1", 14, np.zeros((0, 3, 4), np.float32), Const(i64(0, 6, 2)), allowzero=1)
    op("Reshape/to_scalar", 13, data(1, 1), Const(np.zeros(0, np.int64)))
    op("Reshape/from_scalar", 13, np.float32(2.5), Const(i64(1, 1)))
    op("Reshape/rank_5", 21, data(2, 12), Const(i64(2, 1, 3, 2, 2)))
    op("Flatten/default", 7, data(2, 3, 2, 2))
    op("Flatten/axis_0", 9, x, axis=0)
    op("Flatten/axis_2", 11, x, axis=2)
    op("Flatten/axis_rank", 13, x, axis=3)
    op("Flatten/negative_axis", 13, x, axis=-1)
    op("Flatten/vector", 13, data(5), axis=1)
    op("Transpose/default", 7, x)
    op("Transpose/perm", 13, x, perm=[1, 0, 2])
    op("Transpose/nchw_to_nhwc", 13, data(1, 2, 3, 4), perm=[0, 2, 3, 1])
    op("Transpose/nhwc_to_nchw", 13, data(1, 3, 4, 2), perm=[0, 3, 1, 2])
    op("Transpose/identity", 13, x, perm=[0, 1, 2])
    op("Transpose/rank_5", 21, data(2, 1, 3, 2, 2), perm=[4, 2, 0, 3, 1])
    op("Transpose/int64", 13, whole(2, 3, dtype=np.int64))
    op("Squeeze/attribute", 7, data(1, 3, 1, 2), axes=[0, 2])
    op("Squeeze/attribute_all", 7, data(1, 3, 1, 2))
    op("Squeeze/attribute_negative", 11, data(1, 3, 2, 1), axes=[-1])
    op("Squeeze/input", 13, data(1, 3, 1, 2), Const(i64(2)))
    op("Squeeze/input_negative", 21, data(1, 3, 1, 2), Const(i64(-2, 0)))
    op("Squeeze/input_all", 13, data(1, 3, 1, 2))
    op("Squeeze/to_scalar", 13, data(1, 1))
    op("Unsqueeze/attribute", 7, data(3, 2), axes=[0, 3])
    op("Unsqueeze/attribute_negative", 11, data(3, 2), axes=[-1, 1])
    op("Unsqueeze/input", 13, data(3, 2), Const(i64(0, 2)))
    op("Unsqueeze/input_unsorted", 21, data(3, 2), Const(i64(3, 0)))
    op("Unsqueeze/input_negative", 13, data(3, 2), Const(i64(-1)))
    op("Unsqueeze/scalar", 13, np.float32(1.5), Const(i64(0)))
    op("Expand/plain", 8, data(3, 1), Const(i64(3, 4)))
    op("Expand/new_dims", 13, data(3, 1), Const(i64(2, 1, 4)))
    op("Expand/one_means_keep", 13, data(2, 3), Const(i64(1, 1)))
    op("Expand/scalar", 13, np.float32(2), Const(i64(2, 3)))
    op("Tile/plain", 7, data(2, 3), Const(i64(2, 3)))
    op("Tile/rank_4", 13, data(1, 2, 2, 1), Const(i64(2, 1, 1, 3)))
    op("Tile/ones", 13, data(2, 3), Const(i64(1, 1)))
    op("Tile/int64", 13, whole(4, dtype=np.int64), Const(i64(3)))

    op("DepthToSpace/default", 7, data(1, 8, 2, 3), blocksize=2)
    op("DepthToSpace/dcr", 11, data(1, 8, 2, 3), blocksize=2, mode="DCR")
    op("DepthToSpace/crd", 13, data(2, 9, 2, 2), blocksize=3, mode="CRD")
    op("SpaceToDepth/block_2", 7, data(1, 2, 4, 6), blocksize=2)
    op("SpaceToDepth/block_3", 13, data(2, 1, 3, 6), blocksize=3)


def indexing():
    x = data(4, 3)
    op("Gather/axis_0", 7, x, Const(i64(2, 0, 2)))
    op("Gather/axis_1", 7, x, Const(i64(1, 0)), axis=1)
    op("Gather/negative_axis", 11, data(2, 3, 4), Const(i64(3, 1)), axis=-1)
    op("Gather/negative_indices", 11, x, Const(i64(-1, 0, -4)))
    op("Gather/scalar_index", 13, x, Const(np.int64(2)))
    op("Gather/scalar_index_axis_1", 13, x, Const(np.int64(-1)), axis=1)
    op("Gather/matrix_index", 13, x, Const(i64(0, 1, 2, 3, 3, 0).reshape(2, 3)))
    op("Gather/index_fed", 13, x, i64(1, 3, 0))
    op("Gather/embedding", 13, Const(data(7, 4)), whole(2, 3, low=0, high=6, dtype=np.int64))
    op("Gather/int32_index_fed", 13, x, np.int32([0, 3]))
    op("Gather/negative_index_fed", 13, x, i64(-1, -2, 0))
    op("Gather/int64_values", 13, whole(5, dtype=np.int64), Const(i64(4, 0)))
    op("GatherElements/axis_0", 11, data(3, 4), Const(whole(2, 4, low=0, high=2, dtype=np.int64)))
    op("GatherElements/axis_1_fed", 13, data(3, 4), whole(3, 2, low=-4, high=3, dtype=np.int64), axis=1)
    op("GatherElements/negative_axis", 13, data(2, 2, 3), Const(whole(2, 2, 2, low=0, high=2, dtype=np.int64)), axis=-1)
    op("GatherND/rows", 11, data(3, 4), Const(i64(2, 0).reshape(2, 1)))
    op("GatherND/elements", 12, data(3, 4), Const(i64(0, 1, 2, 3, -1, 0).reshape(3, 2)))
    op("GatherND/batch_dims", 12, data(2, 3, 4), Const(i64(1, 2).reshape(2, 1)), batch_dims=1)
    op("ScatterElements/axis_0", 11, data(4, 3), Const(i64(1, 0, 2, 3, 2, 0).reshape(2, 3)), data(2, 3, seed=1))
    op("ScatterElements/axis_1", 13, data(2, 5), Const(i64(1, 3, 0, -1).reshape(2, 2)), data(2, 2, seed=1), axis=1)
    op("ScatterElements/add", 18, data(2, 5), Const(i64(1, 1, 0, 4).reshape(2, 2)), data(2, 2, seed=1), axis=1,
       reduction="add")
    op("Scatter/opset_9", 9, data(4, 3), Const(i64(1, 0, 2).reshape(1, 3)), data(1, 3, seed=1))
    op("ScatterND/rows", 11, data(4, 3), Const(i64(2, 0).reshape(2, 1)), data(2, 3, seed=1))
    op("ScatterND/elements", 13, data(4, 3), Const(i64(2, 0, 1, 1).reshape(2, 2)), data(2, seed=1))
    op("ScatterND/add", 16, data(4, 3), Const(i64(2, 2).reshape(2, 1)), data(2, 3, seed=1), reduction="add")
    op("OneHot/opset_9", 9, i64(0, 2, 1), Const(np.int64(3)), Const(f32(0, 1)))
    op("OneHot/axis_0_values", 11, i64(0, 2, 1, 4), Const(i64(5)), Const(f32(-0.5, 2)), axis=0)
    op("OneHot/negative_index", 11, i64(-1, -3, 1), Const(i64(4)), Const(f32(0, 1)))
    op("OneHot/out_of_range", 11, i64(7, 0), Const(i64(3)), Const(f32(0, 1)))
    op("OneHot/matrix", 11, whole(2, 3, low=0, high=3, dtype=np.int64), Const(i64(4)), Const(f32(0, 1)), axis=1)
    op("EyeLike/square", 9, data(3, 3))
    op("EyeLike/k_1", 9, data(3, 4), k=1)
    op("EyeLike/k_minus_1_int64", 9, data(4, 3), k=-1, dtype=TensorProto.INT64)
    op("Trilu/upper", 14, data(4, 5))
    op("Trilu/lower", 14, data(4, 5), upper=0)
    op("Trilu/upper_k_1", 14, data(2, 4, 4), Const(np.int64(1)))
    op("Trilu/lower_k_minus_1", 14, data(4, 4), Const(np.int64(-1)), upper=0)
    op("Trilu/const_folds", 14, Const(np.ones((3, 3), np.float32)), None, upper=0)
    # Distinct values, because which of several equal ones comes first is not laid down.
    distinct = (np.random.default_rng(5).permutation(24).reshape(2, 3, 4) / 4).astype(np.float32)
    op("TopK/attribute", 7, distinct, axis=-1, k=2, outputs=2)
    op("TopK/input", 10, distinct, Const(i64(2)), axis=1, outputs=2)
    op("TopK/smallest", 11, distinct, Const(i64(3)), largest=0, outputs=2)
    op("TopK/axis_0_all", 11, distinct, Const(i64(2)), axis=0, outputs=2)


def resampling():
    image, scales = data(1, 2, 3, 4), Const(f32(1, 1, 2, 2))
    nothing = Const(np.zeros(0, np.float32))
    op("Upsample/attribute_nearest", 7, image, scales=[1.0, 1.0, 2.0, 2.0])
    op("Upsample/attribute_linear", 7, image, mode="linear", scales=[1.0, 1.0, 2.0, 2.0])
    op("Upsample/attribute_nearest_2_3", 7, image, mode="nearest", scales=[1.0, 1.0, 2.0, 3.0])
    op("Upsample/input_nearest", 9, image, scales)
    op("Upsample/input_linear", 9, image, Const(f32(1, 1, 2, 3)), mode="linear")
    op("Resize/opset_10_nearest", 10, image, scales)
    op("Resize/opset_10_nearest_down", 10, data(1, 1, 4, 6), Const(f32(1, 1, 0.5, 0.5)))
    op("Resize/opset_10_linear", 10, image, scales, mode="linear")
    op("Resize/opset_10_linear_down", 10, data(1, 1, 4, 6), Const(f32(1, 1, 0.5, 0.5)), mode="linear")
    for index, mode in enumerate(("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")):
        for coordinates in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"):
            op(f"Resize/nearest_{mode}_{coordinates}", (11, 13, 18, 19)[index], image, nothing,
               None if index else nothing, Const(i64(1, 2, 5, 7)), nearest_mode=mode,
               coordinate_transformation_mode=coordinates)
    for index, coordinates in enumerate(("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")):
        opset = (11, 13, 18, 19)[index]
        op(f"Resize/linear_{coordinates}_scales", opset, image, nothing, scales, mode="linear",
           coordinate_transformation_mode=coordinates)
        op(f"Resize/linear_{coordinates}_sizes", opset, image, nothing, None if index else nothing,
           Const(i64(1, 2, 5, 7)), mode="linear", coordinate_transformation_mode=coordinates)
        op(f"Resize/linear_{coordinates}_down", opset, data(1, 1, 7, 6), nothing, None if index else nothing,
           Const(i64(1, 1, 3, 4)), mode="linear", coordinate_transformation_mode=coordinates)
        op(f"Resize/linear_{coordinates}_to_one", opset, data(1, 1, 4, 4), nothing, None if index else nothing,
           Const(i64(1, 1, 1, 6)), mode="linear", coordinate_transformation_mode=coordinates)
    op("Resize/default_nearest", 13, image, None, scales)
    op("Resize/nearest_asymmetric_floor_scales", 11, image, nothing, scales, nearest_mode="floor",
       coordinate_transformation_mode="asymmetric")
    op("Resize/nearest_uneven_scales", 13, image, None, Const(f32(1, 1, 1.5, 2.5)), nearest_mode="floor",
       coordinate_transformation_mode="asymmetric")
    op("Resize/nearest_down", 13, data(1, 1, 6, 8), None, Const(f32(1, 1, 0.5, 0.25)))
    op("Resize/linear_uneven_scales", 13, image, None, Const(f32(1, 1, 1.5, 2.5)), mode="linear")
    op("Resize/linear_3d", 13, data(2, 3, 5), None, Const(f32(1, 1, 2)), mode="linear")
    op("Resize/nearest_3d", 13, data(2, 3, 5), None, Const(f32(1, 1, 2)), nearest_mode="floor",
       coordinate_transformation_mode="asymmetric")
    op("Resize/axes_sizes", 18, image, None, None, Const(i64(6, 8)), axes=[2, 3], mode="linear")
    op("Resize/axes_scales", 18, image, None, Const(f32(2, 2)), axes=[2, 3], nearest_mode="floor",
       coordinate_transformation_mode="asymmetric")
    op("Resize/keep_aspect_not_larger", 18, image, None, None, Const(i64(6, 6)), axes=[2, 3],
       keep_aspect_ratio_policy="not_larger")
    op("Resize/half_pixel_symmetric", 19, image, None, Const(f32(1, 1, 1.5, 1.5)), mode="linear",
       coordinate_transformation_mode="half_pixel_symmetric")
    op("Resize/cubic", 11, data(1, 1, 4, 4), nothing, scales, mode="cubic")
    op("Resize/cubic_align_corners", 13, data(1, 1, 4, 4), None, None, Const(i64(1, 1, 6, 7)), mode="cubic",
       coordinate_transformation_mode="align_corners")
    op("Resize/antialias_linear_down", 18, data(1, 1, 8, 8), None, None, Const(i64(1, 1, 4, 3)), mode="linear",
       antialias=1)
    op("Resize/no_change", 13, image, None, Const(f32(1, 1, 1, 1)))


def reductions():
    for kind in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
                 "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"):
        values = positive if kind == "ReduceLogSum" else data
        x = values(2, 3, 4, low=-2, high=2) if values is data else values(2, 3, 4)
        by_input = 13 if kind == "ReduceSum" else 18
        op(f"{kind}/attribute_axes", 7, x, axes=[1])
        op(f"{kind}/attribute_all", 7, x)
        op(f"{kind}/attribute_negative_drop", 11, x, axes=[-1, 0], keepdims=0)
        if kind != "ReduceSum":
            op(f"{kind}/attribute_opset_13", 13, x, axes=[2], keepdims=0)
        op(f"{kind}/input_axes", by_input, x, Const(i64(1, 2)), keepdims=1)
        op(f"{kind}/input_negative_drop", by_input, x, Const(i64(-2)), keepdims=0)
        op(f"{kind}/input_absent_all", 18, x, keepdims=0)
        # For the other kinds it is open whether the part that is no sum (square, log) still applies.
        if kind in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"):
            op(f"{kind}/noop_with_empty_axes", 18, x, Const(np.zeros(0, np.int64)), noop_with_empty_axes=1)
    for kind in ("ReduceMean", "ReduceSum", "ReduceMax"):
        image = data(2, 3, 4, 4)
        axes = [Const(i64(2, 3))] if kind == "ReduceSum" else []
        attributes = {} if kind == "ReduceSum" else {"axes": [2, 3]}
        op(f"{kind}/spatial", 13, image, *axes, **attributes)
        op(f"{kind}/spatial_drop", 13, image, *axes, keepdims=0, **attributes)
        op(f"{kind}/int32", 13, whole(3, 4), *([Const(i64(1))] if kind == "ReduceSum" else []),
           **({} if kind == "ReduceSum" else {"axes": [1]}))
    op("ReduceMax/special", 13, f32(1, INF, -INF, 2, -INF, -INF).reshape(2, 3), axes=[1])
    op("ReduceLogSumExp/large_values", 13, data(2, 5, low=-200, high=200), axes=[1])
    op("ReduceMin/bool", 20, flags(3, 4), Const(i64(1)))
    # A small range of values, so that ties come up.
    x = data(3, 4, 5, low=-0.5, high=0.5)
    for kind in ("ArgMax", "ArgMin"):
        op(f"{kind}/default", 7, x)
        op(f"{kind}/axis_1_drop", 11, x, axis=1, keepdims=0)
        op(f"{kind}/negative_axis", 13, x, axis=-1)
        op(f"{kind}/select_last", 12, x, axis=2, select_last_index=1)
        op(f"{kind}/select_last_drop", 13, x, axis=0, select_last_index=1, keepdims=0)
        op(f"{kind}/int32", 13, whole(3, 5), axis=1)
    for label, attributes in (("plain", {}), ("exclusive", {"exclusive": 1}), ("reverse", {"reverse": 1}),
                              ("exclusive_reverse", {"exclusive": 1, "reverse": 1})):
        op(f"CumSum/{label}", 11, data(3, 4), Const(np.int64(1)), **attributes)
    op("CumSum/axis_0", 14, data(2, 3, 2), Const(np.int32(0)))
    op("CumSum/negative_axis", 14, data(2, 3, 2), Const(np.int64(-2)))
    op("CumSum/int64", 14, whole(2, 5, dtype=np.int64), Const(np.int64(1)))
    for label, equation, shapes in (("matmul", "bij,bjk->bik", ((2, 3, 4), (2, 4, 2))),
                                    ("transpose", "ij->ji", ((2, 3),)), ("sum", "ij->i", ((3, 4),)),
                                    ("outer", "i,j->ij", ((3,), (4,))),
                                    ("attention_scores", "bhid,bhjd->bhij", ((1, 2, 3, 4), (1, 2, 5, 4))),
                                    ("implicit_output", "ij,jk", ((2, 3), (3, 4))),
                                    ("ellipsis", "...ij,...jk->...ik", ((2, 2, 3), (2, 3, 2)))):
        op(f"Einsum/{label}", 12, *[data(*shape, seed=i) for i, shape in enumerate(shapes)], equation=equation)


def types_and_constants():
    numbers = f32(-3.75, -1.5, -0.5, 0.0, 0.5, 1.0, 2.5, 100.25)
    to = TensorProto
    for label, opset, dtype in (("int32", 7, to.INT32), ("int64", 9, to.INT64), ("int8", 13, to.INT8),
                                ("bool", 13, to.BOOL), ("float16", 13, to.FLOAT16), ("double", 13, to.DOUBLE),
                                ("same", 13, to.FLOAT), ("int16", 19, to.INT16)):
        op(f"Cast/float_to_{label}", opset, numbers, to=dtype)
    op("Cast/float_to_uint8", 13, np.abs(numbers), to=to.UINT8)
    op("Cast/special_to_bool", 13, SPECIAL, to=to.BOOL)
    for dtype in (np.int32, np.int64, np.int8):
        op(f"Cast/{np.dtype(dtype)}_to_float", 13, whole(2, 4, dtype=dtype), to=to.FLOAT)
    op("Cast/uint8_to_float", 13, whole(8, low=0, high=255, dtype=np.uint8), to=to.FLOAT)
    op("Cast/bool_to_float", 9, flags(2, 4), to=to.FLOAT)
    op("Cast/bool_to_int64", 13, flags(2, 4), to=to.INT64)
    op("Cast/int64_to_int32", 13, whole(2, 4, dtype=np.int64), to=to.INT32)
    op("Cast/int32_to_int64", 21, whole(2, 4), to=to.INT64)
    op("Cast/int64_to_bool", 13, i64(0, 1, -1, 5), to=to.BOOL)
    op("Cast/float16_to_float", 13, numbers.astype(np.float16), to=to.FLOAT)
    op("Cast/double_to_float", 13, numbers.astype(np.float64), to=to.FLOAT)
    op("CastLike/int_to_float", 15, whole(2, 4), Const(f32(0)))

    x = data(2, 3)
    tensor = numpy_helper.from_array(data(3, seed=1))
    for label, opset, attributes in (("value", 7, {"value": tensor}), ("value_opset_13", 13, {"value": tensor}),
                                     ("value_float", 12, {"value_float": 1.25}),
                                     ("value_floats", 13, {"value_floats": [1.0, 2.0, -0.5]})):
        graph(f"Constant/{label}", opset, [helper.make_node("Constant", [], ["c"], **attributes),
                                           node("Add", "x,c", "y")], {"x": x})
    for label, opset, attributes in (("value_int", 12, {"value_int": 4}),
                                     ("value_ints", 13, {"value_ints": [1, 2, 3]})):
        graph(f"Constant/{label}", opset, [helper.make_node("Constant", [], ["c"], **attributes),
                                           node("Add", "x,c", "y")], {"x": whole(2, 3, dtype=np.int64)})
    graph("Constant/typed_fields", 13, [
        helper.make_node("Constant", [], ["c"], value=helper.make_tensor("c", to.FLOAT, [3], [0.5, -1.0, 2.0])),
        node("Mul", "x,c", "y")], {"x": x})
    graph("Constant/as_axes", 13, [
        helper.make_node("Constant", [], ["c"], value=helper.make_tensor("c", to.INT64, [1], [1])),
        node("Unsqueeze", "x,c", "y")], {"x": x})
    graph("Constant/float16_cast", 13, [
        helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(numbers[:3].astype(np.float16))),
        node("Cast", "c", "d", to=to.FLOAT), node("Add", "x,d", "y")], {"x": x})

    graph("ConstantOfShape/default", 9, [node("ConstantOfShape", "s", "c"), node("Add", "x,c", "y")], {"x": x},
          {"s": i64(2, 3)})
    graph("ConstantOfShape/value", 9, [
        node("ConstantOfShape", "s", "c", value=helper.make_tensor("v", to.FLOAT, [1], [1.5])),
        node("Mul", "x,c", "y")], {"x": x}, {"s": i64(3)})
    graph("ConstantOfShape/shape_of_input", 20, [
        node("Shape", "x", "s"),
        node("ConstantOfShape", "s", "c", value=helper.make_tensor("v", to.FLOAT, [1], [-1.0])),
        node("Sub", "x,c", "y")], {"x": x})
    graph("ConstantOfShape/int64_ones", 13, [
        node("ConstantOfShape", "s", "c", value=helper.make_tensor("v", to.INT64, [1], [1])),
        node("Expand", "x,c", "y")], {"x": x}, {"s": i64(3)})

    volume = data(2, 3, 4)
    graph("Shape/whole_into_reshape", 7, [node("Shape", "x", "s"), node("Reshape", "z,s", "y")],
          {"x": volume, "z": data(24, seed=1)})
    graph("Shape/start_end", 15, [
        node("Shape", "x", "s", start=1, end=3), node("Concat", "minus,s", "t", axis=0), node("Reshape", "x,t", "y")],
        {"x": volume}, {"minus": i64(-1)})
    graph("Shape/negative_start", 15, [
        node("Shape", "x", "s", start=-1), node("Concat", "minus,s", "t", axis=0), node("Reshape", "x,t", "y")],
        {"x": volume}, {"minus": i64(-1)})
    graph("Shape/end_beyond", 19, [node("Shape", "x", "s", start=-2, end=99), node("Expand", "z,s", "y")],
          {"x": volume, "z": data(1, 4)})
    graph("Shape/gather_concat_reshape", 11, [
        node("Shape", "x", "s"), node("Gather", "s,zero", "n", axis=0), node("Unsqueeze", "n", "n1", axes=[0]),
        node("Concat", "n1,minus", "t", axis=0), node("Reshape", "x,t", "y")],
        {"x": volume}, {"zero": np.int64(0), "minus": i64(-1)})
    graph("Shape/gather_mul_reshape", 13, [
        node("Shape", "x", "s"), node("Gather", "s,zero", "a", axis=0), node("Gather", "s,one", "b", axis=0),
        node("Mul", "a,b", "ab"), node("Unsqueeze", "ab,axis", "ab1"), node("Concat", "ab1,minus", "t", axis=0),
        node("Reshape", "x,t", "y")],
        {"x": volume}, {"zero": np.int64(0), "one": np.int64(1), "axis": i64(0), "minus": i64(-1)})
    graph("Shape/slice_div_floor", 13, [
        node("Shape", "x", "s"), node("Slice", "s,from,to", "c"), node("Div", "c,two", "h"),
        node("Concat", "keep,h,minus", "t", axis=0), node("Reshape", "x,t", "y")],
        {"x": volume}, {"from": i64(2), "to": i64(3), "two": i64(2), "keep": i64(0), "minus": i64(-1)})
    graph("Shape/cast_mul_resize_sizes", 11, [
        node("Shape", "x", "s"), node("Slice", "s,two,four", "hw"), node("Cast", "hw", "hwf", to=to.FLOAT),
        node("Mul", "hwf,factor", "big"), node("Floor", "big", "whole"), node("Cast", "whole", "hw2", to=to.INT64),
        node("Slice", "s,zero,two", "nc"), node("Concat", "nc,hw2", "sizes", axis=0),
        node("Resize", "x,none,none,sizes", "y", mode="nearest", nearest_mode="floor",
             coordinate_transformation_mode="asymmetric")],
        {"x": data(1, 2, 3, 4)}, {"zero": i64(0), "two": i64(2), "four": i64(4), "factor": f32(2, 2),
                                  "none": np.zeros(0, np.float32)})
    graph("Size/into_reshape", 13, [
        node("Size", "x", "n"), node("Unsqueeze", "n,zero", "t"), node("Reshape", "x,t", "y")],
        {"x": volume}, {"zero": i64(0)})
    graph("Range/positions", 11, [
        node("Shape", "x", "s"), node("Gather", "s,one", "n", axis=0), node("Range", "zero,n,one", "r"),
        node("Gather", "table,r", "p", axis=0), node("Add", "x,p", "y")],
        {"x": volume}, {"zero": np.int64(0), "one": np.int64(1), "table": data(5, 4, seed=1)})
    graph("Range/float", 11, [node("Range", "from,to,by", "r"), node("Add", "x,r", "y")], {"x": data(2, 4)},
          {"from": np.float32(1), "to": np.float32(3), "by": np.float32(0.5)})
    graph("Range/backwards", 13, [node("Range", "from,to,by", "r"), node("Gather", "x,r", "y", axis=0)],
          {"x": data(4, 2)}, {"from": np.int64(3), "to": np.int64(-1), "by": np.int64(-1)})


def small_graphs():
    def bn(prefix, channels, seed):
        return {f"{prefix}s": positive(channels, seed=seed), f"{prefix}b": data(channels, seed=seed + 1),
                f"{prefix}m": data(channels, seed=seed + 2), f"{prefix}v": positive(channels, seed=seed + 3)}

    image = data(1, 3, 6, 6)
    for label, extra, bias in (("conv_bn", [], False), ("conv_bias_bn_relu", [node("Relu", "n", "y")], True)):
        last = "n" if extra else "y"
        graph(f"Graph/{label}", 9, [
            node("Conv", "x,w,c" if bias else "x,w", "a", pads=[1, 1, 1, 1]),
            node("BatchNormalization", "a,ns,nb,nm,nv", last), *extra],
            {"x": image}, {"w": data(4, 3, 3, 3, seed=1), **({"c": data(4, seed=9)} if bias else {}), **bn("n", 4, 2)})
    graph("Graph/depthwise_bn_relu6_pointwise", 11, [
        node("Conv", "x,w,c", "a", group=3, pads=[1, 1, 1, 1], strides=[2, 2]),
        node("BatchNormalization", "a,ns,nb,nm,nv", "n"), node("Clip", "n,low,high", "r"), node("Conv", "r,p,q", "y")],
        {"x": image}, {"w": data(3, 1, 3, 3, seed=1), "c": data(3, seed=2), "p": data(5, 3, 1, 1, seed=3),
                       "q": data(5, seed=4), "low": np.float32(0), "high": np.float32(6), **bn("n", 3, 5)})
    graph("Graph/conv_transpose_bn", 13, [
        node("ConvTranspose", "x,w", "a", strides=[2, 2], group=1), node("BatchNormalization", "a,ns,nb,nm,nv", "y")],
        {"x": data(1, 3, 3, 3)}, {"w": data(3, 2, 2, 2, seed=1), **bn("n", 2, 2)})
    graph("Graph/bn_relu_conv", 9, [
        node("BatchNormalization", "x,ns,nb,nm,nv", "n"), node("Relu", "n", "r"),
        node("Conv", "r,w", "y", pads=[1, 1, 1, 1])], {"x": image}, {"w": data(2, 3, 3, 3, seed=1), **bn("n", 3, 2)})
    graph("Graph/conv_feeds_bn_and_output", 9, [
        node("Conv", "x,w", "a"), node("BatchNormalization", "a,ns,nb,nm,nv", "y")],
        {"x": image}, {"w": data(2, 3, 3, 3, seed=1), **bn("n", 2, 2)}, ("a", "y"))
    graph("Graph/pad_conv", 13, [node("Pad", "x,p", "a"), node("Conv", "a,w,b", "y", strides=[2, 2])],
          {"x": image}, {"p": i64(0, 0, 0, 0, 0, 0, 1, 1), "w": data(2, 3, 3, 3, seed=1), "b": data(2, seed=2)})
    graph("Graph/conv_scale_shift", 13, [
        node("Conv", "x,w,b", "a"), node("Mul", "a,s", "m"), node("Add", "m,t", "y")],
        {"x": image}, {"w": data(2, 3, 3, 3, seed=1), "b": data(2, seed=2), "s": data(2, 1, 1, seed=3),
                       "t": data(1, 2, 1, 1, seed=4)})
    graph("Graph/residual", 13, [
        node("Conv", "x,w1,b1", "a", pads=[1, 1, 1, 1]), node("Relu", "a", "r"),
        node("Conv", "r,w2,b2", "c", pads=[1, 1, 1, 1]), node("Add", "c,x", "s"), node("Relu", "s", "y")],
        {"x": data(1, 3, 5, 5)}, {"w1": data(3, 3, 3, 3, seed=1, low=-1, high=1), "b1": data(3, seed=2),
                                  "w2": data(3, 3, 3, 3, seed=3, low=-1, high=1), "b2": data(3, seed=4)})
    graph("Graph/squeeze_excite", 13, [
        node("GlobalAveragePool", "x", "g"), node("Conv", "g,w1,b1", "a"), node("Relu", "a", "r"),
        node("Conv", "r,w2,b2", "e"), node("Sigmoid", "e", "s"), node("Mul", "x,s", "y")],
        {"x": data(1, 4, 4, 4)}, {"w1": data(2, 4, 1, 1, seed=1), "b1": data(2, seed=2), "w2": data(4, 2, 1, 1, seed=3),
                                  "b2": data(4, seed=4)})
    graph("Graph/classifier_head", 11, [
        node("GlobalAveragePool", "x", "g"), node("Flatten", "g", "f"), node("Gemm", "f,w,b", "l", transB=1),
        node("Softmax", "l", "y", axis=1)], {"x": data(2, 4, 3, 3)}, {"w": data(5, 4, seed=1), "b": data(5, seed=2)})
    graph("Graph/conv_flatten_gemm", 11, [
        node("Conv", "x,w,b", "a"), node("Relu", "a", "r"),
        node("MaxPool", "r", "p", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", "p", "f"), node("Gemm", "f,v,c", "y", transB=1)],
        {"x": data(2, 1, 6, 6)}, {"w": data(3, 1, 3, 3, seed=1), "b": data(3, seed=2),
                                  "v": data(4, 12, seed=3, low=-1, high=1), "c": data(4, seed=4)})
    graph("Graph/matmul_add", 13, [node("MatMul", "x,w", "a"), node("Add", "a,b", "y")], {"x": data(2, 3, 4)},
          {"w": data(4, 5, seed=1), "b": data(5, seed=2)})
    graph("Graph/swish", 13, [node("Sigmoid", "x", "s"), node("Mul", "x,s", "y")], {"x": data(3, 8)})
    graph("Graph/hard_swish_spelled_out", 11, [
        node("Add", "x,three", "a"), node("Clip", "a,zero,six", "c"), node("Mul", "x,c", "m"),
        node("Div", "m,six", "y")],
        {"x": data(3, 12, low=-5, high=5)}, {"zero": np.float32(0), "three": np.float32(3), "six": np.float32(6)})
    graph("Graph/gelu_spelled_out", 13, [
        node("Div", "x,root", "d"), node("Erf", "d", "e"), node("Add", "e,one", "a"), node("Mul", "x,a", "m"),
        node("Mul", "m,half", "y")],
        {"x": data(3, 8)}, {"root": np.float32(np.sqrt(2)), "one": np.float32(1), "half": np.float32(0.5)})
    graph("Graph/layer_norm_spelled_out", 11, [
        node("ReduceMean", "x", "m", axes=[-1]), node("Sub", "x,m", "d"), node("Pow", "d,two", "q"),
        node("ReduceMean", "q", "v", axes=[-1]), node("Add", "v,eps", "e"), node("Sqrt", "e", "r"),
        node("Div", "d,r", "n"), node("Mul", "n,g", "s"), node("Add", "s,b", "y")],
        {"x": data(2, 3, 8)},
        {"two": np.float32(2), "eps": np.float32(1e-5), "g": data(8, seed=1), "b": data(8, seed=2)})
    graph("Graph/channel_shuffle", 13, [
        node("Reshape", "x,s", "a"), node("Transpose", "a", "t", perm=[0, 2, 1, 3, 4]), node("Reshape", "t,r", "y")],
        {"x": data(1, 6, 2, 3)}, {"s": i64(1, 2, 3, 2, 3), "r": i64(1, -1, 2, 3)})
    graph("Graph/pixel_shuffle_spelled_out", 13, [
        node("Reshape", "x,s", "a"), node("Transpose", "a", "t", perm=[0, 1, 4, 2, 5, 3]), node("Reshape", "t,r", "y")],
        {"x": data(1, 8, 2, 3)}, {"s": i64(1, 2, 2, 2, 2, 3), "r": i64(1, 2, 4, 6)})
    graph("Graph/attention", 13, [
        node("MatMul", "x,wq", "q0"), node("MatMul", "x,wk", "k0"), node("MatMul", "x,wv", "v0"),
        node("Reshape", "q0,heads", "q1"), node("Reshape", "k0,heads", "k1"), node("Reshape", "v0,heads", "v1"),
        node("Transpose", "q1", "q", perm=[0, 2, 1, 3]), node("Transpose", "k1", "k", perm=[0, 2, 3, 1]),
        node("Transpose", "v1", "v", perm=[0, 2, 1, 3]), node("MatMul", "q,k", "s"), node("Mul", "s,scale", "t"),
        node("Add", "t,mask", "u"), node("Softmax", "u", "p", axis=-1), node("MatMul", "p,v", "o"),
        node("Transpose", "o", "o1", perm=[0, 2, 1, 3]), node("Reshape", "o1,join", "o2"),
        node("MatMul", "o2,wo", "y")],
        {"x": data(1, 4, 6, low=-1, high=1)},
        {"wq": data(6, 6, seed=1, low=-1, high=1), "wk": data(6, 6, seed=2, low=-1, high=1),
         "wv": data(6, 6, seed=3, low=-1, high=1), "wo": data(6, 6, seed=4, low=-1, high=1),
         "heads": i64(0, 0, 2, 3), "join": i64(0, 0, 6), "scale": np.float32(0.577),
         "mask": np.triu(np.full((4, 4), -1e9, np.float32), 1)})
    graph("Graph/inception_concat", 13, [
        node("Conv", "x,w1", "a"), node("Conv", "x,w3", "b", pads=[1, 1, 1, 1]),
        node("MaxPool", "x", "c", kernel_shape=[3, 3], pads=[1, 1, 1, 1]), node("Concat", "a,b,c", "y", axis=1)],
        {"x": data(1, 2, 4, 4)}, {"w1": data(2, 2, 1, 1, seed=1), "w3": data(2, 2, 3, 3, seed=2)})
    graph("Graph/split_and_add", 13, [
        node("Split", "x", "a,b", axis=1), node("Sigmoid", "b", "g"), node("Mul", "a,g", "y")], {"x": data(2, 6, 3)})
    graph("Graph/nhwc_round_trip", 13, [
        node("Transpose", "x", "a", perm=[0, 3, 1, 2]), node("Conv", "a,w", "b"),
        node("Transpose", "b", "y", perm=[0, 2, 3, 1])], {"x": data(1, 5, 5, 2)}, {"w": data(3, 2, 3, 3, seed=1)})
    graph("Graph/input_is_output", 13, [node("Relu", "x", "r")], {"x": data(2, 3)}, None, ("x", "r"))
    graph("Graph/same_value_twice", 13, [node("Mul", "x,x", "m"), node("Add", "m,m", "y")], {"x": data(2, 3)})
    graph("Graph/two_outputs_dead_branch", 13, [
        node("Relu", "x", "a"), node("Neg", "x", "b"), node("Exp", "x", "unused")], {"x": data(2, 3)}, None, ("a", "b"))
    graph("Graph/constant_output", 13, [node("Add", "c,d", "k"), node("Relu", "x", "y")], {"x": data(2, 3)},
          {"c": data(3, seed=1), "d": data(3, seed=2)}, ("y", "k"))
    graph("Graph/constants_fold", 13, [
        node("Transpose", "w", "t"), node("Mul", "t,s", "u"), node("MatMul", "x,u", "y")], {"x": data(2, 4)},
        {"w": data(3, 4, seed=1), "s": np.float32(0.5)})
    graph("Graph/upsample_add", 13, [
        node("Resize", "x,,s", "u", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        node("Add", "u,z", "y")], {"x": data(1, 2, 2, 3), "z": data(1, 2, 4, 6, seed=1)}, {"s": f32(1, 1, 2, 2)})
    graph("Graph/argmax_head", 13, [
        node("Conv", "x,w,b", "a"), node("ArgMax", "a", "y", axis=1, keepdims=0)], {"x": data(1, 2, 4, 4)},
        {"w": data(4, 2, 1, 1, seed=1), "b": data(4, seed=2)})


def bytes_(*shape, seed=0, low=0, high=255, dtype=np.uint8):
    return whole(*shape, seed=seed, low=low, high=high, dtype=dtype)


def quantization():
    """Scales are powers of two: sums of products are exact, and ties are ties wherever they are computed."""
    s, z = np.float32(0.25), np.uint8(100)
    x, q = data(2, 3, 4, low=-40, high=40), bytes_(2, 3, 4)
    op("QuantizeLinear/uint8", 13, x, Const(s), Const(z))
    op("QuantizeLinear/int8", 13, x, Const(s), Const(np.int8(-3)))
    op("QuantizeLinear/no_zero_point", 10, x, Const(s))
    op("QuantizeLinear/per_axis", 13, x, Const(f32(0.25, 0.5, 1.0)), Const(np.array([0, 128, 255], np.uint8)), axis=1)
    op("QuantizeLinear/last_axis", 19, x, Const(f32(0.25, 0.5, 1.0, 0.125)), Const(np.array([0, 1, -2, 3], np.int8)),
       axis=-1)
    op("DequantizeLinear/uint8", 13, q, Const(s), Const(z))
    op("DequantizeLinear/int8", 10, bytes_(2, 3, low=-128, high=127, dtype=np.int8), Const(s), Const(np.int8(5)))
    op("DequantizeLinear/int32", 13, whole(4, 3, low=-70000, high=70000), Const(np.float32(0.001)))
    op("DequantizeLinear/per_axis", 13, q, Const(f32(0.25, 0.5, 1.0)), Const(np.array([0, 128, 255], np.uint8)), axis=1)
    op("DequantizeLinear/int32_per_axis", 13, whole(4, 3, low=-70000, high=70000),
       Const(f32(0.25, 0.5, 0.125, 2)), axis=0)

    image, filters = bytes_(1, 4, 6, 6), whole(5, 4, 3, 3, low=-20, high=20, dtype=np.int8)
    scales, zeros = f32(0.5, 0.25, 0.125, 0.25, 0.5), np.zeros(5, np.int8)
    bias = whole(5, low=-500, high=500)
    op("QLinearConv/u8s8_per_channel", 10, image, Const(s), Const(z), Const(filters), Const(scales), Const(zeros),
       Const(np.float32(64)), Const(np.uint8(128)), Const(bias), pads=[1, 1, 1, 1])
    op("QLinearConv/no_bias_strides", 10, image, Const(s), Const(z), Const(filters), Const(scales), Const(zeros),
       Const(np.float32(64)), Const(np.uint8(128)), strides=[2, 2])
    op("QLinearConv/u8u8", 10, image, Const(s), Const(z), Const(bytes_(5, 4, 3, 3, low=100, high=156)), Const(s),
       Const(np.uint8(128)), Const(np.float32(64)), Const(np.uint8(128)), Const(bias))
    op("QLinearConv/s8_depthwise", 10, bytes_(1, 6, 5, 5, low=-128, high=127, dtype=np.int8), Const(s),
       Const(np.int8(3)), Const(whole(6, 1, 3, 3, low=-20, high=20, dtype=np.int8)), Const(s), Const(np.int8(0)),
       Const(np.float32(8)), Const(np.int8(-1)), group=6, pads=[1, 1, 1, 1])
    a, b = bytes_(3, 8), whole(8, 5, low=-60, high=60, dtype=np.int8)
    op("QLinearMatMul/per_tensor", 10, a, Const(s), Const(z), Const(b), Const(s), Const(np.int8(0)),
       Const(np.float32(8)), Const(np.uint8(120)))
    op("QLinearMatMul/batch", 10, bytes_(2, 3, 8), Const(s), Const(z), Const(b), Const(s), Const(np.int8(0)),
       Const(np.float32(8)), Const(np.uint8(120)))

    op("MatMulInteger/u8s8", 10, a, Const(b), Const(z), Const(np.int8(0)))
    op("MatMulInteger/u8u8_columns", 10, a, Const(bytes_(8, 5, seed=2)), Const(z),
       Const(np.array([0, 1, 128, 200, 255], np.uint8)))
    op("MatMulInteger/long", 10, bytes_(2, 700), Const(bytes_(700, 3, seed=3)))
    op("ConvInteger/pads", 10, image, Const(bytes_(5, 4, 3, 3, seed=4)), Const(z), Const(np.uint8(120)),
       pads=[1, 1, 1, 1])
    op("ConvInteger/deep", 10, bytes_(1, 40, 4, 4), Const(bytes_(2, 40, 3, 3, seed=5)))
    op("DynamicQuantizeLinear/mixed", 11, data(3, 5), outputs=3)
    op("DynamicQuantizeLinear/positive", 11, positive(7), outputs=3)

    own = {"domain": "com.microsoft"}
    other = bytes_(2, 3, 4, seed=6)
    op("QLinearAdd/u8", 13, q, Const(s), Const(z), other, Const(np.float32(0.5)), Const(np.uint8(7)),
       Const(np.float32(0.25)), Const(np.uint8(128)), **own)
    op("QLinearMul/u8", 13, q, Const(s), Const(z), other, Const(np.float32(0.5)), Const(np.uint8(7)),
       Const(np.float32(16)), Const(np.uint8(128)), **own)
    op("QLinearLeakyRelu/u8", 13, q, Const(s), Const(z), Const(np.float32(0.125)), Const(np.uint8(60)), alpha=0.5, **own)
    op("QLinearGlobalAveragePool/u8", 13, bytes_(1, 3, 4, 4), Const(s), Const(z), Const(s), Const(z), channels_last=0,
       **own)
    op("QLinearConcat/u8", 13, Const(s), Const(z), q, Const(s), Const(z), other, Const(np.float32(0.5)),
       Const(np.uint8(7)), axis=1, **own)

    graph("QuantizeLinear/dense_layer_between", 13, [
        node("QuantizeLinear", "x,s,z", "q"), node("DequantizeLinear", "q,s,z", "d"),
        node("DequantizeLinear", "w,ws,wz", "wd", axis=0), node("DequantizeLinear", "b,bs", "bd"),
        node("Gemm", "d,wd,bd", "g", transB=1), node("QuantizeLinear", "g,gs,gz", "gq"),
        node("DequantizeLinear", "gq,gs,gz", "y")], {"x": data(2, 8, low=-20, high=20)},
        {"s": s, "z": z, "w": whole(5, 8, low=-60, high=60, dtype=np.int8), "ws": scales, "wz": zeros, "b": bias,
         "bs": np.float32(0.0625), "gs": np.float32(4), "gz": np.uint8(90)})
    graph("QLinearConv/then_pool_and_reshape", 13, [
        node("QLinearConv", "x,s,z,w,ws,wz,ys,yz", "c"), node("MaxPool", "c", "m", kernel_shape=[2, 2]),
        node("Reshape", "m,r", "y")], {"x": image},
        {"s": s, "z": z, "w": filters, "ws": scales, "wz": zeros, "ys": np.float32(64), "yz": np.uint8(128),
         "r": i64(1, -1)})


def main():
    for family in (conv, conv_transpose, matrix_products, pooling, normalization, arithmetic, unary, layout, indexing,
                   resampling, reductions, types_and_constants, small_graphs, quantization):
        family()
    onnx_newer_cases.record_all(sys.modules[__name__])
    here = pathlib.Path(__file__).resolve().parent
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "onnx_ops.zip"
    archive.write(path)
    counts = collections.Counter(case["op"] for case in archive.cases)
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    print(f"{path.name}: {len(archive.cases)} cases, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
