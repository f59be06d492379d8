"""What stands above each table: versions, processor, load."""
from measure import machine


class Setting:
    """The machine and the builds, at the moment when a section begins."""

    def __init__(self, builds, peers):
        self.builds, self.peers = builds, peers
        if peers:
            peers.versions.clear()  # the section's own are told
        self.load = machine.load()

    def versions(self):
        own = {name: build.version() for name, build in self.builds.items()}
        return {**own, **(self.peers.versions if self.peers else {})}

    def line(self):
        named = ", ".join(f"{name} {version}" for name, version in self.versions().items())
        return (f"{named}; {machine.processor()}, {machine.THREADS} processors, load "
                f"{self.load:.2f} at the start.")

    def figures(self):
        return {"versions": self.versions(), "processor": machine.processor(),
                "processors": machine.THREADS, "bf16": machine.has_bfloat16(), "load": self.load}
