#!/usr/bin/env python3
"""Writes what mobilenet_v2 with real ImageNet weights says of real photos, in PyTorch: the file's name
and the top class of each. Neither photos nor weights are in the repository.

    python3 tools/golden/photos.py TESTDATA tests/testdata/mobilenet_v2_photos.txt

Needs Debian's python3-torch and python3-torchvision.
"""
import pathlib
import sys

import torch
import torchvision
from PIL import Image
from torchvision import transforms


def main():
    data = pathlib.Path(sys.argv[1])
    model = torchvision.models.mobilenet_v2().eval()
    weights = data / "weights/mobilenet_v2-qnnpack-dequantised-imagenet.pth"
    model.load_state_dict(torch.load(weights))
    prepare = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    )
    lines = []
    with torch.no_grad():
        for path in sorted((data / "photos").iterdir()):
            picture = Image.open(path).convert("RGB")
            lines.append(f"{path.name}\t{model(prepare(picture)[None]).argmax().item()}\n")
    pathlib.Path(sys.argv[2]).write_text("".join(lines))


if __name__ == "__main__":
    main()
