#!/usr/bin/env python3
"""ONNX files as PyTorch exports them, and what the exported networks compute.

    tools/golden/onnx.py src/onnx/testdata            small networks, for the tests
    tools/golden/onnx.py --full FOLDER [NAME...]      torchvision's own, beside logits as .json

Weights follow from their names (tools/golden/logits.py), in steps of 1/64 so that the files pack
well. Needs Debian's python3-torchvision.
"""
import json
import os
import sys

import torch
from torch import nn
from torchvision import models
from torchvision.models.convnext import CNBlockConfig
from torchvision.models.efficientnet import MBConvConfig
from torchvision.models.mobilenetv3 import InvertedResidualConfig
from torchvision.models.regnet import BlockParams, RegNet

from logits import seeded, seeded_state

CLASSES = 5
FULL = """alexnet vgg11_bn resnet18 resnet50 squeezenet1_1 googlenet inception_v3 densenet121
mobilenet_v2 mobilenet_v3_small mobilenet_v3_large mnasnet0_5 shufflenet_v2_x1_0 efficientnet_b0
regnet_y_400mf regnet_x_400mf convnext_tiny""".split()


def small_resnet():
    model = models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=CLASSES)
    model.inplanes = 8
    model.conv1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
    model.bn1 = nn.BatchNorm2d(8)
    model.layer1 = model._make_layer(models.resnet.BasicBlock, 8, 1)
    model.layer2 = model._make_layer(models.resnet.BasicBlock, 16, 1, stride=2)
    model.layer3 = model.layer4 = nn.Identity()
    model.fc = nn.Linear(16, CLASSES)
    return model


def small_squeezenet():
    fire = models.squeezenet.Fire
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), fire(8, 4, 8, 8),
        nn.Dropout(), nn.Conv2d(16, CLASSES, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def small_efficientnet():
    settings = [MBConvConfig(1, 3, 1, 32, 8, 1, 1.0, 1.0), MBConvConfig(4, 5, 2, 8, 16, 2, 1.0, 1.0)]
    return models.EfficientNet(settings, 0.2, num_classes=CLASSES)


def small_mobilenet_v3():
    rows = [(8, 3, 16, 8, True, "RE", 2, 1), (8, 5, 24, 16, True, "HS", 2, 1)]
    settings = [InvertedResidualConfig(*row, 1.0) for row in rows]
    return models.MobileNetV3(settings, 32, num_classes=CLASSES)


def small_googlenet_stem():
    """What torchvision's GoogLeNet does to pictures when it comes with published weights."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3, 2)
            self.fc = nn.Linear(8, CLASSES)

        def forward(self, x):
            parts = [torch.unsqueeze(x[:, c], 1) * (0.4 + c / 10) + (c - 1) / 20 for c in range(3)]
            x = torch.relu(self.conv(torch.cat(parts, 1)))
            x = torch.nn.functional.avg_pool2d(x, 3, 2, padding=1)
            return torch.softmax(self.fc(x.mean([2, 3])), 1)

    return Net()


def small_mlp_head():
    """A flattening by view(), and products exported as MatMul and Add."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 5, 4)
            self.fc1 = nn.Linear(4 * 8 * 8, 16)
            self.weight = nn.Parameter(torch.zeros(16, CLASSES))
            self.bias = nn.Parameter(torch.zeros(CLASSES))

        def forward(self, x):
            x = nn.functional.hardtanh(self.conv(x), 0, 6)
            x = torch.tanh(self.fc1(x.view(x.size(0), -1)))
            return x @ self.weight + self.bias

    return Net()


SMALL = {
    "resnet": (small_resnet, 9),
    "squeezenet": (small_squeezenet, 11),
    "mobilenet_v2": (lambda: models.MobileNetV2(CLASSES, 0.1, [[1, 16, 1, 1], [6, 24, 2, 2]]), 13),
    "mobilenet_v3": (small_mobilenet_v3, 13),
    "mobilenet_v3_hardswish": (small_mobilenet_v3, 14),
    "densenet": (lambda: models.DenseNet(4, (2, 2), 8, num_classes=CLASSES), 10),
    "shufflenet": (lambda: models.ShuffleNetV2([2, 2, 2], [8, 16, 24, 32, 40], CLASSES), 13),
    "efficientnet": (small_efficientnet, 15),
    "regnet": (
        lambda: RegNet(BlockParams([1, 2], [8, 16], [8, 8], [1.0, 1.0], [2, 2], 0.25), CLASSES),
        16,
    ),
    "convnext": (
        lambda: models.ConvNeXt([CNBlockConfig(8, 12, 1), CNBlockConfig(12, None, 1)],
                                num_classes=CLASSES),
        13,
    ),
    "convnext_layer_norm": (
        lambda: models.ConvNeXt([CNBlockConfig(8, 12, 1), CNBlockConfig(12, None, 1)],
                                num_classes=CLASSES),
        17,
    ),
    "transform_input": (small_googlenet_stem, 13),
    "mlp_head": (small_mlp_head, 12),
}
DYNAMIC = ("shufflenet", "mlp_head")  # exported with the batch's extent left open


def export(model, path, opset, size, dynamic, fold=True):
    axes = {"input": {0: "batch"}, "output": {0: "batch"}} if dynamic else None
    torch.onnx.export(model, torch.zeros(1, 3, size, size), path, opset_version=opset,
                      input_names=["input"], output_names=["output"], dynamic_axes=axes,
                      do_constant_folding=fold)


def main():
    full = sys.argv[1] == "--full"
    folder = sys.argv[2 if full else 1]
    names = (sys.argv[3:] or FULL) if full else list(SMALL)
    expected = {}
    for number, name in enumerate(names):
        if full:
            options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
            model, opset = getattr(models, name)(num_classes=10, **options), 9 + number % 9
            if opset < 11 and name.startswith("shufflenet"):
                opset = 13
            size = 299 if name == "inception_v3" else 224
        else:
            model, opset, size = SMALL[name][0](), SMALL[name][1], 34
        state = seeded_state(model)
        for key, value in state.items():
            if value.is_floating_point() and not full:
                state[key] = torch.round(value * 64) / 64
        model.load_state_dict(state)
        model.eval()
        path = os.path.join(folder, name + ".onnx")
        export(model, path, opset, size, full or name in DYNAMIC)
        pictures = seeded("input", (2, 3, size, size), -2, 2)
        with torch.no_grad():
            result = model(pictures)
        if name == "transform_input":
            result = torch.log(result)  # the softmax is left out: equal but for a constant
        expected[name] = [[float(f"{x:.7g}") for x in row] for row in result.tolist()]
        print(name, opset, os.path.getsize(path), expected[name][0][:3], flush=True)
    with open(os.path.join(folder, "logits.json"), "w") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
