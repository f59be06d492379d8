#!/usr/bin/env python3
"""Writes the table of torchvision's published ImageNet classifiers: what the zoo knows of each file.

    tools/golden/published.py src/zoo/published.tsv

Needs Debian's python3-torchvision; downloads nothing.
"""
import sys

import torchvision
from torchvision.models import get_model_weights, list_models

COLUMNS = "network name file top1 resize crop interpolation mean std parameters licence".split()
# Where a network's own first step (transform_input) changes the normalisation to this one.
OWN_NORMALIZATION = ("0.5,0.5,0.5", "0.5,0.5,0.5")
OWN_INPUT = ("googlenet", "inception_v3")


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
        weights.url.rpartition("/")[2],
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
    with open(sys.argv[1], "w") as file:
        file.writelines("\t".join(one) + "\n" for one in rows)
    print(f"torchvision {torchvision.__version__}: {len(rows) - 1} files")


if __name__ == "__main__":
    main()
