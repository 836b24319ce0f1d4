"""What a scenario says without running it: show, diff, lint.

entries         its entries in lists, and all that is known of one key
show            a resolved scenario as text, what it changes, what it leaves unsourced
diff            what changed between two scenarios, table by table
diff_numbers    whether two numbers are one, and what became of one, in words
reachability    bounds of all that conditions read, by interval arithmetic: which states cannot be, which events must
past            what a start after events of the relationship leaves out
lint            what a valid scenario says that its author can hardly mean
"""

from simulator.review.diff import differences
from simulator.review.lint import unread, warnings
from simulator.review.show import show

__all__ = ["differences", "show", "unread", "warnings"]
