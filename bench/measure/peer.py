"""Asks a peer: a measurement is a process of the peers' environment that prints a JSON document."""
import json
import os
import pathlib

from measure.machine import THREADS
from measure.process import Failure, last_line, run, timed

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent
# PyTorch gives the memory of each layer's result back to the system, and gets it again, page by
# page, for the next: a third of VGG16's time. glibc's malloc keeps it with these settings, and asks
# for huge pages. Threads that are done with their part of a layer spin for 50 µs before they sleep;
# the 15 ms of libgomp's default cost most of the rate where another process wants a processor, too.
SETTINGS = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:"
                      "glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=67108864",
    "GOMP_SPINCOUNT": "1000",
}
SAID = "PyTorch's malloc keeps its memory and its waiting threads soon sleep; it profits from both."
# An old OpenBLAS may need to be told its kernel; the peers' would only be held back.
HELD_BACK = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
PATIENCE = 3600  # seconds; the slowest peer, a compiled network, needs minutes


def environment(threads=THREADS):
    """What every peer is given; all processors, as on virtual machines PyTorch may see only one."""
    return {**SETTINGS, "OMP_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore",
            **dict.fromkeys(HELD_BACK)}


class Peers:
    """The peers' environment, and what versions it was found to have."""

    def __init__(self, python):
        if not os.access(python, os.X_OK):
            raise Failure(f"{python}: no such program; make the peers' environment with "
                          "bench/peers/setup.sh, and name its python with --peers")
        self.python = python
        self.versions = {}

    def command(self, script, *arguments):
        return [self.python, str(SCRIPTS / script), *(str(one) for one in arguments)]

    def _keep_versions(self, output):
        try:
            answer = json.loads(output)
        except ValueError as error:
            raise Failure(f"{self.python}: no JSON document: {last_line(output)}") from error
        self.versions.update(answer.get("versions", {}))
        return answer

    def ask(self, script, *arguments, threads=THREADS, extra=None):
        """The script's answer; `extra` adds to its environment."""
        return self._keep_versions(run(self.command(script, *arguments),
                                       {**environment(threads), **(extra or {})}, PATIENCE))

    def ask_timed(self, script, *arguments):
        """The script's answer, and what its process took."""
        took = timed(self.command(script, *arguments), environment(), PATIENCE)
        return self._keep_versions(took.output), took


if __name__ == "__main__":  # for bench/lab.sh
    for name, value in environment().items():
        if value is not None:
            print(f"{name}={value}")
