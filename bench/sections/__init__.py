"""The sections of bench/suite.py, a module each: measure(options) gives figures and tables."""
