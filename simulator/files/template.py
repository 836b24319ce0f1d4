"""The scenario that `relsim new` writes: it runs as it stands, and shows what can be said."""

from simulator.scenario.calendar import end_of_step
from simulator.scenario.schema import Scenario

TEMPLATE = """#:schema scenario.schema.json
# A scenario states only what differs from its relationship. Run it as it stands, then change it:
#     relsim check {path}
#     relsim run {path}
# `relsim show {path}` prints everything the relationship says, with your changes marked.
# For completion in an editor: relsim schema -o scenario.schema.json, beside this file.

title = "My scenario"
relationship = "{relationship}"
start = {start}
months = 48
summary = "One or two sentences: what happens, and why it matters."

[run]                       # defaults; command-line options win
draws = 20000
seed = 7

# What is different from the start. `target` is where the factor is heading: a number from 0 to 100 (50 is neutral), or
# what you think of it: p10 = one chance in ten that it is lower, p50 = as likely higher as lower, p90 = one in ten higher.
[factors.{factor}]
target = {{ p10 = {low:g}, p50 = {middle:g}, p90 = {high:g} }}
rationale = "Why you expect this."
source = "assumption"

# What may happen. Timing is one of: on = DATE, between = [DATE, DATE], both with probability; rate = times per year;
# or when = "condition" with probability. A jump dies away; a shift stays, or stays for `lasts` months.
[events.my_event]
label = "Something happens"
between = [{first}, {last}]
probability = 0.5           # that it happens at all in this window
effects.{factor} = {{ jump = 10, shift = 5 }}   # points, quoted for a factor at 50
rationale = "Why it may happen, and why it matters that much."
source = "assumption"

# What you want to know.
[questions.warmer_after_two_years]
ask = "warmth >= {threshold:g}"
on = {question}
"""


def new_scenario(path: str, relationship: str, base: Scenario) -> str:
    """Return the text of a commented scenario to start from.

    Parameters
    ----------
    path : str
        Where it will be written; shown in its comments.
    relationship : str
        Name of the relationship it builds on.
    base : Scenario
        That relationship, for its first factor and its date.

    Examples
    --------
    >>> from simulator.files.read import read_scenario
    >>> base = read_scenario("baseline")
    >>> "[factors.arms_control]" in new_scenario("my.toml", str(base.relationship), base)
    True
    """
    assert base.begins is not None
    factor = next(iter(base.factors))
    return TEMPLATE.format(
        path=path,
        relationship=relationship,
        start=base.begins,
        factor=factor,
        low=20,
        middle=35,
        high=50,
        first=end_of_step(base.begins, 4),
        last=end_of_step(base.begins, 16),
        threshold=25,
        question=end_of_step(base.begins, 24),
    )
