"""The wheel, installed outside the checkout, brings its seeds and scenarios and runs."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def build_wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


def new_environment(folder: Path, *pip: str) -> Path:
    # pip of this environment installs into the other: to put a pip there takes longer than all the rest
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    into = ["--python", str(programs / "python"), "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", *into, "install", "--quiet", *pip], check=True)
    return programs


def run_relsim(programs: Path, where: Path, *arguments: str) -> str:
    done = subprocess.run([str(programs / "relsim"), *arguments], cwd=where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_runs_outside_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)  # it would lead back to the checkout
    programs = new_environment(tmp_path / "venv", "--no-deps", str(build_wheel(tmp_path / "dist")))
    # the libraries are borrowed from this environment; paths files there, such as the editable install's, are not followed
    library = Path(
        subprocess.run(
            [str(programs / "python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    (library / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    home = run_relsim(programs, tmp_path, "--version")
    assert home.startswith("relsim, version")
    where = "import simulator; print(simulator.__file__)"
    found = subprocess.run([str(programs / "python"), "-c", where], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()).is_relative_to(library)
    assert "negotiated_reset" in run_relsim(programs, tmp_path, "scenarios")
    assert "Relationship warmth" in run_relsim(programs, tmp_path, "run", "baseline", "-n", "500")
    assert [path.name for path in (tmp_path / "results").glob("baseline-*-s7-n500/*.csv")] == ["quantiles.csv"]


@pytest.mark.slow
def test_a_fresh_environment_with_what_the_wheel_asks_for_runs(tmp_path) -> None:
    programs = new_environment(tmp_path / "venv", str(build_wheel(tmp_path / "dist")))
    assert "Relationship warmth" in run_relsim(programs, tmp_path, "run", "negotiated_reset", "-n", "500")
    assert run_relsim(programs, tmp_path, "plot", "baseline", "-n", "500", "-o", "fan.png", "--kind", "fan") == "fan.png\n"
