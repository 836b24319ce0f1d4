"""Results as text for people and as csv and json for programs.

wording         shares, differences, errors and causes in words, once for all pages
layout          what text tables for the terminal share
run             a run as text, csv and json
saved           saved runs, and one made again, as text
comparison      a comparison as text
why             a ledger, and drivers, as text
forecasts       how registered forecasts have fared, as text
outlook         an outlook as text
record          a record as a calendar, and what it teaches, as text
score           a score as text
assumptions     the assumptions of files as a page
brief           a page for a principal
library         the scenarios that ship, by relationship
export          tables for programs: csv and json
"""

from simulator.report.assumptions import assumptions_of, assumptions_page
from simulator.report.brief import brief
from simulator.report.comparison import comparison_table
from simulator.report.forecasts import fared_table
from simulator.report.outlook import outlook_table
from simulator.report.record import calendar, learned_table
from simulator.report.run import table
from simulator.report.score import score_table
from simulator.report.why import drivers_table, ledger_table

__all__ = [
    "assumptions_of",
    "assumptions_page",
    "brief",
    "calendar",
    "comparison_table",
    "drivers_table",
    "fared_table",
    "learned_table",
    "ledger_table",
    "outlook_table",
    "score_table",
    "table",
]
