"""The program: one group of commands, and what becomes of errors. Data goes to stdout, messages to stderr."""

import errno
import os
import signal
import sys
from traceback import walk_stack
from types import FrameType
from typing import Any, NoReturn

import click

from simulator import __version__
from simulator.cli import analysis, completion, pages, records, runs, saved, scenarios, settings
from simulator.errors import InputOutputError, SimulatorError

INTERRUPTED = 130

# The commands by what they are for, in the order of `relsim --help`.
GROUPS: dict[str, tuple[click.Command, ...]] = {
    "Run and draw": runs.COMMANDS,
    "Read and write scenarios": scenarios.COMMANDS,
    "Ask what differs, why, and what drives it": analysis.COMMANDS,
    "Write for others": pages.COMMANDS,
    "Hold it to what happened": records.COMMANDS,
    "Saved runs, and the shell": (*saved.COMMANDS, completion.completion),
}


class Program(click.Group):
    """The program: what a user can fix becomes one message and an exit code, all else keeps its traceback."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Run as a program; one that is interrupted does not wait for what its threads are at."""
        signal.signal(signal.SIGINT, _interrupt)
        try:
            return super().__call__(*args, **options)
        except SystemExit as end:
            if end.code != INTERRUPTED:
                raise
            _leave()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by what they are for, each with its first sentence whole."""
        for title, commands in GROUPS.items():
            with formatter.section(title):
                rows = [(str(one.name), " ".join((one.help or "").split("\n\n")[0].split())) for one in commands]
                formatter.write_dl([(name, told.partition(". ")[0].rstrip(".")) for name, told in rows])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except SimulatorError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except click.Abort:
            click.echo("\nnot answered; nothing was done", err=True)
            ctx.exit(INTERRUPTED)
        except KeyboardInterrupt:
            _say_interrupted(ctx.invoked_subcommand)
            ctx.exit(INTERRUPTED)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader has seen enough; click ends quietly
                raise
            click.echo(f"output cannot be written: {error.strerror}", err=True)
            ctx.exit(InputOutputError.exit_code)


def _interrupt(_: int, frame: FrameType | None) -> NoReturn:
    """Raise KeyboardInterrupt; but leave at once while a module is read: that may swallow it, and has nothing to undo."""
    stack = [one.f_code for one, _ in walk_stack(frame)]
    is_reading = any(code.co_filename.startswith("<frozen importlib") for code in stack)
    if is_reading and not any(code.co_name == "save_run" for code in stack):
        context = click.get_current_context(silent=True)
        _say_interrupted(None if context is None else context.info_name)
        _leave()
    raise KeyboardInterrupt


def _say_interrupted(command: str | None) -> None:
    click.echo("interrupted" + ("; a run is saved only if it is named above" if command == "run" else ""), err=True)


def _leave() -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(INTERRUPTED)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="relsim")
@click.pass_context
def main(context: click.Context) -> None:
    """Project how warm a relationship between two states may become.

    A scenario file says what one possible future changes of a relationship; relsim draws many futures and prints the
    distribution of relationship warmth, from 0 to 100 with 50 neutral.

    Working defaults of a folder (results, draws, seed, style) stand in its relsim.toml, or in the [tool.relsim] of its
    pyproject.toml.

    Exit codes: 0 done, 2 wrong use, 3 invalid file, 4 refused, 5 input or output, 6 damaged run, 130 interrupted.
    """
    context.obj = settings.read_settings()
    context.default_map = settings.applied(context.obj, main.commands)


for command in (command for commands in GROUPS.values() for command in commands):
    main.add_command(command if command is completion.completion else completion.completed(settings.told(command)))
