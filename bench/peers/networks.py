"""Networks of torchvision, as they are used for features: all but the head.

As a program it prints the versions, as one JSON document.
"""
import json

import torch
import torchvision
from torch import nn


def last_layer(model):
    """Name and module of the last linear or convolutional layer: the head."""
    return [(name, module) for name, module in model.named_modules()
            if isinstance(module, (nn.Linear, nn.Conv2d))][-1]


def set_layer(model, name, layer):
    parent, _, own = name.rpartition(".")
    setattr(model.get_submodule(parent), own, layer)


def build(name, weights=None):
    """The whole network; random, or with the parameters of a .pth file."""
    arguments = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = getattr(torchvision.models, name)(**arguments)
    if weights:
        state, own = torch.load(weights, map_location="cpu"), model.state_dict()
        model.load_state_dict({**own, **{key: state[key] for key in own if key in state}})
    return model


def features(name, weights=None):
    """The network up to its head, for inference."""
    model = build(name, weights)
    set_layer(model, last_layer(model)[0], nn.Identity())
    return model.eval()


def side(name):
    """Pixels of the square that a network looks at."""
    return 299 if name == "inception_v3" else 224


def versions():
    return {"PyTorch": torch.__version__.partition("+")[0],
            "torchvision": torchvision.__version__.partition("+")[0]}


if __name__ == "__main__":
    print(json.dumps({"versions": versions()}))
