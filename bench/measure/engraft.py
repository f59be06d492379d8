"""A build of Engraft, as the benchmarks call it."""
import contextlib
import json
import os
import pathlib
import shutil

from measure.machine import THREADS
from measure.process import Failure, run, timed


class Build:
    """The programs of a build folder, with a cache of their own below `work`."""

    def __init__(self, folder, work):
        self.folder = pathlib.Path(folder)
        self.cache = pathlib.Path(work) / "cache"
        for name in ("engraft", "prefix_throughput", "draw_pictures", "pictures"):
            if not os.access(self.program(name), os.X_OK):
                raise Failure(f"{self.program(name)}: no such program; build it with "
                              "-DENGRAFT_BENCH=ON, and name its folder with --build")

    def program(self, name):
        return str(self.folder / "bin" / name)

    def environment(self):
        """The cache's folder; its limit, in GB, is never reached."""
        return {"ENGRAFT_CACHE": str(self.cache), "ENGRAFT_CACHE_LIMIT": "100"}

    def clear_cache(self):
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.cache)

    def cache_megabytes(self):
        return sum(one.stat().st_size for one in self.cache.rglob("*") if one.is_file()) / 1e6

    def run(self, name, *arguments):
        """The output of one of the programs."""
        return run([self.program(name), *(str(one) for one in arguments)], self.environment())

    def timed(self, *arguments):
        """What `engraft ARGUMENTS` takes."""
        return timed([self.program("engraft"), *(str(one) for one in arguments)],
                     self.environment())

    def version(self):
        return self.run("engraft", "--version").split()[-1]

    def prefix(self, network, seconds):
        """What prefix_throughput says of a network's frozen part, on all threads: a dictionary for
        each way of computing."""
        return [json.loads(line) for line in self.run(
            "prefix_throughput", network, "--threads", THREADS, "--seconds", seconds,
            "--json").splitlines()]

    def prefix_rates(self, network, seconds):
        """{way of computing: pictures a second}."""
        return {one["type"]: one["pictures_per_second"] for one in self.prefix(network, seconds)}
