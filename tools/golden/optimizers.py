#!/usr/bin/env python3
"""What PyTorch's optimizers do to small problems, for the tests of src/train.

Stored are parameters after each of 20 steps on given gradients, two tiny heads trained for ten steps
of Adam, and the optimum of a regularised logistic regression.

    tools/golden/optimizers.py src/learn/testdata/optimizers.json
"""
import json
import sys

import torch
from torch import nn
from torch.nn import functional

STEPS = 20
VARIANTS = {
    "sgd": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    "sgd plain": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.0}),
    "sgd decay": (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.05}),
    "adam": (torch.optim.Adam, {"lr": 0.01}),
    "adam decay": (torch.optim.Adam, {"lr": 0.01, "weight_decay": 0.05}),
    "adamw": (torch.optim.AdamW, {"lr": 0.01, "weight_decay": 0.0}),
    "adamw decay": (torch.optim.AdamW, {"lr": 0.01, "weight_decay": 0.05}),
}


def listed(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def steps():
    shapes = [(2, 3), (4,)]
    start = [torch.randn(shape) for shape in shapes]
    gradients = [[torch.randn(shape) for shape in shapes] for _ in range(STEPS)]
    result = {
        "start": [listed(value) for value in start],
        "gradients": [[listed(value) for value in step] for step in gradients],
        "variants": {},
    }
    for name, (kind, options) in VARIANTS.items():
        parameters = [nn.Parameter(value.clone()) for value in start]
        optimizer = kind(parameters, **options)
        trace = []
        for step in gradients:
            for parameter, gradient in zip(parameters, step):
                parameter.grad = gradient.clone()
            optimizer.step()
            trace.append([listed(parameter) for parameter in parameters])
        result["variants"][name] = {"options": options, "trace": trace}
    return result


def trained(model, features, labels):
    """Ten steps of Adam; only what has requires_grad learns."""
    start = {name: listed(value) for name, value in model.state_dict().items()}
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(learning, lr=0.01)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(features), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {
        "features": listed(features),
        "labels": labels.tolist(),
        "start": start,
        "losses": losses,
        "end": {name: listed(value) for name, value in model.state_dict().items()},
    }


def heads():
    linear = nn.Sequential(nn.Flatten(), nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 3))
    conv = nn.Sequential(
        nn.Conv2d(4, 3, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    labels = torch.arange(6) % 3
    return {
        "linear": trained(linear, torch.randn(6, 5), labels),
        "conv": trained(conv, torch.randn(6, 4, 3, 2), labels),
    }


def logistic():
    """The minimum of mean cross-entropy + l2 / 2 · |weight|², in float64."""
    count, width, classes, l2 = 60, 6, 3, 0.01
    features = torch.randn(count, width)
    labels = (features @ torch.randn(width, classes) + torch.randn(count, classes)).argmax(1)
    exact = torch.tensor(listed(features), dtype=torch.float64).reshape(count, width)
    weight = torch.zeros(classes, width, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=500, history_size=10, tolerance_grad=1e-12,
        tolerance_change=1e-15, line_search_fn="strong_wolfe",
    )

    def value():
        optimizer.zero_grad()
        loss = functional.cross_entropy(exact @ weight.T + bias, labels) + l2 / 2 * (weight**2).sum()
        loss.backward()
        return loss

    optimizer.step(value)
    state = optimizer.state[weight]
    return {
        "classes": classes, "l2": l2, "features": listed(features), "labels": labels.tolist(),
        "weight": weight.detach().flatten().tolist(), "bias": bias.detach().tolist(),
        "loss": value().item(), "iterations": state["n_iter"], "evaluations": state["func_evals"],
    }


def rosenbrock():
    """How long PyTorch needs from (-1.2, 1) to (1, 1)."""
    x = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [x], max_iter=500, history_size=10, tolerance_grad=1e-9, tolerance_change=1e-15,
        line_search_fn="strong_wolfe",
    )

    def value():
        optimizer.zero_grad()
        loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        loss.backward()
        return loss

    optimizer.step(value)
    state = optimizer.state[x]
    return {"end": x.tolist(), "iterations": state["n_iter"], "evaluations": state["func_evals"]}


def main():
    print(f"torch {torch.__version__}", file=sys.stderr)
    torch.set_num_threads(1)
    torch.manual_seed(1)
    golden = {
        "made_by": f"tools/golden/optimizers.py, torch {torch.__version__}",
        "steps": steps(), "heads": heads(), "logistic": logistic(), "rosenbrock": rosenbrock(),
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
