"""What all shapes are made of: texts that can be kept, ids, pages, problems."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from mixtrove.storable import UNSTORABLE

Item = TypeVar("Item")

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def storable(text: str) -> str:
    """The text, unless a database cannot keep it (``ValueError``)."""
    if UNSTORABLE.search(text):
        raise ValueError("has signs that cannot be kept (NUL, half a surrogate pair): take them out")
    return text


Text = Annotated[str, Field(max_length=500), AfterValidator(storable)]
"""A name, a label, words to look for."""

Notes = Annotated[str, Field(max_length=10_000), AfterValidator(storable)]
"""Free text of a person."""

Id = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        examples=["01991f2e-8f3a-7c51-9f52-5a8d4be1c7aa"],
    ),
]
"""A UUID, as answers give it."""


def _written(day: object) -> object:
    """Only text is a day or a time: a number would be taken for seconds since 1970."""
    if not isinstance(day, str | date):
        raise ValueError("is not written as 2026-05-01")
    if isinstance(day, str) and not _DAY.match(day):
        raise ValueError("is not written as 2026-05-01")
    return day


Day = Annotated[date, BeforeValidator(_written)]
"""A day, YYYY-MM-DD."""

Moment = Annotated[datetime, BeforeValidator(_written)]
"""A time, ISO 8601."""

Priority = Annotated[int, Field(ge=1, le=5, description="1 to 5, 5 is most wanted")]


class Given(BaseModel):
    """What a request says. A name that is not known is refused, so that a slip is not passed over."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Answer(BaseModel):
    """What an answer says, read from the attributes of a value of ours."""

    model_config = ConfigDict(from_attributes=True)


def example(**values: Any) -> ConfigDict:
    """The configuration of an answer that the OpenAPI document shows an example of."""
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [values]})


class Page(BaseModel, Generic[Item]):
    """Some items of a longer list, in order."""

    items: list[Item]
    next: str | None = Field(description="the address of the next page; null on the last one")
    total: int | None = Field(description="items of the whole list; null unless asked for with total=true")


class PageGiven(Given):
    """Which part of a list is wanted."""

    limit: int = Field(default=50, ge=1, le=200, description="items of a page")
    after: Text | None = Field(default=None, description="the cursor that the address of the next page has")
    total: bool = Field(default=False, description="whether to count the whole list")


class Problem(BaseModel):
    """Why a request was not done, and what to do about it (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:mixtrove:problem:not-found"])
    title: str = Field(examples=["There is no such thing"])
    status: int = Field(examples=[404])
    detail: str = Field(description="a sentence with cause and remedy")
    errors: list[FieldProblem] | None = Field(
        default=None, description="places in the request, when it was read and not understood"
    )


class FieldProblem(BaseModel):
    """One place of a request that cannot be used."""

    where: str = Field(examples=["body.priority"])
    why: str = Field(examples=["Input should be less than or equal to 5"])


def names_of(given: Given) -> dict[str, Any]:
    """The fields that a request says, null ones included."""
    return given.model_dump(exclude_unset=True)


Problem.model_rebuild()
