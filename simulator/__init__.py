"""Scenario simulator of relations between states: scenario files in, distributions of relationship warmth out."""

import lazy_loader

__version__ = "0.1.0"

# The public names stand in __init__.pyi, and are imported when they are used: `relsim --help` must not wait for pandas.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
