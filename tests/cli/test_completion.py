"""The tab key: what is offered where, in a real bash, and where the scripts are put."""

import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class
from commands import relsim

import simulator
from simulator import read_scenario, shipped_records, shipped_scenarios
from simulator.cli.program import main

SCENARIOS = [path.stem for path in shipped_scenarios()]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toy: str) -> Path:
    """A working folder with the toy, and a program called relsim on the path."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(toy, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "relsim"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m simulator "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(Path(simulator.__file__).parents[1]))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "BASH_COMPLETION_USER_DIR", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def offered(*words: str, shell: str = "fish") -> list[tuple[str, str]]:
    """Return type and value of what click offers for the last of the words."""
    kind = get_completion_class(shell)
    assert kind is not None
    found = kind(main, {}, "relsim", "_RELSIM_COMPLETE").get_completions(list(words[:-1]), words[-1])
    return [(one.type, one.value) for one in found]


def names(*words: str) -> list[str]:
    return [value for kind, value in offered(*words) if kind == "plain"]


def has_files(*words: str) -> bool:
    return ("file", words[-1]) in offered(*words)


# --- what is offered ---


@pytest.mark.parametrize(
    "words",
    [
        ("run", ""),
        ("run", "toy.toml", ""),
        ("plot", ""),
        ("compare", ""),
        ("compare", "baseline", ""),
        ("explain", "baseline", "--against", ""),
        ("diff", "baseline", ""),
        ("score", ""),
    ],
)
def test_a_scenario_is_completed_with_those_that_ship_and_with_files(words: tuple[str, ...]) -> None:
    assert names(*words) == SCENARIOS
    assert has_files(*words)


def test_only_names_that_begin_so_are_offered() -> None:
    assert names("run", "ba") == ["baseline"]
    assert names("run", "zz") == []


def test_records_relationships_and_files_are_completed() -> None:
    assert names("run", "baseline", "--record", "") == [path.stem for path in shipped_records()]
    assert names("record", "") == [path.stem for path in shipped_records()]
    assert names("new", "my.toml", "--relationship", "") == ["us_china", "us_china_2026", "us_russia", "us_russia_2026"]
    for words in (("check", ""), ("outlook", ""), ("plot", "baseline", "-o", ""), ("run", "x", "--out", "")):
        assert (names(*words), has_files(*words)) == ([], True)


def test_indices_are_those_of_the_scenario_on_the_line() -> None:
    assert names("explain", "toy.toml", "--index", "") == ["warmth", "arms", "trade", "unease"]
    baseline = read_scenario("baseline")
    assert set(names("plot", "baseline", "--index", "")) == {"warmth", *baseline.indices, *baseline.factors}
    assert names("compare", "baseline", "toy.toml", "--index", "u") == ["unease"]
    assert names("drivers", "nowhere.toml", "--index", "") == ["warmth"]


def test_keys_are_those_that_set_takes() -> None:
    keys = names("run", "toy.toml", "--set", "")
    assert {"factors.trade.level=", "factors.arms.target=", "run.seed=", "events.summit.enabled=", "months="} <= {*keys}
    assert {"events.crisis.effects.arms.jump=", "indices.unease.weights.arms=", "spillovers.trade.arms="} <= {*keys}
    assert not any(key.startswith(("factors.arms.target.", "factors.trade.label")) for key in keys)
    assert names("run", "toy.toml", "--set", "factors.trade.l") == ["factors.trade.level="]
    assert names("run", "toy.toml", "--set", "factors.trade.level=4") == []


def test_keys_of_what_a_scenario_is_built_on_are_offered(folder: Path, toy: str) -> None:
    (folder / "seeds").mkdir()
    (folder / "seeds" / "pair.toml").write_text(toy, encoding="utf-8")
    (folder / "base.toml").write_text('title = "B"\nrelationship = "pair"\n[factors.third]\nlevel = 3\n', encoding="utf-8")
    (folder / "mine.toml").write_text('title = "M"\nextends = "base.toml"\n', encoding="utf-8")
    assert names("run", "mine.toml", "--set", "factors.t") == [
        "factors.third.level=",
        *(f"factors.trade.{key}=" for key in ("drift", "half_life", "level", "settling", "volatility", "weight")),
    ]


def test_saved_runs_are_completed_and_tell_their_indices(folder: Path) -> None:
    (folder / "relsim.toml").write_text('results = "mine"', encoding="utf-8")
    assert relsim("run", "toy.toml").exit_code == 0
    (run,) = (str(path.relative_to(folder)) for path in (folder / "mine").iterdir())
    assert names("rerun", "") == [run]
    assert names("explain", run, "--index", "") == ["warmth", "arms", "trade", "unease"]


def test_a_file_that_cannot_be_read_offers_nothing_and_says_nothing(folder: Path) -> None:
    (folder / "toy.toml").write_text("not TOML", encoding="utf-8")
    assert names("run", "toy.toml", "--set", "") == []


def test_completion_loads_nothing_heavy(folder: Path) -> None:
    code = (
        "import os, sys\n"
        "os.environ |= {'_RELSIM_COMPLETE': 'bash_complete', 'COMP_WORDS': 'relsim run baseline --set f', 'COMP_CWORD': '4'}\n"
        "from simulator.cli.program import main\n"
        "try: main(prog_name='relsim')\n"
        "except SystemExit: print(sorted({'numpy', 'pandas', 'pydantic', 'scipy'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "plain,factors.nato.weight=" in done.stdout
    assert done.stderr == "[]\n"


# --- bash ---


def in_bash(*words: str) -> list[str]:
    """Return what a real bash has in COMPREPLY for the last of the words, as it takes them apart."""
    script = """
eval "$(relsim completion show bash)"
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_relsim_completion relsim "${@: -1}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_a_real_bash_completes_files_names_and_keys() -> None:
    assert in_bash("relsim", "run", "toy") == ["toy.toml"]
    assert in_bash("relsim", "run", "bas") == ["baseline"]
    assert in_bash("relsim", "plot", "toy.toml", "--index", "un") == ["unease"]
    assert in_bash("relsim", "explain", "toy.toml", "--index", "=", "un") == ["unease"]  # bash takes --index=un apart
    assert in_bash("relsim", "run", "toy.toml", "--set", "factors.trade.w") == ["factors.trade.weight="]
    assert in_bash("relsim", "run", "toy.toml", "--set", "factors.trade.weight", "=") == []
    assert in_bash("relsim", "run", "toy.toml", "--set", "factors.trade.weight", "=", "2") == []
    assert in_bash("relsim", "completion", "install", "f") == ["fish"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_tab_key_of_an_interactive_bash_completes(folder: Path) -> None:
    import pty

    assert relsim("completion", "install", "bash").exit_code == 0
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["PS1"] = "$ "
        os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
    written = _until(terminal, b"$ ")
    for n, line in enumerate(
        (
            b"source home/.local/share/bash-completion/completions/relsim",
            b"relsim run bas\t-n 300 --no-save --set factors.nato.wei\t3 | head -n 1",
        )
    ):
        os.write(terminal, line + b"; echo end$((40 + %d))\n" % n)
        written += _until(terminal, b"end4%d" % n)
    os.write(terminal, b"exit\n")
    os.waitpid(pid, 0)
    text = written.decode()
    assert "relsim run baseline -n 300 --no-save --set factors.nato.weight=3 | head -n 1; " in text
    assert "\rBaseline (baseline), with factors.nato.weight = 3\r" in text  # printed, not typed


def _until(terminal: int, what: bytes) -> bytes:
    """Return what a terminal writes until something has come; a minute is more than it takes."""
    written, end = b"", time.monotonic() + 60
    while what not in written and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            written += os.read(terminal, 4096)
    return written


# --- scripts ---


@pytest.mark.parametrize(
    ("shell", "place", "advice"),
    [
        ("bash", ".local/share/bash-completion/completions/relsim", "source "),
        ("zsh", ".zfunc/_relsim", "fpath=("),
        ("fish", ".config/fish/completions/relsim.fish", "new shells find it"),
    ],
)
def test_a_script_is_put_where_the_shell_looks(
    folder: Path, monkeypatch: pytest.MonkeyPatch, shell: str, place: str, advice: str
) -> None:
    monkeypatch.setenv("SHELL", f"/usr/bin/{shell}")
    result = relsim("completion", "install")
    path = folder / "home" / place
    assert (result.exit_code, result.stdout) == (0, f"{path}\n")
    assert advice in result.stderr
    text = path.read_text(encoding="utf-8")
    assert text == relsim("completion", "show", shell).stdout
    assert f"_RELSIM_COMPLETE={shell}_complete" in text


def test_a_shell_that_is_not_known_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/dash")
    result = relsim("completion", "install")
    assert result.exit_code == 2
    assert "which shell? bash, zsh, fish; $SHELL says 'dash'" in result.stderr


def test_a_place_that_cannot_be_written_is_told(folder: Path) -> None:
    (folder / "home").write_text("a file", encoding="utf-8")
    result = relsim("completion", "install", "fish")
    assert (result.exit_code, result.stdout) == (5, "")
    assert "relsim.fish: cannot be written" in result.stderr
