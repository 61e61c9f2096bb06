"""Cases of ONNX operators that read images at computed positions, transform signals, scatter with reductions, are defined
by functions, or work on unsigned integers; recorded by record_onnx_ops.py, whose functions come in as `r`."""

import numpy as np
import onnx
from onnx import helper


def sampling(r):
    def grid(*shape, seed=0):
        return r.data(*shape, seed=seed, low=-1.25, high=1.25)

    x, points = r.data(2, 3, 5, 4), grid(2, 3, 6, 2)
    for mode in ("bilinear", "nearest", "bicubic"):
        for padding in ("zeros", "border", "reflection"):
            for corners in (0, 1):
                r.op(f"GridSample/{mode}_{padding}_{corners}", 16, x, points, mode=mode, padding_mode=padding,
                     align_corners=corners)
    r.op("GridSample/linear", 20, x, points, mode="linear")
    volume, points = r.data(1, 2, 3, 4, 5), grid(1, 2, 3, 4, 3)
    for mode in ("linear", "nearest"):
        for padding in ("zeros", "border", "reflection"):
            for corners in (0, 1):
                r.op(f"GridSample/volume_{mode}_{padding}_{corners}", 20, volume, points, mode=mode,
                     padding_mode=padding, align_corners=corners)
    theta = r.data(2, 2, 3, low=-1, high=1)
    r.op("AffineGrid/plane", 20, theta, r.Const(r.i64(2, 3, 4, 5)))
    r.op("AffineGrid/plane_corners", 20, theta, r.Const(r.i64(2, 3, 4, 5)), align_corners=1)
    r.op("AffineGrid/volume", 20, r.data(1, 3, 4, low=-1, high=1), r.Const(r.i64(1, 2, 3, 4, 5)))

    x = r.data(2, 3, 6, 7)
    boxes = np.array([[0, 0, 5, 4], [1.5, 0.5, 3, 5.5], [-3, -2, 9, 8], [2, 2, 2.25, 2.5]], np.float32)
    batch = r.i64(0, 1, 1, 0)
    r.op("RoiAlign/half_pixel", 16, x, boxes, batch, output_height=3, output_width=2, sampling_ratio=2)
    r.op("RoiAlign/output_half_pixel", 16, x, boxes, batch, output_height=2, output_width=3, sampling_ratio=3,
         spatial_scale=0.5, coordinate_transformation_mode="output_half_pixel")
    r.op("RoiAlign/opset_10", 10, x, boxes, batch, output_height=2, output_width=2, sampling_ratio=1)
    r.reference("RoiAlign/max", 16, x, boxes, batch, output_height=2, output_width=2, sampling_ratio=2, mode="max")

    offsets = r.data(1, 2 * 2 * 4, 4, 3, seed=3, low=-1.5, high=1.5)
    weight, bias = r.data(4, 2, 2, 2, seed=4, low=-1, high=1), r.data(4, seed=5)
    x = r.data(1, 4, 5, 4)
    r.reference("DeformConv/groups", 19, x, r.Const(weight), offsets, r.Const(bias),
                np.abs(r.data(1, 2 * 4, 4, 3, seed=6, low=0, high=1)), kernel_shape=[2, 2], group=2, offset_group=2)
    r.reference("DeformConv/strides_pads", 19, x, r.Const(r.data(3, 4, 3, 3, seed=4, low=-1, high=1)),
                r.data(1, 18, 3, 2, seed=7, low=-1, high=1), strides=[2, 2], pads=[1, 1, 1, 1])
    r.reference("DeformConv/dilated", 19, x, r.Const(r.data(2, 4, 2, 2, seed=4, low=-1, high=1)),
                r.data(1, 8, 3, 2, seed=8, low=-2, high=2), dilations=[2, 2])


def signals(r):
    x = r.data(2, 8, 3)
    r.op("DFT/real", 17, x.reshape(2, 8, 3, 1))
    r.op("DFT/real_last", 17, x.reshape(2, 8, 3, 1), axis=2)
    r.op("DFT/onesided", 17, r.data(2, 7, 1), onesided=1)
    r.op("DFT/complex", 17, r.data(2, 6, 2))
    r.op("DFT/inverse", 17, r.data(2, 6, 2), inverse=1)
    r.op("DFT/longer", 17, r.data(2, 6, 1), r.Const(np.int64(9)))
    r.op("DFT/shorter", 17, r.data(2, 6, 2), r.Const(np.int64(5)))
    r.op("DFT/axis_input", 20, x.reshape(2, 8, 3, 1), None, r.Const(np.int64(1)))
    r.op("DFT/default_axis", 20, r.data(3, 6, 2))
    signal = r.data(2, 20, 1)
    window = np.hanning(8).astype(np.float32)
    r.op("STFT/window", 17, signal, r.Const(np.int64(4)), r.Const(window), onesided=1)
    r.op("STFT/two_sided", 17, signal, r.Const(np.int64(5)), r.Const(window), onesided=0)
    r.op("STFT/frame_length", 17, signal, r.Const(np.int64(3)), None, r.Const(np.int64(7)), onesided=1)
    r.op("STFT/window_fed", 17, signal, r.Const(np.int64(4)), window, onesided=1)
    for kind in ("Hann", "Hamming", "Blackman"):
        for periodic in (0, 1):
            r.op(f"{kind}Window/periodic_{periodic}", 17, r.Const(np.int64(9)), periodic=periodic)
    r.op("MelWeightMatrix/basic", 17, r.Const(np.int64(8)), r.Const(np.int64(64)), r.Const(np.int64(8000)),
         r.Const(np.float32(20)), r.Const(np.float32(3800)))
    r.op("MelWeightMatrix/narrow", 17, r.Const(np.int64(12)), r.Const(np.int64(32)), r.Const(np.int64(16000)),
         r.Const(np.float32(0)), r.Const(np.float32(8000)))


def placing(r):
    for reduction in ("add", "mul", "max", "min"):
        for axis in (0, 1):
            r.op(f"ScatterElements/each_{reduction}_{axis}", 18, r.data(3, 4), r.i64([0, 2, -1, 0], [0, 1, 2, 0]),
                 r.data(2, 4, seed=1), axis=axis, reduction=reduction)
        r.op(f"ScatterND/each_{reduction}", 18, r.data(4, 3, 2), r.i64([1], [3], [1], [-1]), r.data(4, 3, 2, seed=1),
             reduction=reduction)
        r.op(f"ScatterND/each_{reduction}_elements", 18, r.data(3, 4), r.i64([[0, 1], [2, 3]], [[0, 1], [1, 1]]),
             r.data(2, 2, seed=1), reduction=reduction)
    x, lengths = r.data(4, 3, 2), r.i64(4, 1, 3)
    r.op("ReverseSequence/time_first", 10, x, lengths)
    r.op("ReverseSequence/batch_first", 10, r.data(3, 5), r.i64(2, 5, 1), time_axis=1, batch_axis=0)
    r.op("Col2Im/plain", 18, r.data(2, 3 * 4, 6), r.Const(r.i64(3, 4)), r.Const(r.i64(2, 2)))
    r.op("Col2Im/strides_pads", 18, r.data(1, 2 * 6, 12), r.Const(r.i64(5, 5)), r.Const(r.i64(2, 3)), strides=[2, 1],
         pads=[1, 0, 1, 1])
    r.op("Col2Im/dilated", 18, r.data(1, 9, 4), r.Const(r.i64(6, 6)), r.Const(r.i64(3, 3)), dilations=[2, 2])
    r.op("Col2Im/volume", 18, r.data(1, 8, 4), r.Const(r.i64(3, 2, 3)), r.Const(r.i64(2, 2, 2)))
    pooled = r.data(1, 2, 2, 2)
    places = r.i64(5, 7, 13, 15, 16, 18, 26, 31).reshape(1, 2, 2, 2)
    r.op("MaxUnpool/basic", 11, pooled, places, kernel_shape=[2, 2], strides=[2, 2])
    r.op("MaxUnpool/line", 11, r.data(1, 1, 3), r.i64(0, 3, 4).reshape(1, 1, 3), kernel_shape=[2], strides=[2])
    r.reference("MaxUnpool/output_shape", 11, r.data(1, 1, 2, 2), r.i64(5, 7, 13, 15).reshape(1, 1, 2, 2),
                r.Const(r.i64(1, 1, 5, 5)), kernel_shape=[2, 2], strides=[2, 2])
    r.op("Det/pairs", 11, r.data(3, 2, 2))
    r.op("Det/larger", 11, r.fine(2, 2, 5, 5))
    r.op("Det/matrix", 11, r.data(3, 3))
    r.op("Det/singular", 11, np.array([[[1, 2, 3], [2, 4, 6], [1, 0, 1]], [[0, 1, 0], [1, 0, 0], [0, 0, 2]]],
                                      np.float32))
    words = dict(ngram_counts=[0, 4], ngram_indexes=[0, 1, 2, 3, 4, 5, 6], min_gram_length=1, max_gram_length=2,
                 pool_int64s=[2, 3, 5, 4, 5, 6, 7, 8, 6, 7])
    text = np.array([[1, 1, 3, 3, 3, 7], [8, 6, 7, 5, 6, 8]], np.int64)
    for mode in ("TF", "IDF", "TFIDF"):
        r.op(f"TfIdfVectorizer/{mode.lower()}", 9, text, mode=mode, max_skip_count=2, weights=[.5, 1., 2., 3., 4., 5., 6.],
             **words)
    r.op("TfIdfVectorizer/row", 9, text[1].astype(np.int32), mode="TF", max_skip_count=5,
         **{**words, "min_gram_length": 2})


def pools_and_volumes(r):
    x = r.data(2, 3, 7, 6)
    r.op("LpPool/basic", 11, x, kernel_shape=[3, 2], strides=[2, 1])
    r.op("LpPool/p_1_pads", 11, x, kernel_shape=[3, 3], pads=[1, 0, 1, 2], p=1)
    r.op("LpPool/p_3_same", 11, x, kernel_shape=[2, 2], auto_pad="SAME_UPPER", p=3, strides=[2, 2])
    r.op("LpPool/dilated_ceil", 18, x, kernel_shape=[2, 2], dilations=[2, 2], ceil_mode=1, strides=[2, 2])
    r.op("LpPool/line", 11, r.data(1, 2, 9), kernel_shape=[3])
    r.op("GlobalLpPool/p_2", 2, x)
    r.op("GlobalLpPool/p_3", 2, x, p=3)
    volume = r.data(1, 2, 4, 5, 6)
    r.op("MaxPool/volume", 12, volume, kernel_shape=[2, 3, 2], strides=[2, 1, 2])
    r.op("MaxPool/volume_pads", 12, volume, kernel_shape=[2, 3, 2], pads=[1, 1, 1, 0, 1, 0], ceil_mode=1,
         strides=[2, 2, 2])
    r.op("MaxPool/indices_uneven_pads", 12, r.data(1, 2, 5, 4), outputs=2, kernel_shape=[3, 2], pads=[1, 0, 2, 1])
    r.op("MaxPool/indices_columns", 12, r.data(2, 2, 4, 5), outputs=2, kernel_shape=[2, 2], storage_order=1)
    r.op("MaxPool/indices_line", 12, r.data(2, 2, 9), outputs=2, kernel_shape=[2], strides=[2])
    r.op("MaxPool/indices_ceil", 12, r.data(1, 1, 5, 5), outputs=2, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    r.op("AveragePool/volume", 11, volume, kernel_shape=[2, 2, 3], strides=[1, 2, 1])
    r.op("AveragePool/volume_pads", 11, volume, kernel_shape=[2, 2, 2], pads=[1, 0, 1, 0, 1, 1])
    r.op("AveragePool/volume_include_pad", 11, volume, kernel_shape=[2, 2, 2], pads=[1, 0, 1, 0, 1, 1],
         count_include_pad=1)
    weight, bias = r.Const(r.data(4, 2, 2, 3, 3, seed=1, low=-1, high=1)), r.Const(r.data(4, seed=2))
    r.op("Conv/volume", 11, volume, weight, bias)
    r.op("Conv/volume_pads_strides", 11, volume, weight, bias, pads=[1, 1, 0, 0, 1, 1], strides=[2, 1, 2])
    r.op("Conv/volume_dilated", 11, volume, r.Const(r.data(2, 2, 2, 2, 2, seed=1)), dilations=[3, 2, 1])
    r.op("Conv/volume_grouped", 11, volume, r.Const(r.data(4, 1, 3, 2, 2, seed=1)), bias, group=2)
    weight = r.Const(r.data(2, 3, 2, 3, 2, seed=1, low=-1, high=1))
    r.op("ConvTranspose/volume", 11, volume, weight, r.Const(r.data(3, seed=2)))
    r.op("ConvTranspose/volume_strides", 11, volume, weight, strides=[2, 1, 3], pads=[1, 0, 1, 0, 1, 1],
         output_padding=[1, 0, 1])
    r.op("ConvTranspose/volume_dilated", 11, volume, r.Const(r.data(2, 1, 2, 2, 2, seed=1)), dilations=[2, 1, 2])


def functions(r):
    scores, labels = r.data(3, 5), r.i64(1, 0, 4)
    planes = r.data(2, 4, 3, 2)
    plane_labels = np.arange(12, dtype=np.int64).reshape(2, 3, 2) % 4
    weights = np.array([0.5, 1, 2, 0.25], np.float32)
    for reduction in ("none", "sum", "mean"):
        r.op(f"SoftmaxCrossEntropyLoss/{reduction}", 13, scores, labels, reduction=reduction)
        r.op(f"NegativeLogLikelihoodLoss/{reduction}", 13, scores, labels, reduction=reduction)
        r.op(f"NegativeLogLikelihoodLoss/{reduction}_weights", 13, planes, plane_labels, r.Const(weights),
             reduction=reduction, ignore_index=2)
        r.op(f"SoftmaxCrossEntropyLoss/{reduction}_weights", 13, planes, plane_labels, r.Const(weights), outputs=2,
             reduction=reduction, ignore_index=1)
    r.op("CenterCropPad/crop", 18, r.data(7, 6, 3), r.Const(r.i64(4, 4, 3)))
    r.op("CenterCropPad/crop_and_pad", 18, r.data(5, 8, 3), r.Const(r.i64(10, 3)), axes=[0, 1])
    local_functions(r)


# A function of the model's own, with an attribute that has a default, calling another one.
def local_functions(r):
    imports = [helper.make_opsetid("", 15), helper.make_opsetid("own", 1)]
    scale = helper.make_node("Constant", [], ["s"])
    scale.attribute.append(onnx.AttributeProto(name="value_float", ref_attr_name="scale", type=onnx.AttributeProto.FLOAT))
    scaled = helper.make_function("own", "Scaled", ["a"], ["b"], [scale, helper.make_node("Mul", ["a", "s"], ["b"])],
                                  imports, attribute_protos=[helper.make_attribute("scale", 0.5)])
    inner = helper.make_node("Scaled", ["a"], ["h"], domain="own", scale=2.0)
    outer = helper.make_function("own", "Twice", ["a", "c"], ["b"], [
        inner, helper.make_node("Scaled", ["h"], ["s"], domain="own"), helper.make_node("Add", ["s", "c"], ["b"])],
        imports)
    r.record("LocalFunction/nested", 15, [helper.make_node("Twice", ["x", "c"], ["m"], domain="own"),
                                          helper.make_node("Twice", ["m", "x"], ["y"], domain="own")],
             {"x": r.data(2, 3)}, {"c": np.float32([1, 2, 3])}, ["y"], functions=[scaled, outer])


def integers(r):
    for dtype in (np.uint16, np.uint32, np.uint64):
        name = np.dtype(dtype).name
        top = int(np.iinfo(dtype).max)
        a = np.array([[0, 1, top, top - 5], [7, 12, top // 2, top // 2 + 1]], dtype)
        b = np.array([3, 0, 2, top], dtype)
        r.reference(f"Max/{name}", 13, a, b)
        r.reference(f"Min/{name}", 13, a, b)
        r.reference(f"BitwiseXor/{name}", 18, a, b)
        r.reference(f"BitwiseNot/{name}", 18, a)
        r.reference(f"BitShift/{name}_right", 11, a, np.array([3, 0, 2, 9], dtype), direction="RIGHT")
        r.reference(f"BitShift/{name}_left", 11, a, np.array([3, 0, 2, 9], dtype), direction="LEFT")
        r.reference(f"Add/{name}", 14, a, b)
        r.reference(f"Mul/{name}", 14, a, b)
        r.reference(f"Greater/{name}", 13, a, b)
        if dtype != np.uint64:
            r.reference(f"Div/{name}", 14, a, np.array([3, 1, 2, top], dtype))
            r.reference(f"Mod/{name}", 13, a, np.array([3, 1, 2, top], dtype))
    x = r.data(4, 6)
    r.op("QuantizeLinear/blocks", 21, x, r.Const(r.positive(2, 6)), r.Const(np.full((2, 6), 3, np.uint8)), axis=0,
         block_size=2)
    r.op("DequantizeLinear/blocks", 21, r.whole(4, 6, low=-128, high=127, dtype=np.int8), r.Const(r.positive(4, 2)), axis=1,
         block_size=3)
    r.op("QuantizeLinear/scale_fed", 13, x, np.float32(0.25), np.uint8(7))
    r.op("QuantizeLinear/scales_fed", 13, x, r.positive(4), np.arange(4).astype(np.int8), axis=0)
    r.op("DequantizeLinear/scale_fed", 13, r.whole(4, 6, low=0, high=255, dtype=np.uint8), np.float32(0.5), np.uint8(9))
    r.op("DequantizeLinear/float16", 19, r.whole(4, 6, low=0, high=255, dtype=np.uint8), r.Const(np.float16(0.5)),
         r.Const(np.uint8(9)))
    r.op("DynamicQuantizeLinear/zeros", 11, np.zeros((2, 3), np.float32), outputs=3)
    r.op("DynamicQuantizeLinear/ties", 11, r.f32(-1, -2.1, -1.3, -2.5, -3.34, -4.0), outputs=3)


def sums_and_sizes(r):
    for equation, *shapes in (("...ii->...i", (2, 3, 3)), ("ii", (4, 4)), ("iij->ij", (3, 3, 2)),
                              ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)), ("bij,bjk,bk->bi", (2, 2, 3), (2, 3, 4), (2, 4)),
                              ("...ij,...jk->...ik", (2, 1, 2, 3), (1, 3, 3, 4)), ("i,j,k->kji", (2,), (3,), (4,)),
                              ("ij,ij,ij->", (2, 3), (2, 3), (2, 3))):
        name = equation.replace("->", "_to_").replace(",", "_").replace("...", "e")
        r.op(f"Einsum/{name}", 12, *(r.data(*shape, seed=i) for i, shape in enumerate(shapes)), equation=equation)
    empty = np.zeros((2, 0, 4), np.float32)
    for kind in ("Max", "Min", "LogSumExp"):
        r.reference(f"Reduce{kind}/nothing", 20 if kind != "LogSumExp" else 18, empty, r.Const(r.i64(1)), keepdims=1)
    x = r.data(1, 2, 5, 6)
    part = r.f32(0, 0, 0.25, -0.25, 1, 1, 0.75, 1.25)
    for mode in ("linear", "nearest"):
        r.op(f"Resize/crop_{mode}", 13, x, r.Const(part), None, r.Const(r.i64(1, 2, 4, 9)), mode=mode,
             coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=7.0)


# ONNX Runtime's own operators.
def fused(r):
    own = {"domain": "com.microsoft"}
    x, weight, bias = r.data(1, 3, 6, 5), r.Const(r.data(4, 3, 3, 3, seed=1, low=-1, high=1)), r.Const(r.data(4, seed=2))
    for name, parameters in (("Relu", []), ("Tanh", []), ("Sigmoid", []), ("LeakyRelu", [0.25]),
                             ("HardSigmoid", [0.3, 0.4]), ("Clip", [-1.0, 2.0])):
        r.op(f"FusedConv/{name.lower()}", 13, x, weight, bias, activation=name, pads=[1, 1, 1, 1],
             **({"activation_params": parameters} if parameters else {}), **own)
    r.op("FusedConv/sum", 13, x, weight, bias, r.data(1, 4, 6, 5, seed=3), activation="Relu", pads=[1, 1, 1, 1], **own)
    r.op("FusedMatMul/plain", 13, r.data(2, 3, 4), r.data(2, 4, 5, seed=1), alpha=0.5, **own)
    r.op("FusedMatMul/trans_a", 13, r.data(2, 4, 3), r.data(2, 4, 5, seed=1), transA=1, **own)
    r.op("FusedMatMul/trans_b", 13, r.data(2, 2, 3, 4), r.Const(r.data(5, 4, seed=1)), transB=1, alpha=2.0, **own)
    x = r.data(2, 3, 8)
    r.op("BiasGelu/basic", 13, x, r.Const(r.data(8, seed=1)), **own)
    r.op("FastGelu/basic", 13, x, **own)
    r.op("FastGelu/bias", 13, x, r.Const(r.data(8, seed=1)), **own)
    r.op("QuickGelu/alpha", 13, x, alpha=1.5, **own)
    r.op("Gelu/runtime", 13, x, **own)
    skip, gamma = r.data(2, 3, 8, seed=1), r.Const(r.data(8, seed=2))
    beta, bias = r.Const(r.data(8, seed=3)), r.Const(r.data(8, seed=4))
    r.op("SkipLayerNormalization/basic", 13, x, skip, gamma, beta, **own)
    r.op("SkipLayerNormalization/bias", 13, x, skip, gamma, beta, bias, epsilon=1e-3, **own)
    r.op("SkipLayerNormalization/no_beta", 13, x, skip, gamma, **own)
    r.op("SkipSimplifiedLayerNormalization/bias", 13, x, skip, gamma, bias, epsilon=1e-5, **own)
    r.op("SimplifiedLayerNormalization/last", 13, x, gamma, epsilon=1e-3, axis=-1)
    r.op("SimplifiedLayerNormalization/two_axes", 13, x, r.Const(r.data(3, 8)), axis=1)


def transformers(r):
    own = {"domain": "com.microsoft"}
    x, weights, bias = r.data(2, 4, 6), r.Const(r.data(6, 24, seed=1, low=-1, high=1)), r.Const(r.data(24, seed=2))
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 0]], np.int32)
    r.op("Attention/basic", 13, x, weights, bias, num_heads=2, **own)
    r.op("Attention/mask", 13, x, weights, bias, mask, num_heads=2, **own)
    r.op("Attention/causal", 13, x, weights, bias, num_heads=4, unidirectional=1, scale=0.5, **own)
    r.op("Attention/causal_mask", 13, x, weights, bias, mask, num_heads=2, unidirectional=1, **own)
    r.op("Attention/score_bias", 13, x, weights, bias, None, None, r.data(2, 2, 4, 4, seed=5), num_heads=2, **own)
    r.op("Attention/value_size", 13, x, r.Const(r.data(6, 20, seed=1, low=-1, high=1)), r.Const(r.data(20, seed=2)),
         num_heads=2, qkv_hidden_sizes=[8, 8, 4], **own)
    key, value = r.data(2, 5, 8, seed=6, low=-1, high=1), r.data(2, 5, 4, seed=7)
    query = r.data(2, 3, 8, seed=8, low=-1, high=1)
    r.op("MultiHeadAttention/basic", 13, query, key, value, num_heads=2, **own)
    r.op("MultiHeadAttention/bias", 13, query, key, value, r.Const(r.data(20, seed=9)), num_heads=2, **own)
    r.op("MultiHeadAttention/mask", 13, query, key, value, None, np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], np.int32),
         num_heads=2, **own)
    r.op("MultiHeadAttention/score_bias", 13, query, key, value, None, None, r.data(1, 2, 3, 5, seed=5), num_heads=2,
         scale=0.25, **own)
    heads = r.data(2, 5, 8, seed=6, low=-1, high=1).reshape(2, 5, 2, 4).transpose(0, 2, 1, 3).copy()
    r.op("MultiHeadAttention/keys_in_heads", 13, query, heads, r.data(2, 2, 5, 4, seed=7), num_heads=2, **own)
    angles = r.data(6, 4, seed=3)
    cosines, sines = r.Const(np.cos(angles)), r.Const(np.sin(angles))
    x = r.data(2, 3, 16)
    for interleaved in (0, 1):
        r.op(f"RotaryEmbedding/positions_{interleaved}", 13, x, r.i64([0, 1, 2], [5, 4, 3]), cosines, sines,
             interleaved=interleaved, **own)
    r.op("RotaryEmbedding/offset", 13, x, r.i64(2), cosines, sines, **own)
    r.op("RotaryEmbedding/heads", 13, r.data(1, 2, 3, 8), r.i64([1, 2, 3]), cosines, sines, **own)
    r.op("RotaryEmbedding/part", 13, r.data(1, 3, 24), r.i64([1, 2, 3]), cosines, sines, num_heads=2,
         rotary_embedding_dim=8, **own)
    packed = np.random.default_rng(4).integers(0, 256, (3, 3, 8), dtype=np.uint8)
    scales, zeros = r.Const(r.positive(9) / 16), r.Const(np.array([0x83, 0x05, 0xF0, 0x07, 0x98, 0x0A], np.uint8))
    shape = {"K": 40, "N": 3, "block_size": 16, "bits": 4}
    r.op("MatMulNBits/4_bits", 13, r.data(2, 40), r.Const(packed), scales, **shape, **own)
    r.op("MatMulNBits/zero_points", 13, r.data(2, 5, 40), r.Const(packed), scales, zeros, **shape, **own)


def record_all(r):
    for family in (sampling, signals, placing, pools_and_volumes, functions, integers, sums_and_sizes, fused,
                   transformers):
        family(r)
