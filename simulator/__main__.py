"""`python -m simulator` is `relsim`."""

from simulator.cli.program import main

main(prog_name="relsim")
