"""Draws: named uniforms, one month after the other, counts; arrays only.

plan            a scenario made ready for arrays: names to rows, dates to steps, text to conditions
streams         named uniforms: the only randomness there is
sampling        uncertain numbers, drawn once per draw
dynamics        one function an equation of docs/model.md
evidence        what draws say of what is known: their weights
trials          what chance gives the events: when each could fire, and what it would do
events          which events fire, and what they do
months          the recursion, step by step, each step with the terms that make it
worlds          worlds beside others: some streams drawn anew, or one event left out
count           blocks of draws counted, each draw with its weight
tally           counts that merge in any order, moments, and the first draws whole
"""

from simulator.engine.plan import Plan, make_plan

__all__ = ["Plan", "make_plan"]
