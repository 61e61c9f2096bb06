#!/usr/bin/env python3
"""Exports torchvision's networks to .pt2 and .onnx, compiles both with Ingot, runs them and compares with PyTorch.

For every network and each of the two doors, a line of a table: the largest difference from what PyTorch computes in
float64, as a part of the largest value, beside that of eager PyTorch in float32; the share of multiply-adds that XNNPACK
takes, and in how many calls. Weights are random, from a fixed seed, those included that torchvision begins with zeros
or almost; statistics of batch normalizations are taken from random images, so that values stay in range.

    python3 compare.py [--bin build/release/bin] [--work FOLDER] [NETWORK ...]

Needs torch and torchvision (and onnx, for that door); runs Ingot's aot_compiler and xnn_executor_runner.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import warnings

import numpy as np
import torch
import torchvision

warnings.filterwarnings("ignore")

# Name -> the image's size, and what the network is made with.
NETWORKS = {
    "mobilenet_v2": (224, {}),
    "mobilenet_v3_large": (224, {}),
    "resnet18": (224, {}),
    "squeezenet1_1": (224, {}),
    "shufflenet_v2_x1_0": (224, {}),
    "efficientnet_b0": (224, {}),
    "mnasnet1_0": (224, {}),
    "regnet_y_400mf": (224, {}),
    "densenet121": (224, {}),
    "googlenet": (224, {"aux_logits": False, "init_weights": False}),
    "inception_v3": (299, {"aux_logits": False, "init_weights": False}),
    "convnext_tiny": (224, {}),
    "vit_b_16": (224, {}),
    "swin_t": (224, {}),
    "deeplabv3_mobilenet_v3_large": (224, {"weights_backbone": None}),
    "fcn_resnet50": (224, {"weights_backbone": None}),
    "ssdlite320_mobilenet_v3_large": (320, {"weights_backbone": None}),
}


class First(torch.nn.Module):
    """Segmentation networks give a dictionary; its first entry counts."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        result = self.network(x)
        return next(iter(result.values())) if isinstance(result, dict) else result


class Heads(torch.nn.Module):
    """A detector up to its boxes and classes in numbers: backbone and heads. What follows depends on the values."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        found = self.network.head(list(self.network.backbone(x).values()))
        return torch.cat((found["bbox_regression"], found["cls_logits"]), -1)


def build(name):
    size, options = NETWORKS[name]
    torch.manual_seed(0)
    network = torchvision.models.get_model(name, weights=None, **options)
    for label, parameter in network.named_parameters():
        if label.endswith("layer_scale"):
            torch.nn.init.uniform_(parameter, 0.5, 1)
        if parameter.dim() > 1 and not parameter.any():
            torch.nn.init.normal_(parameter, std=0.02)
    network = Heads(network) if hasattr(network, "head") and hasattr(network, "backbone") else First(network)
    torch.manual_seed(1)
    network.train()
    for module in network.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.momentum = None  # the plain average
    with torch.no_grad():
        network(torch.randn(2, 3, size, size))
    return network.eval(), torch.randn(1, 3, size, size)


def answers(network, image):
    """In float32, and in float64."""
    with torch.no_grad():
        single = network(image).numpy()
        double = network.double()(image.double()).numpy()
    network.float()
    return single, double


def error_of(actual, expected):
    return f"{np.abs(actual - expected).max() / np.abs(expected).max():.1e}"


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "it failed without a word")


def compile_and_run(binaries, work, model, expected):
    program, report = work / "net.pte", work / "net.json"
    run([binaries / "aot_compiler", "--model", model, "--delegate", "--output", program, "--json", report])
    run([binaries / "xnn_executor_runner", "--model_path", program, "--inputs", work / "in.npy",
         "--output_file", work / "out"])
    actual = np.load(work / "out-0.npy")
    if actual.shape != expected.shape:
        raise RuntimeError(f"its output is {actual.shape}, expected {expected.shape}")
    summary = json.loads(report.read_text())
    share = 100 * summary["macs_delegated"] / max(summary["macs_total"], 1)
    left = sorted({entry["op"] if isinstance(entry, dict) and "op" in entry else str(entry)
                   for entry in summary["left_out"]})
    return f"{error_of(actual, expected)} | {share:.1f} % | {summary['delegate_calls']}", left


def export(name, door, network, image, work):
    if door == "pt2":
        torch.export.save(torch.export.export(network, (image,), strict=False), work / f"{name}.pt2")
    else:
        torch.onnx.export(network, (image,), work / f"{name}.onnx", opset_version=17, dynamo=False)
    return work / f"{name}.{door}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(NETWORKS)}; default: all")
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"), help="Ingot's commands")
    parser.add_argument("--work", type=pathlib.Path, help="keep the exported files here")
    options = parser.parse_args()
    unknown = [name for name in options.networks if name not in NETWORKS]
    if unknown:
        parser.error(f"no network is called {', '.join(unknown)}")

    print("| network | PyTorch: error | .pt2: error | delegated | calls | .onnx: error | delegated | calls |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or pathlib.Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        for name in options.networks or NETWORKS:
            network, image = build(name)
            single, expected = answers(network, image)
            np.save(work / "in.npy", image.numpy())
            cells, notes = [error_of(single, expected)], []
            for door in ("pt2", "onnx"):
                try:
                    model = export(name, door, network, image, work)
                    cell, left = compile_and_run(options.bin, work, model, expected)
                    notes += [f"{door}: left out: {entry}" for entry in left]
                except Exception as error:  # one network's failure is a line of the table
                    cell = "failed | | "
                    notes.append(f"{door}: {str(error).splitlines()[-1][:300]}")
                cells.append(cell)
                if options.work is None:
                    (work / f"{name}.{door}").unlink(missing_ok=True)
            print(f"| {name} | {' | '.join(cells)} |", flush=True)
            for note in notes:
                print(f"    {note}", flush=True)


if __name__ == "__main__":
    main()
