"""ResNet18's prefix while one other process keeps a processor busy."""
import subprocess
import sys

from measure.machine import THREADS
from measure.tables import Table, figure, progress
from measure.turns import medians, take_turns

NETWORK = "resnet18"


def measure(options):
    progress("company")

    def rate():
        return {"rate": options.build.prefix_rates(NETWORK, options.seconds)["fp32"]}

    def rate_in_company():
        neighbour = subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
        try:
            return rate()
        finally:
            neighbour.kill()
            neighbour.wait()

    rates = take_turns({"alone": rate, "in company": rate_in_company}, options.rounds)
    alone, busy = (medians(rates[name])["rate"] for name in ("alone", "in company"))
    return rates, [Table(f"ResNet18's prefix in fp32, {THREADS} threads, beside one busy process",
                         ["alone, pictures/s", "in company", "share, %"],
                         [[figure(alone), figure(busy), f"{100 * busy / alone:.0f}"]])]
