#!/usr/bin/python3
"""Golden values for src/transforms from torchvision on PIL pictures; writes src/transforms/testdata.

Run with a Python that has torch, torchvision, numpy and Pillow: tools/golden/transforms.py
"""

import math
import pathlib
import random

import numpy
import PIL
import torch
import torchvision
from PIL import Image, ImageDraw
from torchvision import transforms
from torchvision.transforms import functional

OUT = pathlib.Path(__file__).resolve().parents[2] / "src" / "transforms" / "testdata"
MEAN = [0.485, 0.456, 0.406]
STDDEV = [0.229, 0.224, 0.225]


def draw_picture():
    """500 x 375: slow waves, hard edges at all angles and fine stripes."""
    y, x = numpy.mgrid[0:375, 0:500]
    red = 127 + 120 * numpy.sin(x / 70)
    green = 127 + 120 * numpy.cos(y / 50)
    blue = (x + y) * 255 / 875
    waves = numpy.stack([red, green, blue], axis=2)
    picture = Image.fromarray((waves // 6 * 6).clip(0, 255).astype(numpy.uint8))
    draw = ImageDraw.Draw(picture)
    for i in range(24):
        angle = i * math.pi / 12
        end = (250 + 240 * math.cos(angle), 187 + 180 * math.sin(angle))
        draw.line([(250, 187), end], fill=(255, i * 10, 255 - i * 10), width=1 + i % 4)
    for i in range(40):
        draw.rectangle([20 + 2 * i, 20, 20 + 2 * i, 90], fill=(0, 0, 0) if i % 2 else (255, 255, 0))
    draw.ellipse([330, 220, 470, 350], fill=(20, 200, 90), outline=(255, 255, 255), width=3)
    return picture


def write_eval_pipeline():
    picture = draw_picture()
    picture.save(OUT / "picture.png", optimize=True)
    pipeline = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224)])
    pipeline(picture).save(OUT / "resize256_center_crop224.png", optimize=True)


def write_normalized():
    """channel, pixel value, normalised value."""
    values = numpy.arange(256, dtype=numpy.uint8).reshape(16, 16)
    picture = Image.fromarray(numpy.stack([values] * 3, axis=2))
    tensor = functional.normalize(functional.to_tensor(picture), MEAN, STDDEV)
    with open(OUT / "normalized.txt", "w") as file:
        for channel in range(3):
            for value, result in enumerate(tensor[channel].flatten().tolist()):
                file.write(f"{channel} {value} {result:.9g}\n")


def write_crop_sizes():
    """height, width, scale, ratio -> height and width of RandomResizedCrop's box.

    Scale and ratio are single values here, so that the box's size does not depend on chance.
    """
    draw = random.Random(1)
    with open(OUT / "crop_sizes.txt", "w") as file:
        for _ in range(400):
            height, width = draw.randint(1, 700), draw.randint(1, 700)
            scale = draw.choice([1, draw.uniform(0.01, 1)])
            ratio = draw.choice([1, 0.75, 4 / 3, draw.uniform(0.1, 10)])
            scale, ratio = (numpy.float32(v).item() for v in (scale, ratio))
            picture = Image.new("RGB", (width, height))
            _, _, h, w = transforms.RandomResizedCrop.get_params(
                picture, [scale, scale], [ratio, ratio])
            if h > 0 and w > 0:
                file.write(f"{height} {width} {scale:.9g} {ratio:.9g} {h} {w}\n")


def bin_of(value, low, high):
    """Which of ten equal parts of [low, high] holds value."""
    return min(max(int((value - low) / (high - low) * 10), 0), 9)


def write_crop_statistics():
    """Per setting: height width scale ratio draws, then counts in ten bins each of the box's share
    of the area, of the logarithm of its ratio, and of its place from top to bottom and from left to
    right."""
    draws = 20000
    torch.manual_seed(1)
    settings = [
        (375, 500, (0.08, 1.0), (3 / 4, 4 / 3)),
        (224, 224, (0.96, 1.0), (0.95, 1.05)),
        (600, 200, (0.08, 1.0), (3 / 4, 4 / 3)),
        (224, 224, (0.25, 0.5), (0.5, 3.0)),
    ]
    with open(OUT / "crop_statistics.txt", "w") as file:
        for height, width, scale, ratio in settings:
            picture = Image.new("RGB", (width, height))
            area, shape, top, left = ([0] * 10 for _ in range(4))
            for _ in range(draws):
                i, j, h, w = transforms.RandomResizedCrop.get_params(picture, scale, ratio)
                area[bin_of(h * w / (height * width), scale[0], scale[1])] += 1
                shape[bin_of(math.log(w / h), math.log(ratio[0]), math.log(ratio[1]))] += 1
                top[bin_of(i / (height - h + 1), 0, 1)] += 1
                left[bin_of(j / (width - w + 1), 0, 1)] += 1
            numbers = [height, width, *scale, *map(repr, ratio), draws]
            file.write(" ".join(map(str, numbers)) + "\n")
            for counts in (area, shape, top, left):
                file.write(" ".join(map(str, counts)) + "\n")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    write_eval_pipeline()
    write_normalized()
    write_crop_sizes()
    write_crop_statistics()
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, "
          f"Pillow {PIL.__version__}, numpy {numpy.__version__}")
