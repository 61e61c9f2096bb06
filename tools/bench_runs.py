"""What the benchmarks share: compiling, running a program or a peer in a process of its own, and taking turns."""

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
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}:\n{done.stderr[-2000:]}")
    return done.stdout


def compile_model(source, path, *options):
    """Compiles the model that ("--model", file) or ("--model_name", name) gives; returns how long it took in ms, and
    the summary."""
    start = time.perf_counter()
    run([f"{BIN}/aot_compiler", *source, "--quiet", "--output", path, "--json", f"{path}.json", *options])
    took = (time.perf_counter() - start) * 1e3
    with open(f"{path}.json", encoding="utf-8") as file:
        return took, json.load(file)


def run_pte(path, executions=EXECUTIONS):
    report = f"{OUT}/run.json"
    run([f"{BIN}/xnn_executor_runner", "--model_path", path, "--cpu_threads", "1", "--print_output", "none",
         "--num_executions", str(executions), "--warmup", str(min(WARMUP, executions)), "--json", report])
    with open(report, encoding="utf-8") as file:
        return json.load(file)


def have_onnxruntime():
    return subprocess.run([sys.executable, "-c", "import onnxruntime"], capture_output=True, check=False).returncode == 0


def run_onnxruntime(path, executions=EXECUTIONS):
    lines = run([sys.executable, "-c", ORT, path, str(min(WARMUP, executions)), str(executions)]).strip().splitlines()
    return json.loads(lines[-1])


def in_turns(configurations, rounds):
    """The reports of each (label, function that gives one), by label."""
    results = {label: [] for label, _ in configurations}
    for _ in range(rounds):
        for label, measure in configurations:
            results[label].append(measure())
    return results


def least_median(reports):
    return min(report["median_ms"] for report in reports)


def median_ratio(reports, others):
    """How many times as long as the others, turn by turn."""
    return statistics.median(a["median_ms"] / b["median_ms"] for a, b in zip(reports, others))


def row(cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def header(*cells):
    row(cells)
    row(["---"] + ["--:"] * (len(cells) - 1))


def make_folder():
    os.makedirs(OUT, exist_ok=True)
