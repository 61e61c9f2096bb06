#!/usr/bin/env python3
"""Trains the digits network and writes digits.onnx with images to calibrate with and to test, their labels and logits.

Usage: python3 train.py      (under a minute on one core; needs PyTorch, scikit-learn and onnx)
"""

import io
import pathlib

import numpy as np
import onnx
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional

HERE = pathlib.Path(__file__).resolve().parent
EPOCHS = 60
BATCH = 64
CALIBRATION = 100  # images of the training part, for quantizing


def block(inputs, outputs, kernel, **options):
    """Convolution without bias, since the normalization after it brings one along."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False, **options),
                         nn.BatchNorm2d(outputs), nn.ReLU())


def network():
    return nn.Sequential(
        block(1, 24, 3),                 # 24 x 8 x 8
        block(24, 48, 3, stride=2),      # 48 x 4 x 4
        block(48, 48, 3, groups=48),     # depthwise
        block(48, 96, 1),                # pointwise
        block(96, 96, 3, groups=96),
        block(96, 128, 1),               # 128 x 4 x 4
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(128, 10))


def digits():
    """The split is fixed, and holds every digit in the same share on both sides."""
    source = load_digits()
    images = (source.images / 16.0).astype(np.float32)[:, None]
    labels = source.target.astype(np.int64)
    return [torch.from_numpy(part) for part in train_test_split(images, labels, test_size=360, random_state=0,
                                                                stratify=labels)]


def shifted(images):
    """Each image moved by up to one pixel, so that 1,437 images go further."""
    padded = functional.pad(images, (1, 1, 1, 1))
    corners = torch.randint(0, 3, (len(images), 2)).tolist()
    return torch.stack([padded[i, :, y:y + 8, x:x + 8] for i, (y, x) in enumerate(corners)])


def train(model, images, labels):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    steps = -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, epochs=EPOCHS, steps_per_epoch=steps)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(BATCH):
            loss = functional.cross_entropy(model(shifted(images[batch])), labels[batch], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def export(model):
    """The exporter folds the normalizations into the convolutions, as it does for a model in evaluation mode."""
    stream = io.BytesIO()
    torch.onnx.export(model, torch.zeros(1, 1, 8, 8), stream, input_names=["image"], output_names=["logits"],
                      opset_version=17, dynamo=False)
    graph = onnx.load_from_string(stream.getvalue())
    onnx.checker.check_model(graph, full_check=True)
    (HERE / "digits.onnx").write_bytes(graph.SerializeToString(deterministic=True))


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    train_images, test_images, train_labels, test_labels = digits()
    model = network()
    train(model, train_images, train_labels)
    model.eval()
    with torch.no_grad():
        # One at a time, as the exported network runs them.
        logits = torch.cat([model(image[None]) for image in test_images])
    right = (logits.argmax(1) == test_labels).sum().item()
    print(f"{sum(parameter.numel() for parameter in model.parameters())} parameters, "
          f"{right} of {len(test_labels)} test images right ({100 * right / len(test_labels):.1f} %)")
    export(model)
    np.save(HERE / "calibration_images.npy", train_images[:CALIBRATION].numpy())
    np.save(HERE / "test_images.npy", test_images.numpy())
    np.save(HERE / "test_labels.npy", test_labels.numpy())
    np.save(HERE / "test_logits.npy", logits.numpy())


if __name__ == "__main__":
    main()
