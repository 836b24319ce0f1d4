"""Names as files write them, and how sure an author is."""

from keyword import iskeyword
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

# What stands beside factors in a table of links, and numbers.
RESERVED = {"notes", "inf", "nan"}


def _name(value: str) -> str:
    if value in RESERVED or iskeyword(value):  # conditions are read by Python's parser
        raise ValueError(f"{value!r} is a reserved word")
    return value


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$"), AfterValidator(_name)]
Confidence = Literal["low", "medium", "high"]
