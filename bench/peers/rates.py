"""What the prefix's workers share: their command line, measuring, and the document they print."""
import argparse
import json
import time


def arguments(description, ways):
    """NETWORK, precision, and which ways at which batches; `ways` is {precision: [ways]}."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network")
    parser.add_argument("plan", nargs="*", metavar="WAY:BATCH,...",
                        help="ways and their batches (default: all ways at --batches)")
    parser.add_argument("--precision", choices=list(ways), default="fp32")
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batches", default="1,4,8,16")
    parser.add_argument("--onnx", metavar="FILE", help="the network, where it is read from a file")
    options = parser.parse_args()
    plan = options.plan or [f"{way}:{options.batches}" for way in ways[options.precision]]
    options.plan = {way: [int(one) for one in batches.split(",")]
                    for way, _, batches in (one.partition(":") for one in plan)}
    return options


def pictures_a_second(call, batch, seconds, finish=lambda: None):
    """The rate of call(), which takes a batch; finish() waits for calls that are under way."""
    call()
    finish()
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        call()
        count += batch
    finish()
    return count / (time.perf_counter() - begun)


def print_rates(options, measure, versions):
    """Prints {"versions", "rates": {way: {batch: rate}}, "failures": {way: why}}.

    measure(way, batch) gives the rate. A way that fails ends only itself.
    """
    rates, failures = {}, {}
    for way, batches in options.plan.items():
        for batch in batches:
            try:
                rates.setdefault(way, {})[batch] = measure(way, batch)
            except Exception as error:  # whatever a peer throws is its answer
                lines = str(error).strip().splitlines() or [""]
                failures[way] = f"{type(error).__name__}: {lines[0][:200]}"
                break
    print(json.dumps({"versions": versions, "rates": rates, "failures": failures}))
