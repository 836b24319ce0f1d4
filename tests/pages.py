"""What tests of pages share: the front end's script run by node, and what a reader changed as the script has it."""

import json
import os
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import simulator
from simulator.ensemble.ensemble import Ensemble
from simulator.page.sheet import sheet

NODE = shutil.which("node")
DRIVER = Path(__file__).parent / "page" / "driver.mjs"
FRONT = Path(simulator.__file__).parent / "page" / "front.mjs"


def called(calls: list[list[Any]], **sheets: bytes) -> list[Any]:
    """Return what functions of the front end return, all called in one process; skipped without node, which CI has."""
    if NODE is None:
        assert not os.environ.get("CI"), "node is not installed, and this is CI"
        pytest.skip("node is not installed")
    told: dict[str, Any] = {"front": FRONT.as_uri(), "calls": calls}
    told["sheets"] = {name: b64encode(text).decode() for name, text in sheets.items()}
    done = subprocess.run([NODE, str(DRIVER)], input=json.dumps(told), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def sent(ensemble: Ensemble, base: Ensemble | None = None, source: str = "") -> bytes:
    """Return what a page holds of ensembles, without figures."""
    return sheet(ensemble, base, figures=False, source=source)


def state(
    index: str = "warmth",
    weights: Mapping[str, Mapping[str, float]] | None = None,
    suppose: Mapping[str, tuple[str, int]] | None = None,
    ask: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a reader changed, as the front end has it."""
    supposed = {event: {"how": how, "month": month} for event, (how, month) in (suppose or {}).items()}
    return {"index": index, "weights": dict(weights or {}), "suppose": supposed, "ask": ask, "again": {}}


def conditions(ensemble: Ensemble, changed: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is supposed as the command takes it."""
    for event, one in changed["suppose"].items():
        yield f"{'not ' if one['how'] == 'not' else ''}{event} on {ensemble.dates[one['month']]:%Y-%m-%d}"


def moved(ensemble: Ensemble, changed: Mapping[str, Any]) -> Ensemble:
    """Return an ensemble as the reader has it, counted by Python."""
    for index, weights in changed["weights"].items():
        if index in ensemble.indices:
            known = {ensemble.factors[factor] for factor, _ in ensemble.plan.weights[ensemble.indices.index(index)]}
            ensemble = ensemble.reweight({name: value for name, value in weights.items() if name in known}, index)
    given = "; ".join(conditions(ensemble, changed))
    return ensemble.given(given) if given else ensemble
