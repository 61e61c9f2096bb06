"""What tools/bench runs on the reference system: compiles, measures in turns, prints Markdown."""

import json
import os
import statistics
import subprocess
import sys
import time

BIN = "build/release/bin"
OUT = "build/bench"
SHARED = "../shared"
EXECUTIONS = 40
WARMUP = 5

ORT = """
import sys, time, statistics, json
import numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
feeds = {i.name: numpy.random.default_rng(1).standard_normal(i.shape).astype(numpy.float32) for i in session.get_inputs()}
times = []
for i in range(int(sys.argv[2]) + int(sys.argv[3])):
    start = time.perf_counter()
    session.run(None, feeds)
    times.append((time.perf_counter() - start) * 1e3)
print(json.dumps({"median_ms": statistics.median(times[int(sys.argv[2]):])}))
"""


def run(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compile_model(source, delegate):
    """Compiles; gives the file, how long it took in ms, and the summary."""
    name = source[1].split("/")[-1].removesuffix(".onnx") + ("_xnnpack_fp32" if delegate else "")
    path = f"{OUT}/{name}.pte"
    start = time.perf_counter()
    run([f"{BIN}/aot_compiler", *source, "--quiet", "--output", path, "--json", f"{path}.json"]
        + (["--delegate"] if delegate else []))
    took = (time.perf_counter() - start) * 1e3
    with open(f"{path}.json", encoding="utf-8") as file:
        return path, took, json.load(file)


def run_pte(path, executions=EXECUTIONS):
    report = f"{OUT}/run.json"
    run([f"{BIN}/xnn_executor_runner", "--model_path", path, "--cpu_threads", "1", "--print_output", "none",
         "--num_executions", str(executions), "--warmup", str(min(WARMUP, executions)), "--json", report])
    with open(report, encoding="utf-8") as file:
        return json.load(file)


def have_onnxruntime():
    return subprocess.run([sys.executable, "-c", "import onnxruntime"], capture_output=True, check=False).returncode == 0


def run_onnxruntime(path):
    lines = run([sys.executable, "-c", ORT, path, str(WARMUP), str(EXECUTIONS)]).strip().splitlines()
    return json.loads(lines[-1])


def row(cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def main():
    rounds = int(sys.argv[1])
    os.makedirs(OUT, exist_ok=True)
    sources = [("--model_name", name) for name in ("mv2", "mv3", "mv3_large", "resnet18", "resnet50")]
    for name in ("executorch/mobilenet_v2.onnx", "executorch/mobilenet_v3_small.onnx"):
        if os.path.exists(f"{SHARED}/{name}"):
            sources.append(("--model", f"{SHARED}/{name}"))

    print("Compiling (fastest of 3, process start to end):\n")
    row(["model", "ms", "peak MB", "file MB", "delegated", "calls", "arena / lower bound, bytes"])
    row(["---", "--:", "--:", "--:", "--:", "--:", "--:"])
    configurations = []  # (label, function that gives a report)
    for source in sources:
        attempts = [compile_model(source, True) for _ in range(3)]
        path, took, report = min(attempts, key=lambda attempt: attempt[1])
        label = source[1].split("/")[-1]
        row([label, f"{took:.0f}", f"{report['peak_rss_bytes'] / 1e6:.0f}", f"{report['file_bytes'] / 1e6:.1f}",
             f"{report['nodes_delegated']}/{report['nodes_total']}", report["delegate_calls"],
             f"{report['arena_bytes']} / {report['arena_lower_bound_bytes']}"])
        configurations.append((f"{label}, delegated", lambda path=path: run_pte(path)))
        if source[1] in ("mv2", "mv3"):
            portable = compile_model(source, False)[0]
            configurations.append((f"{label}, portable kernels", lambda path=portable: run_pte(path, 5)))
        if source[0] == "--model":
            theirs = source[1].removesuffix(".onnx") + "_xnnpack_fp32.pte"
            configurations.append((f"{label}, ExecuTorch's .pte, here", lambda path=theirs: run_pte(path)))
            if have_onnxruntime():
                configurations.append((f"{label}, ONNX Runtime", lambda path=source[1]: run_onnxruntime(path)))

    results = {label: [] for label, _ in configurations}
    for _ in range(rounds):
        for label, measure in configurations:
            results[label].append(measure())
    print(f"\nRunning, one thread (medians of {EXECUTIONS} executions, {rounds} rounds in turns):\n")
    row(["configuration", "least median, ms", "median of medians, ms", "first, ms", "load, ms", "peak MB"])
    row(["---", "--:", "--:", "--:", "--:", "--:"])
    for label, reports in results.items():
        medians = [report["median_ms"] for report in reports]
        cells = [label, f"{min(medians):.2f}", f"{statistics.median(medians):.2f}"]
        if "first_ms" in reports[0]:
            load = min(sum(report["load_ms"].values()) for report in reports)
            cells += [f"{min(report['first_ms'] for report in reports):.2f}", f"{load:.1f}",
                      f"{min(report['peak_rss_bytes'] for report in reports) / 1e6:.1f}"]
        else:
            cells += ["", "", ""]
        row(cells)

    print("\nThe runtime over XNNPACK's own API (in turns in one process):\n")
    for name in ("mv2", "mv3"):
        print(run([f"{BIN}/overhead", f"{OUT}/{name}_xnnpack_fp32.pte", "300"]).strip())


main()
