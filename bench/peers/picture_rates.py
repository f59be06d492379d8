#!/usr/bin/env python3
"""From a JPEG to a network's input on one core: peers of the pictures section of bench/suite.py.

    build/peers/bin/python bench/peers/picture_rates.py PHOTO.jpg --transforms val|train \\
        [--seconds 4]

val is resize(256) center_crop(224), train is random_resized_crop(224) hflip; both normalise.

PIL      torchvision's transforms on pictures that PIL decodes
tensors  torchvision's transforms of the second kind on tensors that its own decoder gives
OpenCV   imread, INTER_AREA, and NumPy for the rest, as OpenCV's users write it

Prints one JSON document; rates are pictures a second.
"""
import argparse
import functools
import json

import cv2
import numpy
import PIL
import torch
from PIL import Image
from torchvision import transforms
from torchvision.io import ImageReadMode, decode_jpeg, read_file
from torchvision.transforms import v2

import networks
import rates

MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
STEPS = {"val": lambda kind: [kind.Resize(256), kind.CenterCrop(224)],
         "train": lambda kind: [kind.RandomResizedCrop(224), kind.RandomHorizontalFlip()]}


def with_pil(path, which):
    steps = transforms.Compose([*STEPS[which](transforms), transforms.ToTensor(),
                                transforms.Normalize(MEAN, DEVIATION)])

    def load():
        with Image.open(path) as picture:
            steps(picture.convert("RGB"))
    return load


def with_tensors(path, which):
    steps = v2.Compose([*STEPS[which](v2), v2.ToDtype(torch.float32, scale=True),
                        v2.Normalize(MEAN, DEVIATION)])
    return lambda: steps(decode_jpeg(read_file(path), mode=ImageReadMode.RGB))


def centre(picture):
    """The shorter side becomes 256, and the middle 224 × 224 are kept."""
    height, width = picture.shape[:2]
    scale = 256 / min(height, width)
    picture = cv2.resize(picture, (round(width * scale), round(height * scale)),
                         interpolation=cv2.INTER_AREA)
    top, left = (picture.shape[0] - 224) // 2, (picture.shape[1] - 224) // 2
    return picture[top:top + 224, left:left + 224]


def random_crop(picture, generator):
    height, width = picture.shape[:2]
    side = int(min(height, width) * generator.uniform(0.3, 1))
    top, left = generator.integers(height - side + 1), generator.integers(width - side + 1)
    picture = cv2.resize(picture[top:top + side, left:left + side], (224, 224),
                         interpolation=cv2.INTER_AREA)
    return picture[:, ::-1] if generator.random() < 0.5 else picture


def with_opencv(path, which):
    mean, deviation = numpy.float32(MEAN), numpy.float32(DEVIATION)
    generator = numpy.random.default_rng(0)
    crop = centre if which == "val" else functools.partial(random_crop, generator=generator)

    def load():
        picture = crop(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB))
        numpy.ascontiguousarray(((picture.astype(numpy.float32) / 255 - mean) / deviation)
                                .transpose(2, 0, 1))
    return load


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo")
    parser.add_argument("--transforms", choices=list(STEPS), default="val")
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    ways = {"PIL": with_pil, "tensors": with_tensors, "OpenCV": with_opencv}
    print(json.dumps({
        "versions": {**networks.versions(), "Pillow": PIL.__version__, "OpenCV": cv2.__version__},
        "rates": {name: rates.pictures_a_second(way(options.photo, options.transforms), 1,
                                                options.seconds)
                  for name, way in ways.items()}}))


if __name__ == "__main__":
    main()
