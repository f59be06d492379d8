#!/usr/bin/env python3
"""What torchvision's networks are and compute, for the zoo's tests.

Each network gets parameters that follow from their names alone (src/zoo/seeded_state.h), a head for
ten classes, and two made-up pictures. Stored are the logits and fingerprints of the printed module
tree, of named_modules() and of the state_dict's names and shapes.

    tools/golden/logits.py src/zoo/testdata/architectures.json [NAME...]
"""
import json
import sys

import numpy as np
import torch
import torchvision

NAMES = """alexnet vgg11 vgg13 vgg16 vgg19 vgg11_bn vgg13_bn vgg16_bn vgg19_bn resnet18 resnet34
resnet50 resnet101 resnet152 squeezenet1_0 squeezenet1_1 mobilenet_v2""".split()
CLASSES = 10
MASK = (1 << 64) - 1


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def splitmix64(x):
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def seeded(name, shape, low, high):
    count = int(np.prod(shape))
    with np.errstate(over="ignore"):
        bits = splitmix64(np.uint64(fnv1a(name)) + np.arange(count, dtype=np.uint64))
    unit = (bits >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
    low, high = np.float32(low), np.float32(high)
    return torch.from_numpy((low + (high - low) * unit).reshape(shape))


def seeded_state(model):
    state = {}
    for name, value in model.state_dict().items():
        if not value.is_floating_point():
            state[name] = torch.zeros_like(value)
        elif value.dim() >= 2:
            bound = np.sqrt(np.float32(6.0) / np.float32(value[0].numel()))
            state[name] = seeded(name, value.shape, -bound, bound)
        elif name.endswith((".bias", ".running_mean")):
            state[name] = seeded(name, value.shape, -0.1, 0.1)
        else:
            state[name] = seeded(name, value.shape, 0.5, 1.5)
    return state


def fingerprint(text):
    return f"{fnv1a(text):016x}"


def describe(name):
    model = getattr(torchvision.models, name)(num_classes=CLASSES).eval()
    full = getattr(torchvision.models, name)()
    model.load_state_dict(seeded_state(model))
    with torch.no_grad():
        logits = model(seeded("input", (2, 3, 224, 224), -2, 2))
    return {
        "logits": [[float(f"{x:.7g}") for x in row] for row in logits.tolist()],
        "printed": fingerprint(str(full) + "\n"),
        "named_modules": fingerprint("".join(n + "\n" for n, _ in full.named_modules() if n)),
        "state_dict": fingerprint(
            "".join(f"{n} {list(v.shape)}\n" for n, v in full.state_dict().items())
        ),
        "parameters": sum(p.numel() for p in full.parameters()),
    }


def main():
    target, names = sys.argv[1], sys.argv[2:] or NAMES
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}")
    result = {
        "made_with": f"torch {torch.__version__}, torchvision {torchvision.__version__}",
        "architectures": {},
    }
    for name in names:
        result["architectures"][name] = describe(name)
        print(name, result["architectures"][name]["logits"][0][:3])
    with open(target, "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
