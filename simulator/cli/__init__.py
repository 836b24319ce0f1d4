"""The command line: read, call one function, print."""

from simulator.cli.program import main

__all__ = ["main"]
