"""How long commands take here against another revision, in pairs, and whether they print the same bytes: `make bench`.

    python benchmarks/commands.py                    against the commit before commands were made to share work
    python benchmarks/commands.py HEAD~3 --rounds 5

The other revision is checked out into a git worktree of its own and runs with the packages installed here. Each round runs
both, in turn, so that what else the machine does falls on both; the first round only warms up.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

HERE = Path(__file__).resolve().parents[1]
BEFORE = "d6a7d57"
COMMANDS = (
    "compare baseline ukraine_settlement",
    "brief ukraine_settlement --against baseline",
    "drivers baseline",
    "drivers negotiated_reset --against baseline",
    "run baseline -n 20000 --no-save",
    "check baseline",
    "show baseline",
)


class Taken(NamedTuple):
    """What one run of a command took, seconds, and what it printed."""

    processor: float
    wall: float
    printed: bytes


def taken(command: str, tree: Path) -> Taken:
    """Run a command from the root of a checkout, so that the names of files are the same in all."""
    arguments, environment = [sys.executable, "-m", "simulator", *command.split()], {**os.environ, "PYTHONPATH": str(tree)}
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    found = subprocess.run(arguments, cwd=tree, env=environment, capture_output=True, check=False)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if found.returncode:
        sys.exit(f"relsim {command} in {tree}: exit code {found.returncode}\n{found.stderr.decode()}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(processor, wall, found.stdout)


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """Yield a worktree of a revision, and remove it."""
    git = ["git", "-C", str(HERE), "worktree"]
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "before"
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), revision], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time commands against another revision.")
    parser.add_argument("revision", nargs="?", default=BEFORE)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    print(f"commands here against {asked.revision}: medians of {asked.rounds} rounds, processor and wall seconds")
    print(f"{'relsim':<45}{'before':>15}{'here':>15}{'ratios':>15}  output")
    with checkout(asked.revision) as tree:
        for command in COMMANDS:
            rounds = [(taken(command, tree), taken(command, HERE)) for _ in range(1 + asked.rounds)]
            same = all(before.printed == here.printed for before, here in rounds)
            before, here = (
                (median(one[which].processor for one in rounds[1:]), median(one[which].wall for one in rounds[1:]))
                for which in range(2)
            )
            ratios = (
                median(new.processor / old.processor for old, new in rounds[1:]),
                median(new.wall / old.wall for old, new in rounds[1:]),
            )
            columns = "".join(f"{f'{cpu:.2f} / {wall:.2f}':>15}" for cpu, wall in (before, here, ratios))
            print(f"{command:<45}{columns}  {'the same' if same else 'DIFFERENT'}", flush=True)


if __name__ == "__main__":
    main()
