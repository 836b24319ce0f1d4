"""What the front end knows of ensembles: their draws packed into bytes, and what they are called."""

import ast
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tomlkit
from numpy.typing import NDArray

from simulator.arrays import Booleans, Floats
from simulator.engine.plan import Asked
from simulator.engine.sampling import uncertain
from simulator.ensemble.ensemble import Ensemble
from simulator.ensemble.tables import kept_answers, kept_truth
from simulator.errors import Refused
from simulator.files.find import shipped_scenarios
from simulator.page.figures import fans, shares
from simulator.report.wording import WORDS
from simulator.scenario.conditions import Condition, parse
from simulator.scenario.numbers import Key, Law, median, quantiles

# Months that are shown, about: a fan of them looks like one of all, and the draws of a pair stay under 1.6 MB.
SHOWN = 12
# Levels are sent in steps of a 65,535th of the scale, weights of their range.
TOP = 65_535
# Tables in which weights may be set beside other keys.
TABLES = re.compile(r"factors\.\w+|indices\.\w+(\.weights)?")
# The path of a mark that moves.
MARKS = re.compile(r'(id="[\w-]+-(?:interval-\d+|median|behind-\w+|band-\d+)">.*?<path [^>]*?\bd=")[^"]*', re.DOTALL)
# A condition whose draws were counted here, as a leaf of a tree.
Tree = list[Any]


@dataclass
class Packed:
    """Arrays in the order in which they are added, and what a reader must know to find them."""

    parts: list[bytes] = field(default_factory=list)
    arrays: list[dict[str, Any]] = field(default_factory=list)
    scaled: dict[str, Floats] = field(default_factory=dict)

    def add(self, name: str, values: NDArray[Any], **about: Any) -> None:
        """Add an array of whole numbers; of two bytes the lower ones of all come first, for they compress otherwise."""
        size = values.dtype.itemsize
        raw = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).view(np.uint8)
        self.parts.append(raw.reshape(-1, size).T.tobytes())
        self.arrays.append({"name": name, "bytes": size, "shape": list(values.shape), **about})

    def add_scaled(self, name: str, values: Floats, **about: Any) -> None:
        """Add numbers in steps of a 65,535th of their range."""
        self.scaled[name] = values
        low, high = float(values.min()), float(values.max())
        steps = np.rint((values - low) / ((high - low) or 1.0) * TOP).astype(np.uint16)
        self.add(name, steps, low=low, high=high, **about)

    def has(self, name: str, values: Floats) -> bool:
        """Tell whether the same numbers were added under a name."""
        return name in self.scaled and np.array_equal(self.scaled[name], values)

    def add_bits(self, name: str, values: Booleans) -> None:
        """Add what is true of each draw, eight to a byte, the first the highest."""
        self.add(name, np.packbits(values))


def sheet(ensemble: Ensemble, base: Ensemble | None = None, *, figures: bool = True, source: str = "") -> bytes:
    """Return all that a page or a panel needs to answer its reader: names, figures and draws, compressed.

    Parameters
    ----------
    ensemble : Ensemble
        All of whose draws are kept.
    base : Ensemble, optional
        Of the same worlds.
    figures : bool
        Whether the figures of all indices are in it.
    source : str
        What a command calls the scenario, such as a file's path. Default: by its name.

    Returns
    -------
    bytes
        Deflated (zlib): the length of the text, four bytes, little-endian; the text, JSON; the arrays.

    Raises
    ------
    Refused
        Not all draws are kept.
    """
    if ensemble.n_kept != ensemble.n_draws or (base is not None and base.n_kept < ensemble.n_kept):
        raise Refused("a page argues with draws that are kept whole: simulate with n_kept equal to n_draws")
    packed, months = Packed(), shown(ensemble)
    sides = [
        _side(one, ensemble, months, packed, str(place)) for place, one in enumerate([ensemble, *([base] if base else [])])
    ]
    told = {
        "n": ensemble.n_draws,
        "seed": ensemble.seed,
        "source": source,
        "known": ensemble.plan.known,
        "horizon": ensemble.horizon,
        "dates": [f"{day:%Y-%m-%d}" for day in ensemble.dates],
        "months": months,
        "words": WORDS,
        "sides": sides,
        "figures": _figures(ensemble, base, months) if figures else {},
        "arrays": packed.arrays,
    }
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return zlib.compress(b"".join([len(text).to_bytes(4, "little"), text, *packed.parts]), 9)


def shown(ensemble: Ensemble) -> list[int]:
    """Return the months that a page shows: every few, those that a summary reports, and those that questions are read at."""
    every = max(1, -(-ensemble.horizon // SHOWN))
    asked = {one.step for one in ensemble.plan.questions if not one.by and one.condition.names & set(ensemble.indices)}
    return sorted({*range(0, ensemble.horizon + 1, every), *ensemble.reported, *asked, ensemble.horizon})


def _figures(ensemble: Ensemble, base: Ensemble | None, months: Sequence[int]) -> dict[str, Any]:
    """Return the moving figures of each index, without their marks: a script draws those from the draws.

    That of warmth stands in the page as it is drawn; the base's lines are there where it has the index.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for name in ensemble.indices:
        behind = base if base is not None and name in base.indices else None
        found[name] = [one._asdict() for one in (fans(ensemble, name, months, behind), shares(ensemble, name, months))]
        for one in found[name]:
            one["svg"] = "" if name == "warmth" else MARKS.sub(r"\1", one["svg"])
    return found


def _side(ensemble: Ensemble, of: Ensemble, months: Sequence[int], packed: Packed, place: str) -> dict[str, Any]:
    """Return what is said of one ensemble, that which a page is of or its base, and add its draws."""
    plan, kept, scenario = ensemble.plan, ensemble.tally.kept, ensemble.scenario
    levels = _levels(ensemble, months)
    # in the same worlds the base's levels are those of the other for months on, and their differences mostly 0
    is_over = of is not ensemble and plan.factors == of.plan.factors and ensemble.horizon == of.horizon
    if is_over:
        levels = levels - _levels(of, months)
    # differences wrap, and so do their sums
    packed.add(f"{place}/levels", np.diff(levels, axis=0, prepend=np.uint16(0)), is_over=is_over)
    first = _first(kept.fired, 0)
    first[np.array([event.happened for event in plan.events], dtype=np.bool_)] = 0
    packed.add(f"{place}/first", first)
    if ensemble.is_conditioned:
        packed.add(f"{place}/still", _first(kept.fired, plan.known + 1))
        packed.add(f"{place}/weights", kept.weights.astype(np.uint32))
    sampled = dict(zip(uncertain(plan), kept.inputs, strict=True))
    ships = {path.stem for path in shipped_scenarios()}
    return {
        "name": scenario.name,
        "source": scenario.name if scenario.name in ships else f"{scenario.name}.toml",
        "title": scenario.title,
        "heading": ensemble.heading,
        "changes": dict(_leaves(scenario.changes)),
        "record": None if scenario.record is None else scenario.record.name,
        "known_until": None if scenario.known_until is None else f"{scenario.known_until}",
        "factors": [{"name": name, "label": scenario.label_of(name)} for name in plan.factors],
        "indices": [_index(ensemble, i, sampled, packed, place) for i in range(len(plan.indices))],
        "events": [_event(ensemble, e) for e in range(len(plan.events))],
        "questions": [
            _question(ensemble, asked, packed, place) | {"is_certain": error == 0}
            for asked, error in zip(plan.questions, ensemble.questions().std_error, strict=True)
        ],
    }


def _leaves(changes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what was changed of a file by keys as deep as those of weights: TOML lets nobody add to a table on a line."""
    for key, value in changes.items():
        if TABLES.fullmatch(key) and value.startswith("{"):
            table: Any = tomlkit.parse(f"it = {value}")["it"]
            yield from _leaves({f"{key}.{part}": one.as_string().strip() for part, one in table.items()})
        else:
            yield key, value


def _levels(ensemble: Ensemble, months: Sequence[int]) -> NDArray[np.uint16]:
    """Return the levels of factors at the shown months of a page, (M, K, D), in steps."""
    held = [month for month in months if month <= ensemble.horizon]
    values = ensemble.tally.kept.values[held, : len(ensemble.plan.factors)]
    return np.rint(values.astype(np.float64) * (TOP / 100)).astype(np.uint16)


def _first(fired: Booleans, after: int) -> NDArray[np.uint16]:
    """Return the month in which each event first fires from some month on, (E, D); the largest number where it does not."""
    later = fired[after:]
    return np.where(later.any(axis=0), later.argmax(axis=0) + after, TOP).astype(np.uint16)


def _index(ensemble: Ensemble, i: int, sampled: Mapping[Key, Floats], packed: Packed, place: str) -> dict[str, Any]:
    """Return an index with its bands and weights; weights that draws do not share are added."""
    name, scenario = ensemble.plan.indices[i], ensemble.scenario
    bands, weights = scenario.bands_of(name), []
    for factor, key in ensemble.plan.weights[i]:
        number = ensemble.plan.numbers[key]
        if key in sampled and not packed.has(f"0/{key}", sampled[key]):  # the base's are the same in the same worlds
            packed.add_scaled(f"{place}/{key}", sampled[key])
        weights.append({"factor": factor, "key": str(key), "is_sampled": key in sampled, **_law(number, key)})
    readers = [event for event in ensemble.plan.events if event.when is not None and name in event.when.names]
    return {
        "name": name,
        "label": scenario.label_of(name),
        "cuts": list(bands.cuts),
        "bands": list(bands.names),
        "weights": weights,
        "read_by": [{"label": scenario.label_of(one.name), "limits": list(_limits(one.when, name))} for one in readers],
    }


def _law(number: float | Law, key: Key) -> dict[str, Any]:
    """Return a weight's median and the middle 80 % of its law."""
    if isinstance(number, float):
        return {"median": number, "law": None}
    low, high = quantiles(number, key.kind, np.array([0.1, 0.9]))
    return {"median": median(number, key.kind), "law": [float(low), float(high)]}


def _limits(condition: Condition | None, name: str) -> Iterator[float]:
    """Yield the numbers with which a condition compares an index."""
    nodes = ast.walk(condition.tree) if condition is not None else ()
    for node in nodes:
        if isinstance(node, ast.Compare) and name in {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}:
            yield from (float(str(side.value)) for side in ast.walk(node) if isinstance(side, ast.Constant))


def _event(ensemble: Ensemble, e: int) -> dict[str, Any]:
    event, scenario = ensemble.plan.events[e], ensemble.scenario
    is_open = event.first <= event.last and not ensemble.is_over(event)
    own = event.name in scenario.own_events
    return {"name": event.name, "label": scenario.label_of(event.name), "is_own": own, "is_open": is_open}


def _question(ensemble: Ensemble, asked: Asked, packed: Packed, place: str) -> dict[str, Any]:
    """Return a question: each draw's answer, and as what it is worked out again where an index has other weights."""
    packed.add_bits(f"{place}/questions.{asked.name}", kept_answers(ensemble.tally, ensemble.plan, asked))
    reads = sorted(asked.condition.names & set(ensemble.indices))
    told: dict[str, Any] = {
        "name": asked.name,
        "label": ensemble.scenario.label_of(asked.name),
        "reads": reads,
        "tree": None,
    }
    told |= {"by": asked.by, "month": asked.step}
    if reads and not asked.by:
        told["tree"] = _tree(asked.condition.tree, ensemble, asked, packed, f"{place}/questions.{asked.name}")
    return told


def _tree(node: ast.expr, ensemble: Ensemble, asked: Asked, packed: Packed, prefix: str) -> Tree:
    """Return a condition as nested lists: what reads no index as the name of the draws' answers."""
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    if not names & set(ensemble.indices):
        name = f"{prefix}/{len(packed.arrays)}"
        text = ast.unparse(node)
        part = ensemble.scenario.condition(text) if names else parse(text, (), ())
        packed.add_bits(name, kept_truth(ensemble.tally, ensemble.plan, part, asked.step, asked.step)[0])
        return ["draws", name]
    match node:
        case ast.BoolOp(op=op, values=values):
            word = "and" if isinstance(op, ast.And) else "or"
            return [word, *(_tree(value, ensemble, asked, packed, prefix) for value in values)]
        case ast.UnaryOp(operand=operand):
            return ["not", _tree(operand, ensemble, asked, packed, prefix)]
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            sides = [_number(side) for side in (left, *comparators)]
            return ["and", *([SIGNS[type(op)], a, b] for op, a, b in zip(ops, sides, sides[1:], strict=False))]
    raise AssertionError(f"parse() lets no {type(node).__name__} through")


SIGNS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def _number(node: ast.expr) -> str | float:
    """Return a side of a comparison: a number, or the name of a factor or an index."""
    return node.id if isinstance(node, ast.Name) else float(ast.literal_eval(node))
