"""`python -m simulator` is `relsim`."""

from simulator.cli import main

main(prog_name="relsim")
