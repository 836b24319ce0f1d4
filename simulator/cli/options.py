"""Options that commands share, and where their output goes."""

import json
import re
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import date
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from simulator.cli.progress import finish
from simulator.errors import InputOutputError, Refused

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from simulator.scenario.schema import Scenario

# Draws that are compared, or picked by a condition, are kept whole: 60 MB a scenario for 20,000 draws of four years.
MOST_KEPT = 100_000

PICTURES = (".png", ".svg", ".pdf")
# Files that people ask for, and nothing here writes: text under such a name would not open.
UNWRITTEN = (".docx", ".doc", ".odt", ".rtf", ".xlsx", ".xls", ".ods", ".pptx", ".parquet")
PAGES = (".html", ".htm")
# What a file's name says of its form.
FORMS = {".csv": "csv", ".json": "json"}
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
    if re.fullmatch(r"\d{1,3}\.\d{3}", text):
        raise click.BadParameter(
            f"{value!r} may mean {float(text):g} or {text.replace('.', ',')}; write it without the point"
        )
    if re.fullmatch(r"\d{1,3}(,\d{3})+", text):
        text = text.replace(",", "")
    found = re.fullmatch(r"(\d+(?:\.\d+)?(?:[eE]\d{1,2})?)([kKmM]?)", text)
    number = float(found[1]) * {"": 1, "k": 1e3, "m": 1e6}[found[2].lower()] if found else 0.5
    if number != int(number):
        raise click.BadParameter(f"{value!r} is not a whole number; write 20000, 100k or 1e6")
    return int(number)


# Inches that a side of a picture may have, dots to the inch, and the dots of a picture, which is held in memory.
SIDES, DPI, MOST_DOTS = (2, 40), (30, 1200), 150_000_000
# Dots to the inch where neither the command nor the style says.
DOTS = 150


def size(value: str) -> tuple[float, float]:
    """Return the width and height of a picture in inches, written as 8x5.

    Examples
    --------
    >>> size("8x5"), size("6.5 x 4")
    ((8.0, 5.0), (6.5, 4.0))
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[xX×]\s*(\d+(?:\.\d+)?)\s*", value)
    if found is None:
        raise click.BadParameter(f"{value!r} is no size; write width x height in inches, such as 8x5")
    width, height = float(found[1]), float(found[2])
    low, high = SIDES
    if not (low <= width <= high and low <= height <= high):
        raise click.BadParameter(f"{value!r}: width and height must be within {low} to {high} inches")
    return width, height


def day(value: str) -> date:
    """Return a day as files write it: 2026-01-20.

    Examples
    --------
    >>> day("2026-01-20")
    datetime.date(2026, 1, 20)
    """
    from simulator.scenario.slips import either_day

    with suppress(ValueError):
        return date.fromisoformat(value)
    raise click.BadParameter(f"{value!r} is no day; write {either_day(value) or 'year-month-day, as in 2026-01-20'}")


def shared(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decorator that adds several options to a command."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@dataclass(frozen=True)
class Drawn:
    """How a command's scenarios are drawn: number of draws, random seed, and keys that are changed."""

    draws: int | None
    seed: int | None
    overrides: tuple[str, ...] = ()
    known: tuple[str, ...] = ()  # the record that is known and up to when, as overrides

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that are changed, those of a record first."""
        return (*self.known, *self.overrides)

    def n_draws(self, scenario: "Scenario") -> int:
        """Return how many draws of a scenario are meant: as many as are asked for, else its own number."""
        return scenario.run.draws if self.draws is None else self.draws

    def seed_of(self, scenario: "Scenario") -> int:
        """Return the random seed that is meant: the one asked for, else the scenario's own."""
        return scenario.run.seed if self.seed is None else self.seed


def drawn_with(
    draws: int | None, seed: int | None, overrides: tuple[str, ...], record: str | None, known_until: date | None
) -> Drawn:
    """Return how scenarios are drawn, given the options of a command."""
    return Drawn(draws, seed, overrides, known_keys(record, known_until))


def all_of(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> str | None:
    """Return the conditions that are given, of which all must hold."""
    return "; ".join(values) if values else None


def whole_month(value: str) -> int:
    """Return the number of a month."""
    try:
        return int(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a whole number of months; --date takes a day") from None


def moment(month: int | None, day: date | None) -> int | date | None:
    """Return the month or the day that is asked about; None for the default."""
    if month is not None and day is not None:
        raise click.UsageError("give --month or --date, not both")
    return month if day is None else day


def keep_all(n_draws: int) -> int:
    """Return a number of draws that are all kept whole, refused beyond what memory holds."""
    if n_draws > MOST_KEPT:
        raise Refused(f"draws that are compared, or picked, are kept whole: at most {MOST_KEPT:,}; found {n_draws:,}")
    return n_draws


def known_keys(record: str | None, known_until: date | None) -> tuple[str, ...]:
    """Return the options of a record as overrides of keys."""
    named = () if record is None else (f"record={json.dumps(record)}",)
    return named if known_until is None else (*named, f"known_until={known_until:%Y-%m-%d}")


@dataclass(frozen=True)
class Look:
    """How pictures look: the style, inches and dots to the inch, each the plot's own where none is given."""

    style: str | None = None
    size: tuple[float, float] | None = None
    dpi: int | None = None
    asked: tuple[str, ...] = ()  # the options that stand on the command line: others come from a file of defaults

    def __post_init__(self) -> None:
        if self.size and self.dpi and self.size[0] * self.size[1] * self.dpi**2 > MOST_DOTS:
            dots = self.size[0] * self.size[1] * self.dpi**2 / 1e6
            raise click.UsageError(f"a picture of {dots:,.0f} million dots; at most {MOST_DOTS / 1e6:,.0f} are drawn")

    def in_force(self) -> AbstractContextManager[None]:
        """Return a context in which pictures are drawn so."""
        from simulator.plots.style import style

        return style(self.style, size=self.size, dpi=self.dpi)


def look_of(style: str | None, size: tuple[float, float] | None, dpi: int | None) -> Look:
    """Return how pictures look, given the options of a command."""
    context = click.get_current_context()
    keys = ("style", "size", "dpi")
    asked = [key for key in keys if context.get_parameter_source(key) is ParameterSource.COMMANDLINE]
    return Look(style, size, dpi, tuple(asked))


@dataclass(frozen=True)
class Output:
    """Where a command's result goes, and as what: text, csv or json; or a picture, by the name of its file."""

    form: str
    path: str | None
    look: Look = Look()

    def __post_init__(self) -> None:
        suffix = "" if self.path is None else Path(self.path).suffix.lower()
        if suffix in OTHER_PICTURES:
            raise click.BadParameter(f"{self.path!r}: pictures are {', '.join(PICTURES)}", param_hint="'-o'")
        require_known(self.path)
        if suffix in FORMS and self.form not in ("table", FORMS[suffix]):
            raise click.UsageError(f"--format {self.form} does not go with a file called {self.path}")
        if self.is_picture and self.form != "table":
            raise click.UsageError(f"--format {self.form} is of text; {self.path} would be a picture")
        if self.look.asked and not self.is_picture:
            raise click.UsageError(f"--{self.look.asked[0]} goes with -o and the name of a picture: {', '.join(PICTURES)}")

    @property
    def is_picture(self) -> bool:
        """Whether the name of the file is that of a picture."""
        return is_picture(self.path)

    @property
    def kind(self) -> str:
        """What text is written as: what was asked for, or what the file's name says."""
        return self.form if self.path is None else FORMS.get(Path(self.path).suffix.lower(), self.form)

    def emit(
        self,
        text: Callable[[], str],
        tables: "Mapping[str, pd.DataFrame] | Callable[[], Mapping[str, pd.DataFrame]]",
        picture: Callable[[], "Figure"] | None = None,
    ) -> None:
        """Print or write what is asked for; nothing else is made."""
        from simulator.report.export import frames_as_csv, frames_as_json

        if self.is_picture and picture is not None:
            without_display()
            with self.look.in_force():
                save_figure(picture(), Path(str(self.path)))
            finish()
            click.echo(self.path)
            return
        if self.kind == "table":
            told = text()
        else:
            found = tables() if callable(tables) else tables
            told = (frames_as_csv if self.kind == "csv" else frames_as_json)(found)
        print_or_write(told.rstrip("\n") + "\n", self.path)


def written(form: str, path: str | None) -> Output:
    """Return where the result of a command that draws nothing goes."""
    require_text(path)
    return Output(form, path)


def gathered(name: str, kind: Callable[..., Any], *keys: str) -> Callable[[Any], Any]:
    """Return a decorator that hands several options to a command as one value."""

    def decorate(command: Any) -> Any:
        @wraps(command)
        def call(*args: Any, **options: Any) -> Any:
            options[name] = kind(*(options.pop(key) for key in keys))
            return command(*args, **options)

        return call

    return decorate


SET = click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a key, such as factors.nato.weight=2; repeatable."
)
KNOWN = shared(
    click.option("--record", metavar="NAME", help="Condition on what has happened: a record that ships, or a file."),
    click.option("--known-until", type=day, metavar="DATE", help="Forget what came after DATE."),
)
SIMULATION = shared(
    click.option(
        "-n", "--draws", type=count, metavar="COUNT", help="Number of draws: 20000, 100k, 1e6. Default: the scenario's."
    ),
    click.option("--seed", type=int, help="Random seed, 0 or more. Default: the scenario's."),
    SET,
    KNOWN,
    gathered("drawn", drawn_with, "draws", "seed", "overrides", "record", "known_until"),
)
PICTURE = shared(
    click.option("--style", type=click.Choice(["paper", "screen", "grey"]), help="Style of a picture."),
    click.option("--size", type=size, metavar="WxH", help="Size of a picture in inches, such as 8x5."),
    click.option("--dpi", type=click.IntRange(*DPI), metavar="N", help="Dots to the inch of a picture."),
    gathered("look", look_of, "style", "size", "dpi"),
)
OUTPUT = shared(
    click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True),
    click.option(
        "-o",
        "--output",
        metavar="FILE",
        help="Write it there: as text, or as .csv or .json by its name; .png, .svg, .pdf draws it.",
    ),
    PICTURE,
    gathered("output", Output, "form", "output", "look"),
)
GIVEN = click.option(
    "--given",
    multiple=True,
    callback=all_of,
    metavar="CONDITION",
    help="Only draws in which it holds: 'leaders_meeting by 2026-01-20', 'warmth >= 25 on 2027-01-20'. No date: at the end. "
    "Repeatable: all must hold.",
)
TABLE = shared(
    click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True),
    click.option("-o", "--output", metavar="FILE", help="Write it there instead of printing it."),
    gathered("output", written, "form", "output"),
)
INDEX = click.option("--index", default="warmth", show_default=True, metavar="NAME", help="Index.")
AT = shared(
    click.option("--month", type=whole_month, metavar="N", help="Month, counted from the start. Default: the horizon."),
    click.option("--date", type=day, metavar="DATE", help="The month that covers this day, instead of --month."),
    gathered("at", moment, "month", "date"),
)


def print_or_write(text: str, output: str | None) -> None:
    """Print a text that ends its last line, or write it into a file."""
    finish()
    if output is None:
        click.echo(text, nl=False)
        return
    write_bytes(text.encode(), output)


def write_bytes(content: bytes, output: str) -> None:
    """Write a file."""
    try:
        Path(output).write_bytes(content)
    except OSError as error:
        raise InputOutputError(f"{output}: cannot be written: {error.strerror}") from None


def require_text(output: str | None, *, pages: bool = False) -> None:
    """Refuse a file name that asks for a picture, or another kind of file, where text is written, or perhaps a page."""
    if output is not None and Path(output).suffix.lower() in (*PICTURES, *OTHER_PICTURES):
        told = f"{output!r} names a picture, and this is text; plot, compare, explain, drivers and outlook draw pictures"
        raise click.BadParameter(told, param_hint="'-o'")
    if not (pages and is_page(output)):
        require_known(output)


def require_known(output: str | None) -> None:
    """Refuse a file name that asks for a kind of file which no command writes, or only others do."""
    suffix = "" if output is None else Path(output).suffix.lower()
    if is_page(output):
        raise click.BadParameter(f"{output!r}: pages are written by report, and by brief", param_hint="'-o'")
    if suffix in UNWRITTEN:
        told = f"no command writes {suffix} files; there are text (.txt, .md), .csv, .json, {', '.join(PICTURES)}"
        raise click.BadParameter(f"{output!r}: {told}, and .html of report and brief", param_hint="'-o'")


def is_page(output: str | None) -> bool:
    """Tell whether an output is a page for a browser by its name."""
    return output is not None and Path(output).suffix.lower() in PAGES


def is_picture(output: str | None) -> bool:
    """Tell whether an output is a picture by its name."""
    return output is not None and Path(output).suffix.lower() in PICTURES


def without_display() -> None:
    """Draw into files only, which needs no display."""
    import matplotlib as mpl

    mpl.use("Agg")


def save_figure(figure: "Figure", path: Path) -> None:
    """Save a figure; the same figure gives the same bytes. One that is too small for what it shows is refused."""
    import matplotlib as mpl

    # without these two an svg or pdf would differ from run to run
    dateless = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower(), {})
    dpi = mpl.rcParams["savefig.dpi"]
    try:
        with mpl.rc_context({"svg.hashsalt": "relsim"}), warnings.catch_warnings():
            warnings.filterwarnings("error", message="constrained_layout not applied")
            figure.savefig(path, dpi=DOTS if dpi == "figure" else dpi, metadata=dateless)
    except UserWarning:
        width, height = figure.get_size_inches()
        raise Refused(
            f"{width:g}x{height:g} inches are too few for what the picture shows; --size makes it larger"
        ) from None
    except OSError as error:
        raise InputOutputError(f"{path}: cannot be written: {error.strerror}") from None
