"""One question each, asked of ensembles.

comparison      what differs between two scenarios, paired by common random numbers
replay          what each source adds to each factor, draw by draw
ledger          why an index moved: a sum over sources that closes
variance        what makes the spread: first-order and total Sobol indices
tornado         how far the mean is apart between low and high inputs, without and with events
break_even      weights at which the headline reverses
leave_one_out   what one event, or one entry of a file, does: the same worlds without it
sweep           many runs as one table: scenarios at one setting after another
outlook         scenarios with probabilities as one mixture: a linear opinion pool
score           a forecast held to what happened
forecasts       forecasts to be registered, and how registered ones have fared
learn           what a record teaches: numbers before and after, events and how surprising they were
"""

from simulator.analysis.break_even import break_even
from simulator.analysis.comparison import Comparison, compare
from simulator.analysis.forecasts import Fared, fared, forecast_of
from simulator.analysis.learn import Learned, learn
from simulator.analysis.leave_one_out import assumptions, event_effects
from simulator.analysis.ledger import Ledger, explain
from simulator.analysis.outlook import Outlook, outlook
from simulator.analysis.score import Score, score
from simulator.analysis.sweep import sweep
from simulator.analysis.tornado import tornado
from simulator.analysis.variance import drivers

__all__ = [
    "Comparison",
    "Fared",
    "Learned",
    "Ledger",
    "Outlook",
    "Score",
    "assumptions",
    "break_even",
    "compare",
    "drivers",
    "event_effects",
    "explain",
    "fared",
    "forecast_of",
    "learn",
    "outlook",
    "score",
    "sweep",
    "tornado",
]
