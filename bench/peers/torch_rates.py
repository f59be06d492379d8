#!/usr/bin/env python3
"""PyTorch's features, pictures a second: a peer of the prefix section of bench/suite.py.

    build/peers/bin/python bench/peers/torch_rates.py resnet18 --precision bf16 --threads 2 \\
        [--seconds 1] [--batches 1,4,8,16 | eager:8 compiled:4]

lab       fp32 as the lab runs it: contiguous, batches of 4
eager     channels last; bf16 by autocast
compiled  torch.compile with frozen weights, channels last; bf16 by autocast

Needs g++ for `compiled`. Prints one JSON document.
"""
import torch
import torch._inductor.config

import networks
import rates

WAYS = {"fp32": ["lab", "eager", "compiled"], "bf16": ["eager", "compiled"]}
LAB_BATCH = 4


def main():
    options = rates.arguments(__doc__, WAYS)
    torch.set_num_threads(options.threads)
    torch._inductor.config.freezing = True
    model = networks.features(options.network)
    side = networks.side(options.network)
    half = torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16")
    if "lab" in options.plan:
        options.plan = {**options.plan, "lab": [LAB_BATCH]}

    def measure(way, batch):
        layout = torch.contiguous_format if way == "lab" else torch.channels_last
        network = model.to(memory_format=layout)
        pictures = torch.rand(batch, 3, side, side).to(memory_format=layout)
        if way == "compiled":
            torch._dynamo.reset()
            network = torch.compile(network, dynamic=False)
        with torch.inference_mode(), half:
            return rates.pictures_a_second(lambda: network(pictures), batch, options.seconds)

    rates.print_rates(options, measure, networks.versions())


if __name__ == "__main__":
    main()
