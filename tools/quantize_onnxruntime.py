"""Quantizes a network with ONNX Runtime's static quantizer, and says how right the result is, for comparison.

  python3 tools/quantize_onnxruntime.py NET.onnx OUT.onnx torchvision|tensorflow CALIBRATION_LIST TEST_LIST

QDQ form, activations uint8 by their least and largest values, weights int8 per channel: what its documentation
recommends for x86-64 with VNNI. Lists have lines of "path<TAB>label" or "path". Images are resized as aot_compiler's
--preprocess does. Prints one line of JSON with the fields of aot_compiler's "evaluation".
"""

import json
import math
import sys

import onnx.reference  # before onnxruntime, whose operators it would trip over
import numpy
import onnxruntime
from PIL import Image
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

PREPROCESSING = {"torchvision": ((.485, .456, .406), (.229, .224, .225)), "tensorflow": ((.5, .5, .5), (.5, .5, .5))}


def read_list(path):
    """Pairs of a file and a label, or None."""
    with open(path, encoding="utf-8") as file:
        fields = [line.rstrip("\n").split("\t") for line in file if line.strip()]
    return [(line[0], int(line[1]) if len(line) > 1 else None) for line in fields]


def image(path, sizes, preprocess):
    mean, std = (numpy.array(numbers, numpy.float32) for numbers in PREPROCESSING[preprocess])
    pixels = numpy.asarray(Image.open(path).convert("RGB").resize((sizes[3], sizes[2]), Image.BILINEAR), numpy.float32)
    return ((pixels / 255 - mean) / std).astype(numpy.float32).transpose(2, 0, 1)[None]


class Photos(CalibrationDataReader):
    def __init__(self, network_input, paths, preprocess):
        self.input = network_input
        self.paths = iter(paths)
        self.preprocess = preprocess

    def get_next(self):
        path = next(self.paths, None)
        return None if path is None else {self.input.name: image(path, self.input.shape, self.preprocess)}


def session_of(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def evaluate(of_float, quantized, samples, preprocess):
    network_input = of_float.get_inputs()[0]
    sums = {"top1_float": 0, "top1_quantized": 0, "top5_float": 0, "top5_quantized": 0, "agreement": 0}
    signal = noise = 0
    for path, label in samples:
        feeds = {network_input.name: image(path, network_input.shape, preprocess)}
        scores = {"float": of_float.run(None, feeds)[0], "quantized": quantized.run(None, feeds)[0]}
        signal += float((scores["float"].astype(numpy.float64) ** 2).sum())
        noise += float(((scores["float"] - scores["quantized"]).astype(numpy.float64) ** 2).sum())
        sums["agreement"] += (scores["float"].argmax(1) == scores["quantized"].argmax(1)).mean()
        for form, of_form in scores.items():
            if label is not None:
                best = numpy.argsort(-of_form[0], kind="stable")[:5]
                sums[f"top1_{form}"] += best[0] == label
                sums[f"top5_{form}"] += label in best
    result = {name: total / len(samples) for name, total in sums.items()}
    return {"n": len(samples), "sqnr_db": 10 * math.log10(signal / noise), **result}


def main():
    network, out, preprocess, calibration, test = sys.argv[1:]
    prepared = out + ".prepared.onnx"
    quant_pre_process(network, prepared, skip_symbolic_shape=True)
    of_float = session_of(network)
    photos = Photos(of_float.get_inputs()[0], [path for path, _ in read_list(calibration)], preprocess)
    quantize_static(prepared, out, photos, quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    print(json.dumps(evaluate(of_float, session_of(out), read_list(test), preprocess)))


main()
