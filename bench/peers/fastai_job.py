#!/usr/bin/env python3
"""fastai's own recipe: a peer of the job section of bench/suite.py.

    build/peers/bin/python bench/peers/fastai_job.py DATA --model mobilenet_v2 --weights FILE

DATA has train/ and val/ class folders. The recipe is that of fastai's vision tutorial: pictures of
460, augmented to 224 in batches of 64, vision_learner, and fine_tune for four epochs after one of
the head alone. Prints one JSON document.
"""
import argparse
import contextlib
import io
import json

import fastai
from fastai.vision.all import (ImageDataLoaders, Resize, accuracy, aug_transforms, default_split,
                               imagenet_stats, model_meta, set_seed, vision_learner)

import networks


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--model", default="mobilenet_v2")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args()

    def network(pretrained):
        """As vision_learner calls it; the weights are the file's."""
        return networks.build(options.model, options.weights)

    # fastai's list of networks, which says where a body ends, lacks it: before the last child.
    model_meta[network] = {"cut": -1, "split": default_split, "stats": imagenet_stats}
    set_seed(0)
    with contextlib.redirect_stdout(io.StringIO()):  # a progress table
        loaders = ImageDataLoaders.from_folder(
            options.data, train="train", valid="val", item_tfms=Resize(460),
            batch_tfms=aug_transforms(size=224))
        learner = vision_learner(loaders, network, metrics=accuracy)
        learner.fine_tune(options.epochs)
        _, reached = learner.validate()
    print(json.dumps({"versions": {**networks.versions(), "fastai": fastai.__version__},
                      "accuracy": 100 * reached}))


if __name__ == "__main__":
    main()
