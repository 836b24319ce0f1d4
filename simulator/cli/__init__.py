"""The command line: read, call one function, print.

program         the group of commands, and what becomes of errors
options         options that commands share, and where their output goes
settings        working defaults of a folder, from relsim.toml or pyproject.toml
completion      what the tab key completes: names, files, runs, keys
progress        how far a command is, on stderr
runs            run, plot
vary            run --vary
saved           saved runs: read, runs, rerun, clean
scenarios       check, show, diff, new, schema, scenarios, assumptions
records         record, learn, score, register
analysis        compare, explain, drivers, outlook, brief
"""

import sys

try:
    from simulator.cli.program import main
except KeyboardInterrupt:  # while modules are read there is nobody yet to answer it
    sys.stderr.write("interrupted\n")
    raise SystemExit(130) from None

__all__ = ["main"]
