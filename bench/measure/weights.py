"""Weights for a network whose published ones are not at hand: small random numbers."""
import array
import functools
import json
import random
import struct

BLOCK = 65537  # numbers that are drawn, and then repeated; no layer's size divides it


@functools.cache
def _block():
    draw = random.Random(0)
    return array.array("f", (draw.uniform(-0.05, 0.05) for _ in range(BLOCK)))


def _values(name, count):
    if name.endswith("num_batches_tracked"):
        return array.array("q", [1] * count)
    if name.endswith("running_var"):
        return array.array("f", [1]) * count
    return (_block() * (count // BLOCK + 1))[:count]


def _elements(shape):
    count = 1
    for size in shape:
        count *= size
    return count


def write_weights(build, network, path):
    """A .safetensors file of everything in the network's state dict, as `engraft show` lists it."""
    state = json.loads(build.run("engraft", "show", network, "--json"))["state_dict"]
    header, end = {}, 0
    for one in state:
        whole = one["name"].endswith("num_batches_tracked")
        begin, end = end, end + _elements(one["shape"]) * (8 if whole else 4)
        header[one["name"]] = {"dtype": "I64" if whole else "F32", "shape": one["shape"],
                               "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for one in state:
            _values(one["name"], _elements(one["shape"])).tofile(file)
