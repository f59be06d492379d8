#!/usr/bin/env python3
"""Small weight files in every form that PyTorch has written, and some that are malicious.

    tools/golden/weights.py src/weights/testdata

The tensors' values follow from their places, so that the tests need no stored numbers.
"""
import collections
import io
import os
import pickle
import struct
import sys
import tarfile

import torch


def state():
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    return collections.OrderedDict(
        {
            "plain": torch.arange(6, dtype=torch.float32).reshape(2, 3),
            "transposed": base.t(),  # the same storage as "window", other strides
            "window": base[1:3, 2:5],
            "half": torch.arange(4, dtype=torch.float32).half() / 4,
            "bfloat16": torch.arange(4, dtype=torch.float32).bfloat16() / 4,
            "double": torch.arange(3, dtype=torch.float64),
            "num_batches_tracked": torch.tensor(7),
            "parameter": torch.nn.Parameter(torch.ones(2)),
        }
    )


class Importing:
    """Unpickled by Python, it would run a command."""

    def __reduce__(self):
        return (os.system, ("echo harm",))


def save_tar(path, tensors):
    """The form before PyTorch 0.1.10, as its torch.save wrote it."""

    class ById(pickle.Pickler):
        def persistent_id(self, obj):
            return str(ids[id(obj)]) if id(obj) in ids else None

    storages, described, ids = io.BytesIO(), io.BytesIO(), {}
    pickle.dump(len(tensors), storages, protocol=2)
    pickle.dump(len(tensors), described, protocol=2)
    for key, tensor in enumerate(tensors.values(), start=1):
        ids[id(tensor)] = key
        pickle.dump((1000 + key, "cpu", torch.FloatStorage), storages, protocol=2)
        storages.write(struct.pack("<q", tensor.numel()) + tensor.numpy().tobytes())
        pickle.dump((key, 1000 + key, torch.FloatTensor), described, protocol=2)
        described.write(struct.pack("<ii", tensor.dim(), 0))
        described.write(struct.pack(f"<{tensor.dim()}q", *tensor.shape))
        described.write(struct.pack(f"<{tensor.dim()}q", *tensor.stride()))
        described.write(struct.pack("<q", 0))
    pickle.dump([], storages, protocol=2)
    index = io.BytesIO()
    ById(index, protocol=2).dump(collections.OrderedDict(tensors))
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, part in (("storages", storages), ("tensors", described), ("pickle", index)):
            info = tarfile.TarInfo(name)
            info.size = part.tell()
            part.seek(0)
            tar.addfile(info, part)


def main():
    folder = sys.argv[1]
    print(f"torch {torch.__version__}")

    def save(name, value, new=True):
        torch.save(value, f"{folder}/{name}.pth", _use_new_zipfile_serialization=new)

    save("zip", state())
    save("stream", state(), new=False)
    save_tar(
        f"{folder}/tar.pth",
        {"plain": torch.arange(6, dtype=torch.float32).reshape(2, 3), "one": torch.ones(1)},
    )
    save("nested", {"epoch": 3, "state_dict": {"module.a": torch.ones(2), "module.b": torch.zeros(1)}})
    save("malicious_zip", {"a": torch.ones(2), "b": Importing()})
    save("malicious_stream", {"a": torch.ones(2), "b": Importing()}, new=False)
    save("no_tensors", {"a": 1})
    torch.jit.script(torch.nn.Linear(1, 1)).save(f"{folder}/torchscript.pth")


if __name__ == "__main__":
    main()
