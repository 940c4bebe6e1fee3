"""Requests become job rows, a batch in one transaction; one that came before is not done again.

Not here: where the messages come from and where refused ones go (``consumer.py``).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from mixtrove.errors import BadInput, MixtroveError
from mixtrove.library.jobs import Asked, ask_for_all
from mixtrove.library.received import known_digests, remember
from mixtrove.library.store import Store, Transaction
from mixtrove.library.tracklists import import_into
from mixtrove.messaging.reading import Request

_log = logging.getLogger(__name__)


class Outcome(Enum):
    """What became of a request that was not refused."""

    TAKEN = "its jobs are written down"
    KNOWN = "it was taken before"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something went wrong here that is not the message's fault; it may pass."""

    why: str


Answer = Outcome | BadInput | Fault


def accept(store: Store, requests: Sequence[Request], *, user: str) -> list[Answer]:
    """Write down the jobs of these requests: the answer to each, in order.

    A fault of ours in one of them does not stop the others: then each has a transaction of its own.

    Args:
        store: the store.
        requests: a batch.
        user: who asks where a request does not say.

    Raises:
        StoreUnavailable: nothing of what has no answer yet is written.
    """
    if not requests:
        return []
    try:
        with store.write() as tx:
            return _accept(tx, requests, user)
    except MixtroveError:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours in one message must not stop the others
        if len(requests) == 1:
            _log.exception("message %s", requests[0].id)
            return [Fault(f"something went wrong here ({type(error).__name__}): see the log of the consumer")]
    return [answer for one in requests for answer in accept(store, [one], user=user)]


def _accept(tx: Transaction, requests: Sequence[Request], user: str) -> list[Answer]:
    known = known_digests(tx, (one.id for one in requests))
    answers: dict[int, Answer] = {}
    fresh: dict[int, Asked] = {}
    digests: dict[str, str] = {}
    for number, one in enumerate(requests):
        before = known.get(one.id) or digests.get(one.id)
        if before is not None:
            answers[number] = Outcome.KNOWN if before == one.digest else _other(one)
            continue
        digests[one.id] = one.digest
        asked = one.asked
        fresh[number] = Asked(
            _tracklist_id(tx, one), asked.user or user, asked.positions, one.id, asked.reply_key
        )
    for number, jobs in zip(fresh, ask_for_all(tx, list(fresh.values())), strict=True):
        one = requests[number]
        if isinstance(jobs, BadInput):
            answers[number] = jobs
        elif not jobs:
            answers[number] = BadInput("the tracklist has no line that is a track: there is nothing to do")
        else:
            answers[number] = Outcome.TAKEN
            continue
        del digests[one.id]  # it may come again, once what was missing is there
    remember(tx, digests)
    return [answers[number] for number in range(len(requests))]


def _tracklist_id(tx: Transaction, request: Request) -> str:
    if request.tracklist is not None:
        return import_into(tx, request.tracklist).tracklist_id
    assert request.asked.tracklist_id is not None
    return request.asked.tracklist_id


def _other(request: Request) -> BadInput:
    return BadInput(
        f"the id {request.id!r} was taken with another request: give every request an id of its own"
    )
