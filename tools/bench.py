"""What tools/bench runs on the reference system: compiles, measures in turns, prints Markdown."""

import os
import statistics
import sys

from bench_runs import (BIN, EXECUTIONS, OUT, SHARED, compile_model, have_onnxruntime, header, in_turns, make_folder,
                        row, run, run_onnxruntime, run_pte)


def compiled(source, delegate):
    """The file, how long it took in ms, and the summary."""
    name = source[1].split("/")[-1].removesuffix(".onnx") + ("_xnnpack_fp32" if delegate else "")
    path = f"{OUT}/{name}.pte"
    return path, *compile_model(source, path, *(["--delegate"] if delegate else []))


def main():
    rounds = int(sys.argv[1])
    make_folder()
    sources = [("--model_name", name) for name in ("mv2", "mv3", "mv3_large", "resnet18", "resnet50")]
    for name in ("executorch/mobilenet_v2.onnx", "executorch/mobilenet_v3_small.onnx"):
        if os.path.exists(f"{SHARED}/{name}"):
            sources.append(("--model", f"{SHARED}/{name}"))

    print("Compiling (fastest of 3, process start to end):\n")
    header("model", "ms", "peak MB", "file MB", "delegated", "calls", "arena / lower bound, bytes")
    configurations = []  # (label, function that gives a report)
    for source in sources:
        attempts = [compiled(source, True) for _ in range(3)]
        path, took, report = min(attempts, key=lambda attempt: attempt[1])
        label = source[1].split("/")[-1]
        row([label, f"{took:.0f}", f"{report['peak_rss_bytes'] / 1e6:.0f}", f"{report['file_bytes'] / 1e6:.1f}",
             f"{report['nodes_delegated']}/{report['nodes_total']}", report["delegate_calls"],
             f"{report['arena_bytes']} / {report['arena_lower_bound_bytes']}"])
        configurations.append((f"{label}, delegated", lambda path=path: run_pte(path)))
        if source[1] in ("mv2", "mv3"):
            portable = compiled(source, False)[0]
            configurations.append((f"{label}, portable kernels", lambda path=portable: run_pte(path, 5)))
        if source[0] == "--model":
            theirs = source[1].removesuffix(".onnx") + "_xnnpack_fp32.pte"
            configurations.append((f"{label}, ExecuTorch's .pte, here", lambda path=theirs: run_pte(path)))
            if have_onnxruntime():
                configurations.append((f"{label}, ONNX Runtime", lambda path=source[1]: run_onnxruntime(path)))

    results = in_turns(configurations, rounds)
    print(f"\nRunning, one thread (medians of {EXECUTIONS} executions, {rounds} rounds in turns):\n")
    header("configuration", "least median, ms", "median of medians, ms", "first, ms", "load, ms", "peak MB")
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
