"""Options of pictures: style, size and dots to the inch, on every command that may draw, refused where none is drawn."""

from pathlib import Path

import pytest
from commands import relsim
from matplotlib.image import imread

from simulator.cli.options import DOTS, size
from simulator.cli.program import main
from simulator.plots.style import STYLES

DRAWING = ("compare", "explain", "drivers", "outlook", "record", "learn", "score", "plot", "run")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, toy: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shape(path: Path) -> tuple[int, ...]:
    return tuple(imread(path).shape[:2])


def test_every_command_that_draws_has_the_options() -> None:
    for command in DRAWING:
        names = {option for parameter in main.commands[command].params for option in parameter.opts}
        assert {"--style", "--size", "--dpi"} <= names, command
    [style] = [one for one in main.commands["explain"].params if one.name == "style"]
    assert list(style.type.choices) == list(STYLES)  # type: ignore[attr-defined]


def test_size_and_dpi_make_the_picture_they_say(folder: Path) -> None:
    for arguments in (["explain", "toy.toml"], ["compare", "toy.toml", "toy.toml"], ["plot", "toy.toml", "--kind", "fan"]):
        assert relsim(*arguments, "-o", "x.png", "--size", "5x4", "--dpi", "50").exit_code == 0
        assert shape(folder / "x.png") == (200, 250), arguments
    assert relsim("plot", "toy.toml", "-o", "page.png", "--size", "5x4", "--dpi", "50").exit_code == 0
    assert shape(folder / "page.png") == (200, 250)


def test_a_style_brings_its_dots_to_the_inch_and_grey_no_colour(folder: Path) -> None:
    for style, dots in ((None, DOTS), ("paper", 300), ("screen", DOTS), ("grey", 300)):
        chosen = [] if style is None else ["--style", style]
        assert relsim("explain", "toy.toml", "-o", "x.png", "--size", "5x4", *chosen).exit_code == 0
        assert shape(folder / "x.png") == (4 * dots, 5 * dots), style
    rgb = imread(folder / "x.png")[..., :3]
    assert float((rgb.max(axis=2) - rgb.min(axis=2)).max()) == 0


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("8", "'8' is no size; write width x height in inches, such as 8x5"),
        ("8 5", "'8 5' is no size"),
        ("-8x5", "'-8x5' is no size"),
        ("0x5", "'0x5': width and height must be within 2 to 40 inches"),
        ("8x41", "'8x41': width and height must be within 2 to 40 inches"),
    ],
)
def test_a_bad_size_is_refused_in_words(value: str, told: str) -> None:
    result = relsim("explain", "toy.toml", "-o", "x.png", f"--size={value}")
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_size_may_have_spaces_and_a_real_times_sign() -> None:
    assert size(" 6.5 × 4 ") == size("6.5X4") == (6.5, 4.0)


def test_a_picture_that_no_memory_holds_is_refused(folder: Path) -> None:
    result = relsim("plot", "toy.toml", "-o", "x.png", "--size", "40x40", "--dpi", "1200")
    assert result.exit_code == 2
    assert "a picture of 2,304 million dots; at most 150 are drawn" in result.stderr
    assert not (folder / "x.png").exists()


def test_a_picture_that_is_too_small_for_what_it_shows_is_refused(folder: Path) -> None:
    result = relsim("plot", "baseline", "-n", "50", "--kind", "factors", "-o", "x.png", "--size", "4x2")
    assert result.exit_code == 4
    assert result.stderr == "4x2 inches are too few for what the picture shows; --size makes it larger\n"
    assert not (folder / "x.png").exists()


@pytest.mark.parametrize("option", [["--style", "grey"], ["--size", "8x5"], ["--dpi", "100"]])
@pytest.mark.parametrize("output", [[], ["-o", "x.txt"]])
def test_the_options_are_refused_where_no_picture_is_drawn(folder: Path, option: list[str], output: list[str]) -> None:
    result = relsim("explain", "toy.toml", *output, *option)
    assert result.exit_code == 2
    assert f"{option[0]} goes with -o and the name of a picture: .png, .svg, .pdf" in result.stderr
    assert not (folder / "x.txt").exists()


def test_a_default_style_is_used_for_pictures_and_forgotten_for_text(folder: Path) -> None:
    plain = relsim("explain", "toy.toml").stdout
    (folder / "relsim.toml").write_text('style = "grey"\n', encoding="utf-8")
    result = relsim("explain", "toy.toml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, plain, "")
    assert relsim("run", "toy.toml", "--no-save").exit_code == 0
    assert relsim("explain", "toy.toml", "-o", "x.png", "--size", "5x4").stderr == "from relsim.toml: style = grey\n"
    assert shape(folder / "x.png") == (1200, 1500)
    assert relsim("explain", "toy.toml", "-o", "x.png", "--size", "5x4", "--style", "screen").exit_code == 0
    assert shape(folder / "x.png") == (4 * DOTS, 5 * DOTS)


def test_a_sweep_is_drawn_as_the_options_say_and_a_plain_run_takes_none(folder: Path) -> None:
    vary = ("run", "toy.toml", "--vary", "factors.trade.weight=0:2:1", "-o", "x.png")
    assert relsim(*vary, "--size", "5x4", "--dpi", "50").exit_code == 0
    assert shape(folder / "x.png") == (200, 250)
    result = relsim("run", "toy.toml", "--style", "grey")
    assert result.exit_code == 2
    assert "--style goes with -o and the name of a picture" in result.stderr


def test_several_others_are_drawn_as_a_forest(folder: Path) -> None:
    arguments = ("compare", "toy.toml", "toy.toml", "toy.toml", "-o")
    assert relsim(*arguments, "several.png").exit_code == 0
    assert relsim(*arguments, "forest.png", "--kind", "forest").exit_code == 0
    assert relsim(*arguments, "ridges.png", "--kind", "ridgeline").exit_code == 0
    assert (folder / "several.png").read_bytes() == (folder / "forest.png").read_bytes()
    assert (folder / "several.png").read_bytes() != (folder / "ridges.png").read_bytes()
