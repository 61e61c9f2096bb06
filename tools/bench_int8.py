"""What tools/bench int8 runs on the reference system: 8 bits against float, against ONNX Runtime's static quantizer on
the same photos, and against ExecuTorch's files. Measures in turns, prints Markdown."""

import json
import math
import os
import sys

import numpy

from bench_runs import (BIN, EXECUTIONS, OUT, SHARED, compile_model, have_onnxruntime, header, in_turns, least_median,
                        make_folder, median_ratio, row, run, run_onnxruntime, run_pte)

MODELS = f"{SHARED}/models"
# name, file, preprocessing, the column of labels that it answers with, every how many-th photo, executions a round
TRAINED = [("mobilenet_v2", "mobilenet_v2_1.0_224_google_fp32", "tensorflow", 2, 1, EXECUTIONS),
           ("squeezenet1.1", "squeezenet1.1_fp32", "torchvision", 1, 1, EXECUTIONS),
           ("deeplabv3_mnv2", "deeplabv3_mnv2_pascal_fp32", "tensorflow", None, 10, 5)]
NAMED = ["mv2", "mv3", "mv3_large", "resnet18", "resnet50"]
EXECUTORCH = ["mobilenet_v2", "mobilenet_v3_small"]
SQNR_INPUTS = 40  # over eight, either side may win by chance


def photo_list(half, label, step):
    """Writes a list of every `step`-th photo of a half, with labels where a column is named."""
    folder = os.path.abspath(f"{MODELS}/photos")
    with open(f"{folder}/labels.tsv", encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file][1:]
    path = f"{OUT}/{half}_{label}_{step}.txt"
    with open(path, "w", encoding="utf-8") as file:
        for line in [line for line in lines if line[3] == half][::step]:
            file.write(f"{folder}/{line[0]}" + ("" if label is None else f"\t{line[label]}") + "\n")
    return path


def both_forms(source, name, *quantization):
    """Compiles to fp32 and to int8, each delegated; returns the two files and the second's summary."""
    files = {form: f"{OUT}/{name}_{form}.pte" for form in ("fp32", "q8")}
    compile_model(source, files["fp32"], "--delegate")
    return files, compile_model(source, files["q8"], "--delegate", "--quantize", *quantization)[1]


def percent(share):
    return f"{100 * share:.1f}"


def evaluation_cells(evaluation, labelled):
    pairs = [f"{percent(evaluation[f'{top}_float'])} / {percent(evaluation[f'{top}_quantized'])}"
             for top in ("top1", "top5")] if labelled else ["", ""]
    return [*pairs, percent(evaluation["agreement"]), f"{evaluation['sqnr_db']:.1f}"]


def quantize_onnxruntime(model, out, *arguments):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "quantize_onnxruntime.py")
    return json.loads(run([sys.executable, script, model, out, *arguments]).strip().splitlines()[-1])


def trained_networks(rounds):
    rows, configurations = [], []
    for name, file, preprocess, label, step, executions in TRAINED:
        model = f"{MODELS}/onnx/{file}.onnx"
        calibration, test = photo_list("calibration", None, step), photo_list("test", label, step)
        files, summary = both_forms(("--model", model), name, "--calibration_data", calibration, "--preprocess",
                                    preprocess, "--evaluate", test)
        peers = [(name, "Ingot", summary["evaluation"], files["fp32"], files["q8"],
                  lambda path, executions=executions: run_pte(path, executions))]
        if have_onnxruntime():
            out = f"{OUT}/{name}_qdq.onnx"
            evaluation = quantize_onnxruntime(model, out, preprocess, calibration, test)
            peers.append((name, "ONNX Runtime", evaluation, model, out,
                          lambda path, executions=executions: run_onnxruntime(path, executions)))
        for peer in peers:
            rows.append((*peer[:3], label is not None, *peer[3:5]))
            configurations += [(path, lambda path=path, measure=peer[5]: measure(path)) for path in peer[3:5]]
    times = in_turns(configurations, rounds)
    print(f"Trained networks, calibrated on one half of the photos and measured on the other ({EXECUTIONS} executions, "
          f"{rounds} rounds in turns, one thread):\n")
    header("network", "quantizer", "top-1, float / int8, %", "top-5", "same answer, %", "SQNR, dB", "int8 file, bytes",
           "of fp32's", "fp32, ms", "int8, ms", "int8 / fp32")
    for name, peer, evaluation, labelled, before, after in rows:
        size = os.path.getsize(after)
        row([name, peer, *evaluation_cells(evaluation, labelled), size, f"{size / os.path.getsize(before):.3f}",
             f"{least_median(times[before]):.2f}", f"{least_median(times[after]):.2f}",
             f"{median_ratio(times[after], times[before]):.2f}"])


def compiled_to_int8(source, name, form, *options):
    path = f"{OUT}/{name}_{form}.pte"
    compile_model(source, path, "--quantize", *options)
    return path


def tuned(source, name):
    """What is faster in float on this machine stays so."""
    return compiled_to_int8(source, name, "tuned", "--delegate", "--tune", "native")


def networks_by_name(rounds):
    compiled = {}
    for name in NAMED:
        source = ("--model_name", name)
        files, summary = both_forms(source, name)
        compiled[name] = ({**files, "tuned": tuned(source, name), "kernels": compiled_to_int8(source, name, "kernels")},
                          summary)
    configurations = [(path, lambda path=path: run_pte(path)) for files, _ in compiled.values()
                      for path in files.values()]
    times = in_turns(configurations, rounds)
    print("\nNetworks by name, seeded weights, in the same way (tuned: with --tune native; kernels: not delegated):\n")
    header("network", "delegate calls", "nodes delegated", "int8 file, of fp32's", "tuned", "fp32, ms", "int8, ms",
           "tuned, ms", "kernels, ms", "int8 / fp32", "tuned / fp32")
    for name, (files, summary) in compiled.items():
        sizes = {form: os.path.getsize(path) for form, path in files.items()}
        row([name, summary["delegate_calls"], f"{summary['nodes_delegated']}/{summary['nodes_total']}",
             *(f"{sizes[form] / sizes['fp32']:.3f}" for form in ("q8", "tuned")),
             *(f"{least_median(times[path]):.2f}" for path in files.values()),
             *(f"{median_ratio(times[files[form]], times[files['fp32']]):.2f}" for form in ("q8", "tuned"))])


def output_of(path, input_path):
    run([f"{BIN}/xnn_executor_runner", "--model_path", path, "--inputs", input_path, "--output_file", f"{OUT}/output",
         "--cpu_threads", "1", "--print_output", "none"])
    return numpy.load(f"{OUT}/output-0.npy").astype(numpy.float64)


def signal_to_noise(of_float, path, inputs):
    signal = noise = 0
    for input_path in inputs:
        expected = output_of(of_float, input_path)
        signal += (expected ** 2).sum()
        noise += ((expected - output_of(path, input_path)) ** 2).sum()
    return 10 * math.log10(signal / noise)


def executorch_files(rounds):
    """The same weights: theirs calibrated on random batches by its exporter, ours on random inputs too."""
    shape = numpy.load(f"{SHARED}/executorch/{EXECUTORCH[0]}.input0.npy").shape
    inputs = []
    for seed in range(SQNR_INPUTS):
        inputs.append(f"{OUT}/normal{seed}.npy")
        numpy.save(inputs[-1], numpy.random.default_rng(seed).standard_normal(shape).astype(numpy.float32))
    configurations, compiled = [], {}
    for name in EXECUTORCH:
        stem = f"{SHARED}/executorch/{name}"
        source = ("--model", f"{stem}.onnx")
        files, _ = both_forms(source, f"executorch_{name}")
        compiled[name] = (files["fp32"], {"Ingot's": files["q8"], "Ingot's, tuned": tuned(source, f"executorch_{name}"),
                                          "ExecuTorch's": f"{stem}_xnnpack_q8.pte"})
        configurations += [(path, lambda path=path: run_pte(path))
                           for path in (files["fp32"], *compiled[name][1].values())]
    times = in_turns(configurations, rounds)
    print(f"\nExecuTorch's int8 files, run here beside ours of the same weights (SQNR against float over {SQNR_INPUTS} "
          "random inputs):\n")
    header("network", "file", "bytes", "SQNR, dB", "int8, ms", "int8 / our fp32", "of ExecuTorch's time")
    for name, (of_float, files) in compiled.items():
        theirs = files["ExecuTorch's"]
        for label, path in files.items():
            row([name, label, os.path.getsize(path), f"{signal_to_noise(of_float, path, inputs):.1f}",
                 f"{least_median(times[path]):.2f}", f"{median_ratio(times[path], times[of_float]):.2f}",
                 f"{median_ratio(times[path], times[theirs]):.2f}"])


def main():
    rounds = int(sys.argv[1])
    make_folder()
    if os.path.exists(f"{MODELS}/photos/labels.tsv"):
        trained_networks(rounds)
    networks_by_name(rounds)
    if os.path.exists(f"{SHARED}/executorch"):
        executorch_files(rounds)


main()
