#!/usr/bin/env python3
"""Records small generated images, the pixels that Pillow decodes from them, and what its BILINEAR makes of these.

    tools/dev python3 tests/data/record_images.py        writes tests/data/images.zip
"""
import io
import pathlib
import zipfile

import numpy as np
from PIL import Image

SIZES = [(24, 18), (7, 50), (64, 9)]  # width, height


def picture(width, height):
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(7).integers(0, 40, (height, width, 3))
    base = np.stack([x * 215 / width, y * 215 / height, 107 + 107 * np.sin(x / 3) * np.cos(y / 4)], axis=-1)
    return Image.fromarray((base + noise).clip(0, 255).astype(np.uint8))


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def npy(array):
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array))
    return file.getvalue()


def main():
    rgb = picture(41, 29)
    alpha = rgb.copy()
    alpha.putalpha(Image.fromarray(np.arange(41 * 29).reshape(29, 41).astype(np.uint8)))
    files = {
        "colour.jpg": encoded(rgb, "JPEG", quality=85),
        "progressive.jpg": encoded(rgb, "JPEG", quality=60, progressive=True),
        "grey.jpg": encoded(rgb.convert("L"), "JPEG"),
        "inks.jpg": encoded(rgb.convert("CMYK"), "JPEG", quality=95),
        "colour.png": encoded(rgb, "PNG"),
        "grey.png": encoded(rgb.convert("L"), "PNG"),
        "alpha.png": encoded(alpha, "PNG"),
        "palette.png": encoded(rgb.quantize(32), "PNG"),
    }
    target = pathlib.Path(__file__).parent / "images.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        def write(name, data):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)

        for name, data in files.items():
            pixels = Image.open(io.BytesIO(data)).convert("RGB")
            write(name, data)
            write(name + ".npy", npy(np.asarray(pixels)))
        for width, height in SIZES:
            write(f"resized_{width}x{height}.npy", npy(np.asarray(rgb.resize((width, height), Image.BILINEAR))))


if __name__ == "__main__":
    main()
