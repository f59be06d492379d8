#!/usr/bin/env python3
"""ONNX Runtime's features, pictures a second: a peer of the prefix section of bench/suite.py.

    build/peers/bin/python bench/peers/onnxruntime_rates.py resnet18 --onnx FILE --threads 2 \\
        [--seconds 1] [--batches 1,4,8,16 | spinning:8]

spinning  threads that wait for the others keep their processor, as they do by default
waiting   they give it up

FILE is what export_onnx.py wrote. Prints one JSON document.
"""
import functools

import numpy
import onnxruntime

import rates

WAYS = {"fp32": ["spinning", "waiting"]}


def main():
    options = rates.arguments(__doc__, WAYS)

    @functools.cache
    def session(way):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.threads
        settings.inter_op_num_threads = 1
        settings.add_session_config_entry("session.intra_op.allow_spinning",
                                          "1" if way == "spinning" else "0")
        return onnxruntime.InferenceSession(options.onnx, settings, ["CPUExecutionProvider"])

    def measure(way, batch):
        network = session(way)
        shape = [batch, *network.get_inputs()[0].shape[1:]]
        pictures = {"pictures": numpy.random.rand(*shape).astype(numpy.float32)}
        return rates.pictures_a_second(lambda: network.run(None, pictures), batch, options.seconds)

    rates.print_rates(options, measure, {"ONNX Runtime": onnxruntime.__version__})


if __name__ == "__main__":
    main()
