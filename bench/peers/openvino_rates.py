#!/usr/bin/env python3
"""OpenVINO's features, pictures a second: a peer of the prefix section of bench/suite.py.

    build/peers/bin/python bench/peers/openvino_rates.py resnet18 --onnx FILE --precision bf16 \\
        --threads 2 [--seconds 1] [--batches 1,4,8,16 | one:8 streams:4]

one      all threads compute one batch
streams  each thread computes a batch of its own

FILE is what export_onnx.py wrote. Prints one JSON document.
"""
import numpy
import openvino

import rates

WAYS = {precision: ["one", "streams"] for precision in ("fp32", "bf16")}
HINTS = {"fp32": "f32", "bf16": "bf16"}


def main():
    options = rates.arguments(__doc__, WAYS)
    core = openvino.Core()

    def measure(way, batch):
        streams = 1 if way == "one" else options.threads
        model = core.read_model(options.onnx)
        shape = [batch, *model.inputs[0].partial_shape.get_max_shape()[1:]]
        model.reshape(shape)
        compiled = core.compile_model(model, "CPU", {
            "INFERENCE_PRECISION_HINT": HINTS[options.precision],
            "NUM_STREAMS": str(streams), "INFERENCE_NUM_THREADS": str(options.threads)})
        pictures = numpy.random.rand(*shape).astype(numpy.float32)
        requests = openvino.AsyncInferQueue(compiled, streams)
        return rates.pictures_a_second(lambda: requests.start_async({0: pictures}), batch,
                                       options.seconds, requests.wait_all)

    rates.print_rates(options, measure, {"OpenVINO": openvino.__version__.partition("-")[0]})


if __name__ == "__main__":
    main()
