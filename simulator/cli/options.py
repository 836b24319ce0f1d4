"""Options that commands share, and where their output goes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.errors import InputOutputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES = (".png", ".svg", ".pdf")
# Kinds of picture that are not drawn: a text under such a name would only puzzle.
OTHER_PICTURES = (".gif", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".eps", ".ps")


def count(value: str) -> int:
    """Return a whole number as people write it: 20000, 1_000_000, 100k, 1e6.

    Examples
    --------
    >>> count("100k"), count("1e6"), count("1_000_000")
    (100000, 1000000, 1000000)
    """
    text = value.replace("_", "")
    if re.fullmatch(r"\d{1,3}(,\d{3})+", text):
        text = text.replace(",", "")
    found = re.fullmatch(r"(\d+(?:\.\d+)?(?:[eE]\d{1,2})?)([kKmM]?)", text)
    number = float(found[1]) * {"": 1, "k": 1e3, "m": 1e6}[found[2].lower()] if found else 0.5
    if number != int(number):
        raise click.BadParameter(f"{value!r} is not a whole number; write 20000, 100k or 1e6")
    return int(number)


def shared(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator that adds several options to a command."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


SET = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a key, such as factors.nato.weight=2; repeatable."
)
SIMULATION = shared(
    click.option(
        "-n", "--draws", type=count, metavar="COUNT", help="Number of draws: 20000, 100k, 1e6. Default: the scenario's."
    ),
    click.option("--seed", type=int, help="Random seed, 0 or more. Default: the scenario's."),
    SET,
)


def print_or_write(text: str, output: str | None) -> None:
    """Print a text that ends its last line, or write it into a file."""
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputOutputError(f"{output}: cannot be written: {error.strerror}") from None


def require_text(output: str | None) -> None:
    """Refuse a file name that asks for a picture where text is written."""
    if output is not None and Path(output).suffix.lower() in (*PICTURES, *OTHER_PICTURES):
        raise click.BadParameter(f"{output!r} names a picture, and this is text", param_hint="'-o'")


def require_output(output: str | None, form: str) -> None:
    """Refuse a picture of a kind that is not drawn, and a format of text for a picture."""
    if output is not None and Path(output).suffix.lower() in OTHER_PICTURES:
        raise click.BadParameter(f"{output!r}: pictures are {', '.join(PICTURES)}", param_hint="'-o'")
    if is_picture(output) and form != "table":
        raise click.UsageError(f"--format {form} is of text; {output} would be a picture")


def is_picture(output: str | None) -> bool:
    """Tell whether an output is a picture by its name."""
    return output is not None and Path(output).suffix.lower() in PICTURES


def save_figure(figure: "Figure", path: Path) -> None:
    """Save a figure; the same figure gives the same bytes."""
    import matplotlib as mpl

    # without these two an svg or pdf would differ from run to run
    dateless = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower(), {})
    try:
        with mpl.rc_context({"svg.hashsalt": "relsim"}):
            figure.savefig(path, dpi=150, metadata=dateless)
    except OSError as error:
        raise InputOutputError(f"{path}: cannot be written: {error.strerror}") from None
