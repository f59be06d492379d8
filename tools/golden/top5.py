#!/usr/bin/env python3
"""Compares the five likeliest classes of every photo with torchvision's, on real weights.

    tools/golden/top5.py build/release/bin/engraft PHOTOS mobilenet_v2=FILE.pth ...

Needs Debian's python3-torchvision; exits with 1 where a photo's five differ.
"""
import json
import subprocess
import sys

import torch
import torchvision
from PIL import Image, ImageOps
from torchvision import transforms


def usual_transforms():
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    return transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224),
                               transforms.ToTensor(), transforms.Normalize(mean, std)])


def main():
    engraft, photos, models = sys.argv[1], sys.argv[2], sys.argv[3:]
    classes = torchvision.models.MobileNet_V2_Weights.IMAGENET1K_V1.meta["categories"]
    different = 0
    for name, _, weights in (model.partition("=") for model in models):
        command = [engraft, "predict", name, photos, "--weights", weights, "--top", "5", "--json"]
        predictions = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        model = getattr(torchvision.models, name)()
        model.load_state_dict(torch.load(weights))
        model.eval()
        equal = 0
        for one in predictions:
            picture = ImageOps.exif_transpose(Image.open(one["path"])).convert("RGB")
            with torch.inference_mode():
                logits = model(usual_transforms()(picture)[None])[0]
            want = [classes[k] for k in logits.topk(5).indices]
            equal += want == [top["class"] for top in one["top"]]
        print(f"{name}: {equal} of {len(predictions)} photos have the same five, in order")
        different += len(predictions) - equal
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
