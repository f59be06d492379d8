"""What the figures were measured on."""
import os

THREADS = os.cpu_count()


def _cpuinfo(field):
    """The first line of /proc/cpuinfo that begins with `field`; empty without one."""
    try:
        with open("/proc/cpuinfo") as info:
            return next((line.partition(":")[2].strip() for line in info
                         if line.partition(":")[0].strip() == field), "")
    except OSError:
        return ""


def processor():
    """The processor's name, as it calls itself."""
    return _cpuinfo("model name") or "unknown processor"


def has_bfloat16():
    """Whether the processor multiplies bf16 numbers itself."""
    return bool({"avx512_bf16", "amx_bf16"} & set(_cpuinfo("flags").split()))


def load():
    """Processes that were running or waiting, on average over the last minute."""
    return os.getloadavg()[0]
