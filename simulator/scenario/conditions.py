"""`when` and `ask` expressions as predicates on arrays (docs/model.md, Events).

The grammar is a few node types of Python's own parser: comparisons, `and`, `or`, `not`, parentheses, numbers, names, and
`NAME.in_force`.
Nothing is ever evaluated by Python itself.
"""

import ast
import operator
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import numpy as np

from simulator.arrays import Booleans
from simulator.errors import suggestion

# Long enough for any condition a person writes, short enough that the parser cannot be exhausted.
MAX_LENGTH = 500

COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

DECIMAL_COMMA = r"\d,\d"
# What no condition holds, as word processors and other languages write it, and what to tell its author. First match wins.
SIGNS = (
    (r"[\u00a0\u2007\u202f\u200b\ufeff]", "type an ordinary space: a no-break or invisible one stands in it"),
    (r"≥", "write >= instead of {}"),
    (r"≤", "write <= instead of {}"),
    (r"≠|<>", "write != instead of {}"),
    (r"[\u2212\u2013]", "write a minus as - instead of {}"),
    (r"\b(?!and\b|or\b|not\b)(?i:and|or|not)\b", "write and, or, not in lower case instead of {}"),
    (r"[\"'\u201c\u201d\u2018\u2019\u00ab\u00bb]", "names stand without quotes"),
    (DECIMAL_COMMA, "write decimals with a point: 0.5, not 0,5"),
    (r"\d\s*%", "write numbers without a percent sign"),
    (r"=>|=<|&&|\|\||!(?!=)|(?<![<>=!])=(?!=)", "write >=, <=, ==, and, or, not instead of {}"),
)


@dataclass(frozen=True)
class Condition:
    """A checked condition: its text, its syntax tree, the names it reads, the events that it asks to be in force."""

    text: str
    tree: ast.expr
    names: frozenset[str]
    in_force: frozenset[str]

    @property
    def meaning(self) -> str:
        """The condition in one way of writing, whatever its spaces and needless parentheses, and whether it says 2 or 2.0.

        Examples
        --------
        >>> parse("(warmth<35)", {"warmth"}).meaning == parse("warmth < 35.0", {"warmth"}).meaning
        True
        """
        return ast.unparse(_WithFloats().visit(deepcopy(self.tree)))


class _WithFloats(ast.NodeTransformer):
    """Writes whole numbers as the floats they are compared as."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(float(str(node.value)))  # parse() lets plain numbers only through


def parse(text: str, numbers: Collection[str], events: Collection[str] = ()) -> Condition:
    """Return a condition whose grammar, names and kinds are checked.

    Parameters
    ----------
    text : str
        Such as ``"warmth < 35 and not summit"``.
    numbers : collection of str
        Names that stand for numbers: factors and indices.
    events : collection of str
        Names that stand for true or false: an event that has happened.

    Raises
    ------
    ValueError
        What is wrong, in words for the person who wrote the file.

    Examples
    --------
    >>> sorted(parse("20 <= warmth < 35 and not summit", {"warmth"}, {"summit"}).names)
    ['summit', 'warmth']
    """
    return _parsed(text, frozenset(numbers), frozenset(events))


@lru_cache(maxsize=4096)  # a text is parsed once, though it is checked when it is read and again when it is put to use
def _parsed(text: str, numbers: frozenset[str], events: frozenset[str]) -> Condition:
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a condition has at most {MAX_LENGTH} characters; this one has {len(text)}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if re.search(DECIMAL_COMMA, text):  # to the parser, two values
            raise ValueError
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        signs = (told.format(found[0]) for sign, told in SIGNS if (found := re.search(sign, text)))
        advice = next(signs, "write comparisons joined by and, or, not: 'warmth < 35 and not summit'")
        raise ValueError(f"not a condition; {advice}") from None
    wrong = dict.fromkeys(_not_truth(tree, numbers, events))
    if wrong:
        raise ValueError("; ".join(wrong))
    nodes = tuple(ast.walk(tree))
    names = frozenset(node.id for node in nodes if isinstance(node, ast.Name))
    return Condition(text, tree, names, frozenset(ast.unparse(n.value) for n in nodes if isinstance(n, ast.Attribute)))


def _not_truth(node: ast.expr, numbers: frozenset[str], events: frozenset[str]) -> Iterator[str]:
    """Yield what keeps an expression from being true or false."""
    match node:
        case ast.BoolOp(values=values):
            for value in values:
                yield from _not_truth(value, numbers, events)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _not_truth(operand, numbers, events)
        case ast.Compare(left=left, ops=ops, comparators=comparators) if all(type(op) in COMPARISONS for op in ops):
            for side in (left, *comparators):
                yield from _not_number(side, numbers, events)
        case ast.Name(id=name) if name in events:
            pass
        case ast.Attribute(value=ast.Name(id=name), attr="in_force") if name in events:
            pass
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            known = (
                "an event has only `in_force`" if name in events else f"{name!r} is no event, and only events are in force"
            )
            yield f"{name}.{attribute}: {known}"
        case ast.Name(id=name) if name in numbers:
            yield f"{name!r} is a number; compare it with something: '{name} > 50'"
        case ast.Name(id=name):
            yield _unknown(name, numbers | events)
        case _:
            yield (
                f"{ast.unparse(node)!r} is neither a comparison nor an event; only comparisons, and, or, not, "
                "parentheses, numbers and names are understood"
            )


def _not_number(node: ast.expr, numbers: frozenset[str], events: frozenset[str]) -> Iterator[str]:
    """Yield what keeps a side of a comparison from being a number."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)) if _is_finite(value):
            pass
        case ast.Constant(value=int() | float() as value) if _is_finite(value):
            pass
        case ast.Name(id=name) if name in numbers:
            pass
        case ast.Name(id=name) if name in events:
            yield f"{name!r} is an event, true once it has happened; it cannot be compared with a number"
        case ast.Name(id=name):
            yield _unknown(name, numbers | events)
        case _:
            yield f"{ast.unparse(node)!r} is neither a number nor the name of a factor or an index"


def _is_finite(value: float) -> bool:
    return not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _unknown(name: str, known: Collection[str]) -> str:
    return f"unknown name {name!r}" + suggestion(name, sorted(known))


def holds(condition: Condition, values: Mapping[str, Any]) -> Booleans:
    """Return where a condition holds.

    Parameters
    ----------
    condition : Condition
        A parsed condition.
    values : mapping of str to ndarray
        The state by name: floats for factors and indices, booleans for events and ``NAME.in_force``; all of one shape.

    Returns
    -------
    ndarray of bool
        Of the same shape; a scalar array where the condition reads no name.

    Examples
    --------
    >>> condition = parse("warmth < 35 and not summit", {"warmth"}, {"summit"})
    >>> holds(condition, {"warmth": np.array([30.0, 30.0]), "summit": np.array([False, True])}).tolist()
    [True, False]
    """
    return np.asarray(_evaluate(condition.tree, values), dtype=np.bool_)


def _evaluate(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.BoolOp(op=op, values=parts):
            combine = np.logical_and if isinstance(op, ast.And) else np.logical_or
            result = _evaluate(parts[0], values)
            for part in parts[1:]:
                result = combine(result, _evaluate(part, values))
            return result
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return np.logical_not(_evaluate(operand, values))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand, values)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            sides = [_evaluate(side, values) for side in (left, *comparators)]
            pairs = [COMPARISONS[type(op)](a, b) for op, a, b in zip(ops, sides, sides[1:], strict=False)]
            return reduce(np.logical_and, pairs)
        case ast.Name(id=name):
            return values[name]
        case ast.Attribute(value=ast.Name(id=name)):
            return values[f"{name}.in_force"]
        case ast.Constant(value=value):
            return value
    raise AssertionError(f"parse() lets no {type(node).__name__} through")
