"""``/review``: lines that wait for a person, and what people decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from mixtrove.api.context import By, Context, Shared
from mixtrove.api.paging import page
from mixtrove.api.paths import PathId
from mixtrove.api.shapes.common import Page
from mixtrove.api.shapes.review import (
    Decided,
    DecisionGiven,
    DecisionOf,
    DecisionsBulk,
    ReviewGiven,
    ReviewItem,
)
from mixtrove.errors import BadInput
from mixtrove.library import cursors
from mixtrove.library.line_decisions import LineDecision, decide_together, line_key_of, refuse_decided
from mixtrove.library.review_queue import (
    ReviewFilter,
    count_review,
    credit_of_line,
    offered_track,
    review_item,
    review_queue,
)
from mixtrove.library.undoing import last_decision, undo

router = APIRouter(prefix="/review", tags=["review"])


@router.get("", response_model=Page[ReviewItem])
def list_(
    request: Request, response: Response, shared: Shared, given: Annotated[ReviewGiven, Query()]
) -> Page[Any]:
    """Lines that wait for a person, the most heard first, with what was offered and why it is not certain."""
    which = ReviewFilter(
        words=given.words,
        min_confidence=given.min_confidence,
        dj=given.dj or None,
        tracklist_id=given.tracklist_id,
        unreleased=given.unreleased,
    )
    after = None
    if given.after:
        heard, entry_id = cursors.read(given.after, [int, str])
        after = (heard, entry_id)
    with shared.reading() as connection:
        found = review_queue(connection, which, after=after, limit=given.limit + 1)
        total = count_review(connection, which) if given.total else None
    some = found[: given.limit]
    more = cursors.write([some[-1].heard, some[-1].entry_id]) if len(found) > given.limit else None
    return page(request, response, [ReviewItem.model_validate(one) for one in some], more, total)


@router.post("/bulk", response_model=list[Decided])
def decide_several(given: DecisionsBulk, shared: Shared, by: By) -> list[Decided]:
    """Decide several lines at once; `undo` stands alone."""
    if any(one.decision == "undo" for one in given.decisions):
        raise BadInput("undo is of one line: POST /api/v1/review/{id}")
    return _decide(shared, given.decisions, by.user)


@router.get("/{entry_id:uuid}", response_model=ReviewItem)
def show(entry_id: PathId, shared: Shared) -> ReviewItem:
    """One line, whether it waits or not, with what was offered for it."""
    with shared.reading() as connection:
        return ReviewItem.model_validate(review_item(connection, entry_id))


@router.post("/{entry_id:uuid}", response_model=Decided)
def decide(entry_id: PathId, given: DecisionGiven, shared: Shared, by: By) -> Decided:
    """Decide what a line is, in every mix that has it and for every later run; or take that back."""
    if given.decision == "undo":
        with shared.reading() as connection:
            last = last_decision(connection, line_key_of(connection, entry_id))
        [done] = undo(shared.store, correction_ids=[last], by=by.user)
        return Decided(
            correction_id=None,
            line_key=done.line_key or "",
            kind="undo",
            entries=done.entries,
            library_track_id=None,
        )
    return _decide(shared, [DecisionOf(id=entry_id, **given.model_dump())], by.user)[0]


def _decide(shared: Context, given: Sequence[DecisionOf], user: str) -> list[Decided]:
    decisions = [_decision(shared, one) for one in given]
    with shared.store.write() as tx:
        return [Decided.model_validate(one) for one in decide_together(tx, decisions, by=user)]


def _decision(shared: Context, given: DecisionOf) -> LineDecision:
    with shared.reading() as connection:
        line = review_item(connection, given.id)
        if given.decision == "accept":
            refuse_decided(connection, line.line_key)
            track = offered_track(connection, given.id, given.candidate or 1)
            return LineDecision("assign", line.line_key, given.id, track)
        if given.decision == "assign" and not given.track:
            return LineDecision("assign", line.line_key, given.id, credit_of_line(connection, given.id))
    if given.decision == "assign" and given.track:
        from mixtrove.discovery import opened_providers
        from mixtrove.pasted import pasted_track

        pasted = pasted_track(shared.store, given.id, given.track, lambda: opened_providers(shared.settings))
        return LineDecision("assign", line.line_key, given.id, pasted)
    if given.decision in ("reject", "is_id", "unreleased", "not_a_track"):
        return LineDecision(given.decision, line.line_key)
    raise BadInput(f"{given.decision} is no decision about one of several lines")
