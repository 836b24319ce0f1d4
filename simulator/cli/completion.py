"""Tab completion: what each parameter is completed with, and the scripts that ask for it; fast, as it reads TOML only."""

import json
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, get_completion_class

import simulator
from simulator.errors import InputOutputError

PROGRAM, VARIABLE = "relsim", "_RELSIM_COMPLETE"
SHELLS = ("bash", "zsh", "fish")

# How many parts the key of a number has; that of most is table.entry.number.
PARTS = {"effects": 5, "weights": 4}
# What is said of an entry is seldom changed on a command line.
TEXTS = {"label", "rationale", "source", "confidence", "resolution", "summary", "notes", "relationship", "extends"}

Names = Callable[[click.Context], Iterable[str]]


def _shipped(folder: str) -> list[str]:
    """Return the names of shipped files; `files.layers` would load numpy to say where they are."""
    return sorted(path.stem for path in _place_of(folder).glob("*.toml"))


def _place_of(folder: str) -> Path:
    package = Path(simulator.__file__).parent
    return package / folder if (package / folder).is_dir() else package.parent / folder


def _toml(path: Path) -> dict[str, Any]:
    """Return a file's data; nothing of one that cannot be read: a completion has no errors."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}


def _source(context: click.Context) -> str:
    """Return the scenario that is named last on the line; the baseline if none is."""
    if context.args:  # the last word is an option that has no value yet: click has not given out the arguments
        return context.args[-1]
    for name in ("others", "scenarios", "scenario", "source", "base", "file"):
        value = context.params.get(name)
        if value:
            return str(value[-1] if isinstance(value, tuple) else value)
    return "baseline"


def _layers(source: str) -> list[Mapping[str, Any]]:
    """Return what a scenario is merged from: itself, what it extends, its relationship; of a saved run all at once."""
    path = Path(source)
    if path.is_dir():
        try:
            return [json.loads((path / "run.json").read_text(encoding="utf-8"))["scenario"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []
    path = path if path.is_file() else _place_of("scenarios") / f"{source}.toml"
    layers = [_toml(path)]
    while isinstance(base := layers[-1].get("extends"), str) and len(layers) < 10:  # a circle is told by `relsim check`
        beside = path.parent / base
        layers.append(_toml(beside if beside.is_file() else _place_of("scenarios") / f"{base}.toml"))
    name = f"{layers[-1].get('relationship')}.toml"
    folders = (path.parent / "seeds", path.parent.parent / "seeds", _place_of("seeds"))
    return [*layers, next((_toml(seeds / name) for seeds in folders if (seeds / name).is_file()), {})]


def _entries(context: click.Context, *tables: str) -> list[str]:
    layers = _layers(_source(context))
    stated = [layer.get(table) for layer in layers for table in tables]
    return sorted({name for entries in stated if isinstance(entries, Mapping) for name in entries})


def _leaves(data: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the dotted keys that hold a value; a law by its numbers is one."""
    for key, value in data.items():
        here = (*path, key)
        parts = PARTS.get(here[2], 3) if len(here) > 2 else 3
        if isinstance(value, Mapping) and len(here) < parts:
            yield from _leaves(value, here)
        elif not TEXTS & {key}:
            yield ".".join(here)


def scenarios(_: click.Context) -> Iterable[str]:
    """Return the names of scenarios that ship."""
    return _shipped("scenarios")


def records(_: click.Context) -> Iterable[str]:
    """Return the names of records that ship."""
    return _shipped("seeds/records")


def relationships(_: click.Context) -> Iterable[str]:
    """Return the names of relationships that ship."""
    return _shipped("seeds")


def runs(_: click.Context) -> Iterable[str]:
    """Return the run folders of the working folder."""
    own = _toml(Path("relsim.toml")) or _toml(Path("pyproject.toml")).get("tool", {}).get("relsim", {})
    return sorted(str(path.parent) for path in Path(str(own.get("results", "results"))).glob("*/run.json"))


def indices(context: click.Context) -> Iterable[str]:
    """Return the indices and factors of the scenario on the line."""
    return ["warmth", *_entries(context, "indices", "factors")]


def events(context: click.Context) -> Iterable[str]:
    """Return the events of the scenario on the line."""
    return _entries(context, "events")


def keys(context: click.Context) -> Iterable[str]:
    """Return the keys that `--set` may change of the scenario on the line."""
    found = {key for layer in _layers(_source(context)) for key in _leaves(layer)}
    return sorted(f"{key}=" for key in found | {f"events.{name}.enabled" for name in events(context)})


def entries(context: click.Context) -> Iterable[str]:
    """Return the keys that `show` tells of: entries of the scenario on the line, and their keys."""
    tables = ("factors", "events", "indices", "questions")
    own = [f"{table}.{name}" for table in tables for name in _entries(context, table)]
    return sorted({*own, *(key.rstrip("=") for key in keys(context))})


# What a parameter is completed with, by its name, and whether files may stand there too.
BY_NAME: dict[str, tuple[Names | None, bool]] = {
    **dict.fromkeys(("scenario", "scenarios", "source", "base", "others", "against", "a", "b"), (scenarios, True)),
    "record": (records, True),
    "run": (runs, True),
    "index": (indices, False),
    "name": (indices, False),
    "given": (events, False),
    "overrides": (keys, False),
    "vary": (keys, False),
    "key": (entries, False),
    "relationship": (relationships, False),
    **dict.fromkeys(("file", "files", "path", "paths", "output", "out", "save"), (None, True)),
}


class Completed(click.types.StringParamType):
    """A text that the shell can complete."""

    def __init__(self, names: Names | None, files: bool) -> None:
        self.names, self.files = names, files

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the names that a word may become, and that files may follow."""
        names = self.names(ctx) if self.names is not None else ()
        # after the = of a key stands a value, which only its author knows
        found = [] if "=" in incomplete else [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return [*found, CompletionItem(incomplete, type="file")] if self.files else found


def completed(command: click.Command) -> click.Command:
    """Return a command whose parameters the shell can complete."""
    for param in command.params:
        by_name = BY_NAME.get(str(param.name))
        if by_name is not None and type(param.type) is click.types.StringParamType:
            param.type = Completed(*by_name)
    if command.name == "record":
        command.params[0].type = Completed(records, files=True)
    return command


@add_completion_class
class Bash(BashComplete):
    """Completion of bash that offers names and files together, and leaves no space after the = of a key."""

    source_template = """\
%(complete_func)s() {
    local IFS=$'\\n' response completion type value
    response=$(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete $1)
    COMPREPLY=()
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        case $type in
            plain) COMPREPLY+=("$value") ;;
            dir) compopt -o filenames 2> /dev/null; COMPREPLY+=($(compgen -d -- "$2")) ;;
            file) compopt -o filenames 2> /dev/null; COMPREPLY+=($(compgen -f -- "$2")) ;;
        esac
    done
    [[ ${#COMPREPLY[@]} == 1 && $COMPREPLY == *= ]] && compopt -o nospace 2> /dev/null
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one to be completed, and that one; bash takes key=value and --option=value apart."""
        words, last = super().get_completion_args()
        together = [*words, last]
        for place in (len(together) - 1, len(together) - 2):
            if place > 0 and together[place] == "=":
                before, value = together[: place - 1], "".join(together[place + 1 :])
                name = together[place - 1]
                return ([*before, name], value) if name.startswith("-") else (before, f"{name}={value}")
        return words, last


def script(shell: str) -> str:
    """Return the completion script of a shell.

    Examples
    --------
    >>> "_RELSIM_COMPLETE=fish_complete" in script("fish")
    True
    """
    kind = get_completion_class(shell)
    assert kind is not None
    from simulator.cli.program import main

    return kind(main, {}, PROGRAM, VARIABLE).source()


def _home(variable: str, otherwise: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / otherwise)


def _installed(shell: str) -> tuple[Path, str]:
    """Return where a shell looks for completions, and what its user is to do."""
    match shell:
        case "bash":
            data = _home("XDG_DATA_HOME", ".local/share") / "bash-completion"
            path = _home("BASH_COMPLETION_USER_DIR", str(data)) / "completions" / PROGRAM
            return path, f"new shells find it if the package bash-completion is there; else add to ~/.bashrc: source {path}"
        case "zsh":
            path = _home("ZDOTDIR", "") / ".zfunc" / f"_{PROGRAM}"
            lines = f"fpath=({path.parent} $fpath); autoload -Uz compinit && compinit"
            return path, f"add to ~/.zshrc, once, and open a new shell: {lines}"
        case _:
            return _home("XDG_CONFIG_HOME", ".config") / "fish" / "completions" / f"{PROGRAM}.fish", "new shells find it"


@click.group()
def completion() -> None:
    """Complete names, files, runs and keys with the tab key of bash, zsh or fish."""


@completion.command()
@click.argument("shell", type=click.Choice(SHELLS))
def show(shell: str) -> None:
    """Print the completion script of a shell."""
    click.echo(script(shell))


@completion.command()
@click.argument("shell", type=click.Choice(SHELLS), required=False)
def install(shell: str | None) -> None:
    """Write the completion script where the shell looks for it. Default: the shell of $SHELL.

    \b
    relsim completion install
    relsim completion install zsh
    """
    shell = shell or Path(os.environ.get("SHELL", "")).name
    if shell not in SHELLS:
        raise click.UsageError(f"which shell? {', '.join(SHELLS)}; $SHELL says {shell or 'nothing'!r}")
    path, advice = _installed(shell)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script(shell) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputOutputError(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(str(path))
    click.echo(advice, err=True)
