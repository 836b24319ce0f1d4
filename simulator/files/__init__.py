"""TOML text to Scenario and back, every problem with its line.

toml            text to plain data, with the line of every key
advice          what to tell the author of a line that is not TOML
layers          one text of a file: where it lies, and the line of every problem
kinds           what a file is, by its keys
find            where scenarios, what they extend and relationships lie
chain           what a scenario is made of, merged key by key; which file states each key
records         find and read records
read            read files into a scenario, every problem with its line
outlook         files of scenarios with probabilities
forecasts       registered forecasts, each carrying the digest of the one before
edit            write a scenario to start from (new_scenario.toml), or one with some keys changed, comments kept
json_schema     the schema of files, for editors
"""

from simulator.files.find import shipped_scenarios
from simulator.files.forecasts import read_forecasts, register
from simulator.files.outlook import read_outlook
from simulator.files.read import read_layers, read_scenario
from simulator.files.records import read_record, shipped_records

__all__ = [
    "read_forecasts",
    "read_layers",
    "read_outlook",
    "read_record",
    "read_scenario",
    "register",
    "shipped_records",
    "shipped_scenarios",
]
