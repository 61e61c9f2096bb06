#!/usr/bin/env python3
"""Compiles and runs the ONNX project's own tests of its operators, and says in one table which pass and why the rest do
not. tests/onnx_node_tests builds what it needs and starts it.

The tests are those that python3-onnx generates (onnx.backend.test.cmd_tools generate-data); --data reads them from
elsewhere. Each holds a model of one operator, or that operator's function body spelled out ("expanded"), with inputs and
expected outputs. It passes if every output has the expected type and shape and lies within the tolerance that the ONNX
project's backend tests use. It is wrong if an output differs, or if anything fails after compiling; else it is refused.

Models of ONNX tests take everything as an input, shapes, axes and pads too, which decide sizes that are planned ahead of
time. Where the compiler refuses that, those inputs that PARAMETERS names become constants of the model, as exporters
write them; the table says how many passed only so. Where an output differs and ONNX Runtime's differs as well, the test
is disputed: its expectation rounds, or wraps round, otherwise than its operator's definition says.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import AttributeProto, TensorProto, numpy_helper

NEWEST_OPSET = 21
RTOL, ATOL = 1e-3, 1e-7  # of onnx.backend.test.case.node

# Operator -> inputs that decide sizes, or how the operator is to be carried out.
PARAMETERS = {
    "AffineGrid": [1], "BlackmanWindow": [0], "CenterCropPad": [1], "Clip": [1, 2], "Col2Im": [1, 2],
    "ConstantOfShape": [0], "CumSum": [1], "DFT": [1, 2], "Dropout": [1, 2], "Expand": [1], "HammingWindow": [0],
    "HannWindow": [0], "If": [0], "Loop": [0, 1], "MaxUnpool": [2], "MelWeightMatrix": [0, 1, 2, 3, 4],
    "NonMaxSuppression": [2, 3, 4], "OneHot": [1], "Pad": [1, 2, 3], "QLinearConv": [1, 2, 4, 5, 6, 7],
    "QLinearMatMul": [1, 2, 4, 5, 6, 7], "QuantizeLinear": [1, 2], "DequantizeLinear": [1, 2], "Range": [0, 1, 2],
    "Reshape": [1], "Resize": [1, 2, 3], "STFT": [1, 3], "Slice": [1, 2, 3, 4], "Split": [1], "Squeeze": [1],
    "Tile": [1], "TopK": [1], "Trilu": [1], "Unsqueeze": [1], "Upsample": [1], "Compress": [1],
    **{f"Reduce{kind}": [1] for kind in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum",
                                         "SumSquare")},
}

RANDOM = {"Bernoulli", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial"}
SIZED_BY_VALUES = {"Compress", "NonMaxSuppression", "NonZero", "Unique"}


def nodes_of(graph):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from nodes_of(inner)


def holds_strings(model):
    graph = model.graph
    infos = list(graph.input) + list(graph.output)
    types = [info.type.tensor_type.elem_type for info in infos if info.type.HasField("tensor_type")]
    types += [tensor.data_type for tensor in graph.initializer]
    for node in nodes_of(graph):
        for attribute in node.attribute:
            if attribute.name == "value_string" or attribute.name == "value_strings":
                return True
            if attribute.type == AttributeProto.TENSOR:
                types.append(attribute.t.data_type)
    return TensorProto.STRING in types


def holds_sequences(model):
    infos = list(model.graph.input) + list(model.graph.output)
    return (any(info.type.WhichOneof("value") in ("sequence_type", "optional_type") for info in infos) or
            any("Sequence" in node.op_type or node.op_type.startswith("Optional") for node in nodes_of(model.graph)
                if node.op_type != "ReverseSequence"))


def trains(name, model):
    return any(opset.domain.startswith("ai.onnx.preview.training") for opset in model.opset_import) or \
        "training" in name and any(op in name for op in ("dropout", "batchnorm"))


def open_shape(info):
    tensor = info.type.tensor_type
    return not tensor.HasField("shape") or any(not dim.HasField("dim_value") for dim in tensor.shape.dim)


def left_out(name, model):
    """Why a test is none of inference with static shapes at a supported operator set; empty where it is one."""
    operators = {node.op_type for node in nodes_of(model.graph)}
    if trains(name, model):
        return "training"
    if any(opset.domain == "ai.onnx.ml" for opset in model.opset_import):
        return "classical machine learning (ai.onnx.ml)"
    if holds_strings(model):
        return "strings"
    if holds_sequences(model):
        return "sequences and optionals"
    if operators & RANDOM:
        return "random numbers"
    if operators & SIZED_BY_VALUES:
        return "output sizes that depend on values"
    if any(open_shape(info) for info in model.graph.input):
        return "input sizes that the model leaves open"
    if any(opset.domain == "" and opset.version > NEWEST_OPSET for opset in model.opset_import):
        return f"operator set {NEWEST_OPSET + 1}"
    return ""


def make_data(folder):
    """What `python3 -m onnx.backend.test.cmd_tools generate-data` writes."""
    (folder / "node").mkdir(parents=True)
    command = [sys.executable, "-W", "ignore", "-m", "onnx.backend.test.cmd_tools", "generate-data", "--clean",
               "--output", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"the tests cannot be generated: {done.stderr.strip().splitlines()[-1]}")
    return folder / "node"


def read_arrays(folder, kind):
    arrays = []
    while (file := folder / f"{kind}_{len(arrays)}.pb").exists():
        arrays.append(numpy_helper.to_array(onnx.load_tensor(str(file))))
    return arrays


def with_constants(model, data, positions):
    """The model with some of its inputs turned into initializers."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    chosen = [fixed.graph.input[i] for i in positions]
    for info, i in zip(chosen, positions):
        tensor = onnx.load_tensor(str(data / f"input_{i}.pb"))
        tensor.name = info.name
        fixed.graph.initializer.append(tensor)
    for info in chosen:
        fixed.graph.input.remove(info)
    return fixed


def parameter_positions(name, model, operator_of):
    """Which graph inputs are parameters. Those of an expanded test are those of the test that it was made from."""
    node = model.graph.node[0]
    base = re.sub(r"_expanded(_ver\d+)?$", "", name)
    op, names = operator_of.get(base, (node.op_type, list(node.input)))
    wanted = {names[i] for i in PARAMETERS.get(op, []) if i < len(names)}
    return [i for i, info in enumerate(model.graph.input) if info.name in wanted]


def as_saved(array, element_type):
    """NumPy has no bfloat16: onnx gives its bits, and files hold them as ml_dtypes does."""
    return array.view("V2") if element_type == TensorProto.BFLOAT16 else array


def as_numbers(array):
    return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32) if array.dtype == "V2" else array


def difference(expected, got):
    if got.dtype != expected.dtype:
        return f"{got.dtype}, expected {expected.dtype}"
    if got.shape != expected.shape:
        return f"shape {got.shape}, expected {expected.shape}"
    got, expected = as_numbers(got), as_numbers(expected)
    if np.allclose(got, expected, rtol=RTOL, atol=ATOL, equal_nan=True):
        return ""
    wrong = ~np.isclose(got, expected, rtol=RTOL, atol=ATOL, equal_nan=True)
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    return f"{wrong.sum()} of {wrong.size} elements differ, at {at} {got[at]}, expected {expected[at]}"


def differences(expected, got):
    for i, (wanted, given) in enumerate(zip(expected, got)):
        if problem := difference(wanted, given):
            return f"output {i}: {problem}"
    return ""


def for_runtime(model, inputs):
    """The model and its inputs for ONNX Runtime, whose Python has no bfloat16: constants go in, floats come out."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    feeds = {}
    for info, array in zip(list(model.graph.input), inputs):
        if array.dtype == "V2":
            model.graph.initializer.append(onnx.helper.make_tensor(
                info.name, TensorProto.BFLOAT16, array.shape, array.tobytes(), raw=True))
            model.graph.input.remove(info)
        else:
            feeds[info.name] = array
    for info in model.graph.output:
        if info.type.tensor_type.elem_type == TensorProto.BFLOAT16:
            model.graph.node.append(onnx.helper.make_node("Cast", [info.name], [info.name + "/float"],
                                                          to=TensorProto.FLOAT))
            info.name += "/float"
            info.type.tensor_type.elem_type = TensorProto.FLOAT
    return model, feeds


def runtime_differs(model, inputs, expected):
    """Does ONNX Runtime miss the expected outputs too?"""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    model, feeds = for_runtime(model, inputs)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        got = session.run(None, feeds)
    except Exception:  # whatever it raises: it has no answer
        return False
    return differences([as_numbers(array) for array in expected], got) != ""


def reason_of(stderr):
    """What an error says, without the names of program and file before it."""
    lines = [line for line in stderr.strip().splitlines() if line.strip()]
    return re.sub(r"^\w+: (/\S+: )?", "", lines[-1]) if lines else "no message"


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


class Tester:
    def __init__(self, bin_folder, work, delegate):
        self.compiler = bin_folder / "aot_compiler"
        self.runner = bin_folder / "xnn_executor_runner"
        self.work = work
        self.flags = ["--delegate"] if delegate else []

    def compile(self, name, model):
        file = self.work / f"{name}.onnx"
        file.write_bytes(model.SerializeToString())
        program = self.work / f"{name}.pte"
        done = run([self.compiler, "--model", file, *self.flags, "--output", program])
        if done.returncode not in (0, 1):
            return None, f"aot_compiler ended with {done.returncode}"
        return (program, "") if done.returncode == 0 else (None, done.stderr)

    def execute(self, name, program, inputs, expected):
        files = []
        for i, array in enumerate(inputs):
            files.append(self.work / f"{name}-in{i}.npy")
            np.save(files[-1], array)
        out = self.work / f"{name}-out"
        arguments = ["--inputs", ",".join(map(str, files))] if files else []
        done = run([self.runner, "--model_path", program, *arguments, "--output_file", out, "--cpu_threads", "1"])
        if done.returncode != 0:
            return f"it does not run: {reason_of(done.stderr)}"
        got = [np.load(f"{out}-{i}.npy", allow_pickle=False) for i in range(len(expected))]
        return differences(expected, got)

    def test(self, name, folder, parameters):
        """(passed | fixed | refused | disputed | wrong, reason)"""
        model = onnx.load(str(folder / "model.onnx"))
        sets = sorted(folder.glob("test_data_set_*"))
        verdict = "passed"
        program, message = self.compile(name, model)
        kept = list(range(len(model.graph.input)))
        if program is None and parameters and "aot_compiler ended" not in message:
            verdict = "fixed"
            kept = [i for i in kept if i not in parameters]
            fixed = with_constants(model, sets[0], parameters)
            program, message = self.compile(name, fixed)
        if program is None:
            return ("wrong" if message.startswith("aot_compiler ended") else "refused"), reason_of(message)
        for data in sets:
            inputs, expected = [[as_saved(array, info.type.tensor_type.elem_type) for array, info in zip(arrays, infos)]
                                for arrays, infos in ((read_arrays(data, "input"), model.graph.input),
                                                      (read_arrays(data, "output"), model.graph.output))]
            if problem := self.execute(name, program, [inputs[i] for i in kept], expected):
                if problem.startswith("output") and runtime_differs(model, inputs, expected):
                    return "disputed", problem + "; ONNX Runtime does not give that either"
                return "wrong", problem
        return verdict, ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, help="a folder node/ of generated tests")
    parser.add_argument("--only", default="", help="tests whose names match this expression")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onnx_node_tests.") as temporary:
        work = pathlib.Path(temporary)
        node = options.data or make_data(work / "data")
        folders = {folder.name: folder for folder in sorted(node.iterdir()) if folder.is_dir()}
        models = {name: onnx.load(str(folder / "model.onnx")) for name, folder in folders.items()}
        operator_of = {name: (model.graph.node[0].op_type, list(model.graph.node[0].input))
                       for name, model in models.items() if "_expanded" not in name}
        excluded = {name: left_out(name, model) for name, model in models.items()}
        chosen = [name for name in folders if re.search(options.only, name)]
        ways = {}
        for way in ("delegate", "portable"):
            (work / way).mkdir()
            tester = Tester(options.bin, work / way, way == "delegate")

            def one(name, tester=tester):
                return tester.test(name, folders[name],
                                   parameter_positions(name, models[name], operator_of))

            with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
                ways[way] = dict(zip(chosen, pool.map(one, chosen)))
        return report(chosen, excluded, ways)


COLUMNS = {"passed": "pass", "fixed": "pass with constants", "refused": "refused", "disputed": "disputed",
           "wrong": "wrong"}


def print_table(chosen, excluded, ways):
    counted = [name for name in chosen if not excluded[name]]
    groups = {f"inference, operator set {NEWEST_OPSET} or below, static shapes": counted}
    for name in chosen:
        if excluded[name]:
            groups.setdefault("besides: " + excluded[name], []).append(name)
    groups["all"] = chosen
    width = max(map(len, groups))
    for way, results in ways.items():
        print(f"\n{way:{width}}  tests  " + "  ".join(COLUMNS.values()))
        for title, names in groups.items():
            cells = (f"{sum(results[name][0] == v for name in names):{len(text)}}" for v, text in COLUMNS.items())
            print(f"{title:{width}}  {len(names):5}  " + "  ".join(cells))
        done = sum(results[name][0] in ("passed", "fixed") for name in counted)
        print(f"{100 * done / max(1, len(counted)):.1f} % of {len(counted)} pass")


def report(chosen, excluded, ways):
    print(f"{len(chosen)} tests of onnx {onnx.__version__}")
    print_table(chosen, excluded, ways)
    print("\nnot passed:")
    for name in chosen:
        lines = collections.defaultdict(list)
        for way, results in ways.items():
            verdict, reason = results[name]
            if verdict not in ("passed", "fixed"):
                lines[verdict, reason].append(way)
        for (verdict, reason), where in lines.items():
            both = "" if len(where) == len(ways) else f" ({where[0]})"
            besides = f" [{excluded[name]}]" if excluded[name] else ""
            print(f"{verdict:8} {name}{both}: {reason}{besides}")
    return 1 if any(results[name][0] == "wrong" for results in ways.values() for name in chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
