#!/usr/bin/env python3
"""Small weight files in every form that PyTorch has written, and some that are malicious.

    tools/golden/weights.py src/weights/pth/testdata

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


class OldParameter:
    """A parameter as PyTorch before 0.1.10 pickled it: made empty, its tensor set as state."""

    def __init__(self, tensor):
        self.tensor = tensor


def save_tar(path, tensors):
    """The form before PyTorch 0.1.10, as its torch.save wrote it."""

    class ById(pickle._Pickler):
        def persistent_id(self, obj):
            return str(ids[id(obj)]) if id(obj) in ids else None

        def save(self, obj, save_persistent_id=True):
            if not isinstance(obj, OldParameter):
                return super().save(obj, save_persistent_id)
            self.save_global(torch.nn.parameter.Parameter)
            self.save(())
            self.write(pickle.NEWOBJ)
            self.memoize(obj)
            self.save((obj.tensor, None, None, True, False))
            self.write(pickle.BUILD)

    def kind_of(tensor):
        return tensor.type().removeprefix("torch.").removesuffix("Tensor")

    plain = [t.tensor if isinstance(t, OldParameter) else t for t in tensors.values()]
    storages, described, ids, views = io.BytesIO(), io.BytesIO(), {}, []
    whole = {t.storage().data_ptr(): t for t in plain}
    pickle.dump(len(whole), storages, protocol=2)
    for number, tensor in enumerate(whole.values()):
        storage = tensor.storage()
        kind = getattr(torch, kind_of(tensor) + "Storage")
        pickle.dump((1000 + number, "cpu", kind), storages, protocol=2)
        numbers = torch.tensor([], dtype=tensor.dtype).set_(storage).numpy()
        storages.write(struct.pack("<q", storage.size()) + numbers.tobytes())
        views.append((2000 + number, 1000 + number, 1, storage.size() - 1))
    pickle.dump(views, storages, protocol=2)
    pickle.dump(len(plain), described, protocol=2)
    for key, tensor in enumerate(plain, start=1):
        ids[id(tensor)] = key
        root = list(whole).index(tensor.storage().data_ptr())
        # Those that do not begin at their storage's beginning lie in a view of it from 1 on.
        offset = tensor.storage_offset()
        storage = 2000 + root if offset > 0 else 1000 + root
        pickle.dump((key, storage, getattr(torch, kind_of(tensor) + "Tensor")), described, protocol=2)
        described.write(struct.pack("<ii", tensor.dim(), 0))
        described.write(struct.pack(f"<{tensor.dim()}q", *tensor.shape))
        described.write(struct.pack(f"<{tensor.dim()}q", *tensor.stride()))
        described.write(struct.pack("<q", max(offset - 1, 0)))
    index = io.BytesIO()
    ById(index, protocol=2).dump(collections.OrderedDict(tensors))
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, part in (("pickle", index), ("tensors", described), ("storages", storages)):
            info = tarfile.TarInfo(name)
            info.size = part.tell()
            info.mtime = 0.5  # which needs a pax header, as in the published files
            part.seek(0)
            tar.addfile(info, part)


def main():
    folder = sys.argv[1]
    print(f"torch {torch.__version__}")

    def save(name, value, new=True):
        torch.save(value, f"{folder}/{name}.pth", _use_new_zipfile_serialization=new)

    save("zip", state())
    save("stream", state(), new=False)
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    save_tar(
        f"{folder}/tar.pth",
        {
            "plain": torch.arange(6, dtype=torch.float32).reshape(2, 3),
            "one": torch.ones(1),
            "transposed": base.t(),
            "window": base[1:3, 2:5],
            "long": torch.tensor([7]),
            "parameter": OldParameter(torch.ones(2)),
        },
    )
    check = f"{folder}/check.pth"
    # PyTorch itself reads the tar as it is meant, but for parameters, which it no longer builds so.
    save_tar(check, {"window": base[1:3, 2:5], "transposed": base.t()})
    checked = torch.load(check)
    os.remove(check)
    assert torch.equal(checked["window"], base[1:3, 2:5]) and torch.equal(checked["transposed"], base.t())

    save("nested", {"epoch": 3, "state_dict": {"module.a": torch.ones(2), "module.b": torch.zeros(1)}})
    save("malicious_zip", {"a": torch.ones(2), "b": Importing()})
    save("malicious_stream", {"a": torch.ones(2), "b": Importing()}, new=False)
    save("no_tensors", {"a": 1})
    torch.jit.script(torch.nn.Linear(1, 1)).save(f"{folder}/torchscript.pth")


if __name__ == "__main__":
    main()
