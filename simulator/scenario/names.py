"""Names as files write them, and how sure an author is."""

import re
from keyword import iskeyword
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

# What stands beside factors in a table of links, and numbers.
RESERVED = {"notes", "inf", "nan"}


def _name(value: str) -> str:
    if value in RESERVED or iskeyword(value):  # conditions are read by Python's parser
        raise ValueError(f"{value!r} is a reserved word")
    return value


PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
Name = Annotated[str, Field(pattern=PATTERN), AfterValidator(_name)]
Confidence = Literal["low", "medium", "high"]


def is_name(text: str) -> bool:
    """Tell whether a text has the form of a name.

    Examples
    --------
    >>> is_name("secondary_tariffs"), is_name("SecondaryTariffs")
    (True, False)
    """
    return re.fullmatch(PATTERN, text) is not None
