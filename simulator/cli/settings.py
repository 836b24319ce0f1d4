"""Working defaults of a folder, from its relsim.toml or the [tool.relsim] of its pyproject.toml; options win over them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from simulator.cli.options import is_picture
from simulator.errors import InvalidFile, Problem, shown, suggestion

OWN, PROJECT = "relsim.toml", "pyproject.toml"

# Keys, and the parameters of commands that they are defaults of.
PARAMETERS = {"results": "out", "draws": "draws", "seed": "seed", "style": "style"}
# Commands that make a hundred simulations: the draws meant for one would make them last for hours.
MANY = ("drivers", "assumptions")


@dataclass(frozen=True)
class Settings:
    """What the working folder states: where, and the value of each key."""

    where: str
    values: Mapping[str, Any]


def read_settings() -> Settings:
    """Return what the working folder states: in relsim.toml if there is one, else in pyproject.toml.

    Raises
    ------
    InvalidFile
        The file is not TOML, a key is unknown, or a value breaks its rule; all problems with their lines.
    """
    for name, table in ((OWN, ()), (PROJECT, ("tool", "relsim"))):
        path = Path(name)
        if path.is_file() and (name == OWN or b"relsim" in path.read_bytes()):
            values: Any = _data(path)
            for key in table:
                values = values.get(key, {}) if isinstance(values, dict) else values
            problems = _problems(values)
            if problems:
                raise InvalidFile([_placed(path, (*table, *key), rule) for key, rule in problems])
            return Settings(name, values)
    return Settings("", {})


def _data(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except ValueError:  # not UTF-8, or not TOML: what reads scenarios knows how to say where and why
        from simulator.files.toml import parse_toml, read_text

        return parse_toml(read_text(path), str(path))


def _placed(path: Path, key: tuple[str, ...], rule: str) -> Problem:
    from simulator.files.toml import line_of, read_text

    return Problem(f"{path}:{line_of(read_text(path), key)}", ".".join(key), rule)


def _problems(values: Any) -> list[tuple[tuple[str, ...], str]]:
    """Return the rules that are broken, each with its key."""
    if not isinstance(values, dict):
        return [((), f"must be a table; found {shown(values)}")]
    found = [((key,), _broken(key, value)) for key, value in values.items()]
    return [(key, rule) for key, rule in found if rule]


def _broken(key: str, value: Any) -> str:
    """Return the rule that a value breaks, or nothing."""
    from simulator.scenario.schema import MAX_DRAWS

    is_whole = isinstance(value, int) and not isinstance(value, bool)
    match key:
        case "draws" if not is_whole or not 1 <= value <= MAX_DRAWS:
            rule = f"must be a whole number, 1 to {MAX_DRAWS:,}, without quotes"
        case "seed" if not is_whole or value < 0:
            rule = "must be a whole number, 0 or more, without quotes"
        case "results" | "style" if not isinstance(value, str) or not value:
            rule = "must be text in quotes"
        case _ if key in PARAMETERS:
            return ""
        case _:
            return "unknown key" + suggestion(key, PARAMETERS)
    return f"{rule}; found {shown(value)}"


def applied(settings: Settings, commands: Mapping[str, click.Command]) -> dict[str, dict[str, Any]]:
    """Return the defaults of each command, as click takes them.

    Raises
    ------
    InvalidFile
        An option does not take the value.
    """
    defaults: dict[str, dict[str, Any]] = {}
    for name, command in commands.items():
        own = {param.name: param for param in command.params}
        for key, value in settings.values.items():
            param = own.get(PARAMETERS[key])
            if param is None or (key == "draws" and name in MANY):
                continue
            try:
                param.type.convert(str(value), param, None)
            except click.UsageError as error:
                table = ("tool", "relsim") if settings.where == PROJECT else ()
                raise InvalidFile([_placed(Path(settings.where), (*table, key), error.message)]) from None
            defaults.setdefault(name, {})[PARAMETERS[key]] = str(value)
    return defaults


def told(command: click.Command) -> click.Command:
    """Return a command that says on stderr which of its defaults come from the working folder, and uses those that apply."""
    inner = command.callback
    assert inner is not None

    @wraps(inner)
    def call(*args: Any, **options: Any) -> Any:
        context = click.get_current_context()
        source = context.get_parameter_source
        used = {
            key: name for key, name in PARAMETERS.items() if name in options and source(name) is ParameterSource.DEFAULT_MAP
        }
        for key in _beside_the_point(used, context):
            del used[key]
            if key != "results":
                options[key] = None
        if used:
            values = ", ".join(f"{key} = {options[name]}" for key, name in used.items())
            click.echo(f"from {context.find_root().obj.where}: {values}", err=True)
        return inner(*args, **options)

    command.callback = call
    return command


def _beside_the_point(used: Mapping[str, str], context: click.Context) -> list[str]:
    """Return the defaults that do not apply: a saved run is read as it is, and what the command line states goes first."""
    options = context.params
    stated = [text.partition("=")[0].strip() for text in options.get("overrides", ())]
    is_made = not {"draws", "seed"}.isdisjoint(used) and any(map(_is_made, _sources(context)))
    apart = {
        "draws": is_made or "run.draws" in stated or options.get("precision") is not None,
        "seed": is_made or "run.seed" in stated,
        "results": options.get("no_save") or options.get("vary") or options.get("given"),
        "style": context.info_name != "plot" and not is_picture(options.get("output")),
    }
    return [key for key in used if apart.get(key)]


def _sources(context: click.Context) -> list[str]:
    """Return the arguments of a command."""
    values = [context.params[str(param.name)] for param in context.command.params if isinstance(param, click.Argument)]
    return [text for value in values for text in (value if isinstance(value, tuple) else (value,))]


def _is_made(source: str) -> bool:
    """Tell whether a source is a saved run, or registered forecasts: their draws and seed are what they were."""
    from simulator.cli.saved import is_saved
    from simulator.files.forecasts import is_forecasts

    return is_saved(source) or is_forecasts(source)
