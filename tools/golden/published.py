#!/usr/bin/env python3
"""Writes the table of published files, torchvision's and DINOv2's: what the zoo knows of each.

    tools/golden/published.py src/zoo/published.tsv

Needs Debian's python3-torchvision; downloads nothing.
"""
import sys

import torchvision
from torchvision.models import get_model_weights, list_models

COLUMNS = "network name url top1 resize crop interpolation mean std parameters licence".split()
# Where a network's own first step (transform_input) changes the normalisation to this one.
OWN_NORMALIZATION = ("0.5,0.5,0.5", "0.5,0.5,0.5")
OWN_INPUT = ("googlenet", "inception_v3")


# Networks from elsewhere: facebookresearch/dinov2's README. Backbones alone, hence no top-1.
IMAGENET = ("0.485,0.456,0.406", "0.229,0.224,0.225")
DINOV2 = "https://dl.fbaipublicfiles.com/dinov2/{0}/{0}_pretrain.pth"
OTHERS = [
    [name, "LVD142M", DINOV2.format(name), "0", "256", "224", "bicubic", *IMAGENET, count,
     "Apache-2.0"]
    for name, count in [("dinov2_vits14", "22056576"), ("dinov2_vitb14", "86580480")]
]


def row(network, weights):
    preset = weights.transforms()
    mean = ",".join(f"{x:g}" for x in preset.mean)
    std = ",".join(f"{x:g}" for x in preset.std)
    if network in OWN_INPUT:
        mean, std = OWN_NORMALIZATION
    licence = "CC-BY-NC-4.0" if "SWAG" in weights.name else "BSD-3-Clause"
    return [
        network,
        weights.name,
        weights.url,
        f"{weights.meta['_metrics']['ImageNet-1K']['acc@1']:.3f}",
        str(preset.resize_size[0]),
        str(preset.crop_size[0]),
        preset.interpolation.value,
        mean,
        std,
        str(weights.meta["num_params"]),
        licence,
    ]


def main():
    rows = [COLUMNS]
    for network in list_models(module=torchvision.models):
        for weights in get_model_weights(network):
            if "FEATURES" not in weights.name:  # those have no classifier
                rows.append(row(network, weights))
    rows += OTHERS
    with open(sys.argv[1], "w") as file:
        file.writelines("\t".join(one) + "\n" for one in rows)
    print(f"torchvision {torchvision.__version__}: {len(rows) - 1} files")


if __name__ == "__main__":
    main()
