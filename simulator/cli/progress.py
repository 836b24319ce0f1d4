"""How far a command is, on stderr: a bar with the time left on a terminal, else a line every ten seconds."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic
from typing import Self

import click

# What takes less shows nothing.
SECONDS_WITHOUT = 1.0
SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_BARS = 0.2
# Steps of the bar, whatever is counted.
LENGTH = 1_000
# How large a simulation is taken to be before it tells: the draws of the scenarios that ship.
DRAWS = 20_000

KEY = "relsim.progress"

# What is done, and what is to be done in all.
Report = Callable[[int, int], None]


@dataclass
class _Part:
    """Some simulations of one size, and how many of their draws are done."""

    simulations: int
    draws: int
    done: int = 0
    total: int = 0

    @property
    def share(self) -> float:
        return self.done / self.total if self.total else 0.0

    @property
    def weight(self) -> int:
        return self.simulations * self.draws


class Progress:
    """The progress of one command, from the first second on; made by `begun`."""

    def __init__(self, name: str) -> None:
        self._name, self._file, self._since = name, sys.stderr, monotonic()
        self._bar = click.progressbar(length=LENGTH, label=name, file=self._file)
        self._parts: list[_Part] = []
        self._told = self._since  # when something was last told
        # callbacks come from the command, the display from a thread: a command that is computing cannot look at the clock
        self._lock, self._over, self._thread = Lock(), Event(), Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def part(self, simulations: int = 1, draws: int | None = None) -> Report:
        """Return what a function is to call with done and total, for simulations that are still to come.

        Parameters
        ----------
        simulations : int
            How many.
        draws : int, optional
            Of each, where the function counts simulations; how many there are is then a guess, until it tells. Without it
            the function counts draws, of all of them together.
        """
        part = _Part(simulations, draws or DRAWS)
        self._parts.append(part)

        def report(done: int, total: int) -> None:
            part.done, part.total, self._told = done, total, monotonic()
            if draws is None:
                part.draws = total // simulations
            else:
                part.simulations = total

        return report

    def say(self, message: str) -> None:
        """Print a message on stderr, on a line of its own."""
        with self._lock:
            self._clear()
            click.echo(message, err=True)

    def finish(self) -> None:
        """Take the display away, for good."""
        if self._over.is_set():
            return
        self._over.set()
        self._thread.join()
        self._clear()

    def _watch(self) -> None:
        on_terminal = self._file.isatty()
        wait = SECONDS_WITHOUT if on_terminal else SECONDS_BETWEEN_LINES
        while not self._over.wait(wait):
            with self._lock:
                self._draw() if on_terminal else click.echo(self._line(), file=self._file)
            wait = SECONDS_BETWEEN_BARS if on_terminal else SECONDS_BETWEEN_LINES

    def _clear(self) -> None:
        width = self._bar.max_width
        if width is not None:
            cursor = "" if os.name == "nt" else "\033[?25h"  # the bar hides it
            click.echo("\r" + " " * width + "\r" + cursor, file=self._file, nl=False)

    def _share(self) -> float:
        whole = sum(part.weight for part in self._parts)
        return sum(part.weight * part.share for part in self._parts) / whole if whole else 0.0

    def _count(self) -> str:
        if len(self._parts) == 1 and self._parts[0].simulations == 1:
            return f"{self._parts[0].done:,} of {self._parts[0].total or self._parts[0].draws:,} draws"
        done = sum(int(part.simulations * part.share) for part in self._parts)
        return f"{done:,} of {sum(part.simulations for part in self._parts):,} simulations"

    def _left(self) -> float | None:
        """Return the seconds that are left; None before there is anything to tell from, and when all is done."""
        share, now = self._share(), monotonic()
        if not 0 < share < 1:
            return None
        return max((self._told - self._since) * (1 - share) / share - (now - self._told), 0.0)

    def _draw(self) -> None:
        # click's own guess takes the first second for the time of one step
        bar, left = self._bar, self._left()
        bar.pos = min(round(LENGTH * self._share()), LENGTH)
        bar.eta_known, bar.avg = left is not None, [(left or 0.0) / max(LENGTH - bar.pos, 1)]
        bar.render_progress()

    def _line(self) -> str:
        left = self._left()
        if left is None:
            return f"{self._name}: {self._count()}"
        told = f"{left:.0f} s" if left < 120 else f"{left / 60:.0f} min"
        return f"{self._name}: {self._count()}, about {told} left"


def begun() -> Progress:
    """Return the progress of the command that runs; it is over when the command prints, or ends."""
    context = click.get_current_context()
    progress = Progress(str(context.info_name))
    context.meta[KEY] = progress
    return context.with_resource(progress)


def finish() -> None:
    """Take away the progress of the command that runs, if it has one: what follows is its result."""
    context = click.get_current_context(silent=True)
    if context is not None and KEY in context.meta:
        context.meta[KEY].finish()
