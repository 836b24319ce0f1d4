"""The README is true to the letter: its commands print what it says, its examples run."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commands import relsim

README = Path(__file__).parents[2] / "README.md"


PAGES = ("scenario-format.md", "analysis.md", "score.md", "shell.md")

# A block of commands: each with what it prints, and a name for the test. What a block writes, only itself reads.
Session = list[tuple[str, str]]


def sessions() -> list[Session]:
    """Return the commands of every console block of the README with what they print."""
    blocks = re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    return [
        [
            (command, output)
            for command, _, output in (part.partition("\n") for part in re.split(r"^\$ ", block, flags=re.M)[1:])
        ]
        for block in blocks
    ]


def of_the_docs(page: str) -> list[list[str]]:
    """Return the commands of every shell block of a page."""
    text = (README.parent / "docs" / page).read_text(encoding="utf-8")
    return [[line for line in block.splitlines() if line] for block in re.findall(r"```sh\n(.*?)```", text, re.S)]


def shell(command: str, where: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, shell=True, cwd=where, env=environment, capture_output=True, text=True, check=False)


def in_few_draws(command: str) -> list[str]:
    """Return the words of a command with 200 draws: how many there are does not bear on whether it runs.

    What is known, or given, leaves fewer effective draws than there are, and 400 are needed.
    """
    program, *words = shlex.split(command, comments=True)
    assert program == "relsim"
    few = "2000" if {"--record", "--given"} & {*words} else "200"
    if "-n" in words:
        words[words.index("-n") + 1] = few
    draws = words[0] in ("run", "learn", "register") or (words[0] == "score" and not words[1].endswith(".toml"))
    return [*words, "-n", few] if draws and "-n" not in words else words


def test_there_are_blocks_of_commands() -> None:
    assert sum(map(len, sessions())) >= 7
    for page in PAGES:
        assert sum(map(len, of_the_docs(page))) >= 5


def test_a_command_in_few_draws_is_otherwise_the_same() -> None:
    assert in_few_draws("relsim compare a b -n 2000 -o c.png") == ["compare", "a", "b", "-n", "200", "-o", "c.png"]
    assert in_few_draws("relsim run a --set 'title=\"No b\"'  # c") == ["run", "a", "--set", 'title="No b"', "-n", "200"]
    assert in_few_draws("relsim check my.toml") == ["check", "my.toml"]


@pytest.mark.parametrize("commands", [block for page in PAGES for block in of_the_docs(page)], ids=lambda block: block[0])
def test_every_command_of_the_docs_runs(commands: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    elsewhere = {command for session in sessions() for command, _ in session}
    for command in commands:
        # those that the README shows are run below, whole and with what they print
        if command not in elsewhere or command.startswith("relsim new "):
            done = relsim(*in_few_draws(command))
            assert done.exit_code == 0, (command, done.stderr)


@pytest.mark.parametrize("session", sessions(), ids=lambda session: session[0][0])
def test_every_command_of_the_readme_prints_what_it_shows(session: Session, tmp_path: Path) -> None:
    for command, expected in session:
        done = shell(command, tmp_path)
        assert done.returncode == 0, (command, done.stderr)
        pattern = (
            re.escape(expected).replace(re.escape("...\n"), r"(?s:.*?)").replace(re.escape("digest ...)"), r"digest \w+\)")
        )
        assert re.fullmatch(pattern, done.stdout), (command, done.stdout)


@pytest.mark.filterwarnings("ignore:More than 20 figures")
def test_the_python_examples_of_the_readme_run() -> None:
    results = doctest.testfile(str(README), module_relative=False)
    assert results.attempted >= 6
    assert results.failed == 0


def test_the_scenario_in_the_readme_is_one(tmp_path) -> None:
    from simulator import read_scenario

    (text,) = re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    (tmp_path / "talks_fail.toml").write_text(text)
    assert read_scenario(tmp_path / "talks_fail.toml").months == 36


def test_the_outlook_in_the_docs_is_one(tmp_path) -> None:
    from simulator import read_outlook

    text = (README.parent / "docs" / "analysis.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.S)
    (tmp_path / "two.toml").write_text(example)
    assert [member.probability for member in read_outlook(tmp_path / "two.toml").members] == [0.7, 0.3]


def test_every_file_the_readme_links_to_is_there() -> None:
    for target in re.findall(r"\]\((?!http|#)([^)]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / target).is_file(), target
