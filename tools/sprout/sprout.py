"""The network sprout in PyTorch: torchvision's ResNet with our widths and a small stem, and its
file. train.py makes the file, evaluate.py judges it."""

import json
import struct
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

WIDTHS = (24, 48, 96, 192)
BLOCKS = (2, 2, 2, 1)
INPUT_SIZE = 128
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class Sprout(ResNet):
    """Modules named as in torchvision's ResNet: conv1 (3 x 3, stride 2), bn1, relu, maxpool,
    layer1 to layer4 of basic blocks, avgpool, fc."""

    def __init__(self, classes):
        nn.Module.__init__(self)
        self._norm_layer = nn.BatchNorm2d
        self.inplanes, self.dilation, self.groups, self.base_width = WIDTHS[0], 1, 1, 64
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTHS[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        for stage, (width, blocks) in enumerate(zip(WIDTHS, BLOCKS)):
            stride = 1 if stage == 0 else 2
            setattr(self, f"layer{stage + 1}", self._make_layer(BasicBlock, width, blocks, stride))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(WIDTHS[-1], classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def features(self, x):
        """N x 3 x H x W, normalised, to N x 192."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.avgpool(x).flatten(1)

    def forward(self, x):
        return self.fc(self.features(x))


def normalise(pictures):
    """uint8 N x H x W x 3 (numpy) to float N x 3 x H x W, normalised as ImageNet's pictures are."""
    x = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()
    x = x.contiguous(memory_format=torch.channels_last)
    scale = 255 * torch.tensor(STD)
    return (x - 255 * torch.tensor(MEAN)[:, None, None]).div_(scale[:, None, None])


DTYPES = {"F16": np.float16, "F32": np.float32, "I64": np.int64}


def save(path, state, metadata):
    """A safetensors file: weights as F16, running statistics as F32, counters as I64."""
    header, data, offset = {"__metadata__": metadata}, [], 0
    for name, tensor in state.items():
        kind = "I64" if not tensor.is_floating_point() else "F32" if "running" in name else "F16"
        raw = tensor.detach().numpy().astype(DTYPES[kind]).tobytes()
        header[name] = {"dtype": kind, "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + len(raw)]}
        data.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data))


def load(path):
    """The file's network and its metadata."""
    raw = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + length])
    metadata = header.pop("__metadata__")
    state = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(raw[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
        values = values.astype(np.float32) if entry["dtype"] != "I64" else values.copy()
        state[name] = torch.from_numpy(values)
    network = Sprout(len(json.loads(metadata["classes"])))
    network.load_state_dict(state)
    return network.eval(), metadata
