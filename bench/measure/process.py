"""Whole processes, and what they take."""
import json
import os
import subprocess
import sys
from typing import NamedTuple

# Runs in a small process of its own: a child's peak of memory begins with what its parent had.
TIMER = """
import json, resource, subprocess, sys, time
begun = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
print(json.dumps({"seconds": time.perf_counter() - begun,
                  "megabytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
                  "output": done.stdout, "errors": done.stderr, "status": done.returncode}))
"""


class Failure(Exception):
    """A process that did not do its work; says why in a line."""


class Timed(NamedTuple):
    """What a process took. Where it starts others, the peak is that of the largest of them."""

    seconds: float
    megabytes: float
    output: str


def last_line(text):
    """The last line that says something, which is where programs and Python put the reason."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def _with(environment):
    """This process's environment with changes; None takes a variable out."""
    merged = {**os.environ, **(environment or {})}
    return {name: value for name, value in merged.items() if value is not None}


def run(command, environment=None, timeout=None):
    """A process's standard output."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                              env=_with(environment))
    except subprocess.TimeoutExpired as expired:
        raise Failure(f"{command[0]}: not done after {timeout} s") from expired
    except OSError as error:
        raise Failure(str(error)) from error
    if done.returncode != 0:
        raise Failure(f"{last_line(done.stderr)} (exit status {done.returncode})")
    return done.stdout


def timed(command, environment=None, timeout=None):
    """Runs a process and says what it took."""
    done = json.loads(run([sys.executable, "-S", "-c", TIMER, *command], environment, timeout))
    if done["status"] != 0:
        raise Failure(f"{last_line(done['errors'])} (exit status {done['status']})")
    return Timed(done["seconds"], done["megabytes"], done["output"])
