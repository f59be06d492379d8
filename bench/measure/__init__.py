"""How the benchmarks measure: processes, turns, the machine, and the tables that they print."""
