#!/usr/bin/env python3
"""PyTorch's features, and a head by scikit-learn: a peer of the job section of bench/suite.py.

    build/peers/bin/python bench/peers/regression_job.py DATA --model mobilenet_v2 --weights FILE \\
        [--precision bf16]

DATA has train/ and val/ class folders. Features are computed channels last, bf16 by autocast; the
head is a logistic regression, its penalty chosen from ten by five-fold cross-validation. Prints one
JSON document.
"""
import argparse
import json
import os

import sklearn
import torch
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torchvision import datasets, transforms

import networks

MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def pictures(folder, batch):
    steps = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224),
                                transforms.ToTensor(), transforms.Normalize(MEAN, DEVIATION)])
    return torch.utils.data.DataLoader(datasets.ImageFolder(folder, steps), batch_size=batch,
                                       num_workers=os.cpu_count())


@torch.inference_mode()
def features(model, loader, half):
    """Features and labels of all pictures, as NumPy's arrays."""
    rows, labels = [], []
    with half:
        for batch, classes in loader:
            rows.append(model(batch.to(memory_format=torch.channels_last)).float().flatten(1))
            labels.append(classes)
    return torch.cat(rows).numpy(), torch.cat(labels).numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--model", default="mobilenet_v2")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--batch", type=int, default=16)
    options = parser.parse_args()
    model = networks.features(options.model, options.weights).to(memory_format=torch.channels_last)
    half = torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16")
    train = features(model, pictures(options.data + "/train", options.batch), half)
    val = features(model, pictures(options.data + "/val", options.batch), half)
    head = make_pipeline(StandardScaler(), LogisticRegressionCV(
        cv=5, l1_ratios=(0,), use_legacy_attributes=False, max_iter=1000))
    accuracy = 100 * head.fit(*train).score(*val)
    print(json.dumps({"versions": {**networks.versions(), "scikit-learn": sklearn.__version__},
                      "accuracy": accuracy}))


if __name__ == "__main__":
    main()
