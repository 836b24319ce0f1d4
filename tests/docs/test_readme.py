"""The README is true to the letter: its commands print what it says, its examples run."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def sessions() -> list[tuple[str, str]]:
    """Return (command, expected output) of every console block."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def shell(command: str, where: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, shell=True, cwd=where, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("page", ["scenario-format.md", "analysis.md"])
def test_every_command_of_the_docs_runs(page: str, tmp_path) -> None:
    text = (README.parent / "docs" / page).read_text(encoding="utf-8")
    commands = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines() if line]
    assert len(commands) >= 8
    for command in commands:
        assert shell(command, tmp_path).returncode == 0, command


def test_every_command_of_the_readme_prints_what_it_shows(tmp_path) -> None:
    commands = sessions()
    assert len(commands) >= 7
    for command, expected in commands:
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
