#!/usr/bin/env python3
"""Writes a network of torchvision, without its head and with random weights, as ONNX.

    build/peers/bin/python bench/peers/export_onnx.py resnet18 FILE.onnx [--batch N]

The batch is fixed where --batch is given; otherwise it is free. Prints one JSON document.
"""
import argparse
import contextlib
import io
import json

import torch

import networks


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network")
    parser.add_argument("file")
    parser.add_argument("--batch", type=int)
    options = parser.parse_args()
    side = networks.side(options.network)
    pictures = torch.rand(options.batch or 2, 3, side, side)
    free = None if options.batch else ({0: torch.export.Dim("batch")},)
    with contextlib.redirect_stdout(io.StringIO()):  # the exporter tells its steps
        torch.onnx.export(networks.features(options.network), (pictures,), options.file,
                          input_names=["pictures"], output_names=["features"],
                          dynamic_shapes=free, dynamo=True, external_data=False)
    print(json.dumps({"versions": networks.versions()}))


if __name__ == "__main__":
    main()
