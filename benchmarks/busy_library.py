"""A made-up library in use: mixes, and what a run decides about their lines. For ``editors.py``.

Recordings have names of made-up words and are played by a power law, as real charts have it: of the lines
about two thirds differ. Of 20 lines 16 are identified, as a library track when the recording was played in
the history, else as a recording of the catalogue; 3 are provisional, 1 is skipped. Each has 1 to 5
candidates. Not here: writing decisions and editing, which is what is measured.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.discoveries import Candidate, EntryDecision, TrackRecord, entries_to_identify
from mixtrove.library.store import Store
from mixtrove.library.tracklists import import_tracklist
from mixtrove.matching import Credit
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.model import Tracklist

LINES = 25
"""Lines of a mix."""

_SOUNDS = [
    "ba",
    "be",
    "bo",
    "da",
    "do",
    "ka",
    "ke",
    "ki",
    "la",
    "lo",
    "ma",
    "mi",
    "mo",
    "na",
    "no",
    "ra",
    "re",
    "ri",
    "ro",
    "sa",
    "so",
    "ta",
    "te",
    "to",
    "va",
    "vi",
    "za",
    "zo",
]


@dataclass(frozen=True, slots=True)
class Universe:
    """Recordings that could be played; each is made from its number alone."""

    size: int

    def drawn(self, chance: random.Random) -> int:
        """The number of a recording: low ones are played by everybody, most are rare."""
        return int(self.size * chance.random() ** 2.5)

    def texts(self, number: int) -> tuple[str, str, str]:
        """Artist, title with version, label."""
        own = random.Random(number)
        artist = _name(own)
        if own.random() < 0.25:
            artist += f" & {_name(own)}"
        title = " ".join(_word(own) for _ in range(own.choice((1, 2, 2, 3))))
        if own.random() < 0.35:
            title += f" ({_name(own)} Remix)"
        return artist, title, f"{_word(own)} Records"

    def record(self, number: int) -> TrackRecord:
        """The recording as the catalogue has it."""
        artist, title, label = self.texts(number)
        return TrackRecord("catalogue", external_id(number), Credit.parse(artist, title, label=label))

    def candidates(self, number: int, own: str | None, chance: random.Random) -> tuple[Candidate, ...]:
        """What was offered: ``own`` when it is that recording, and others that are less like it."""
        found = []
        for place in range(chance.choice((1, 2, 3, 3, 4, 5))):
            record = self.record(number if own and not place else chance.randrange(self.size))
            same = bool(own) and not place
            found.append(
                Candidate(
                    "library" if same and own != record.candidate_id else "catalogue",
                    own if same and own else record.candidate_id,
                    record.credit,
                    0.97 if same else round(0.7 - place / 10, 3),
                    0.99 if same else round(0.5 - place / 10, 3),
                    "same" if same else "unsure" if place < 2 else "different",
                    () if same else ("another title", "the line names no label"),
                )
            )
        return tuple(found)


def external_id(number: int) -> str:
    """The id that the catalogue has for a recording."""
    return f"musicbrainz:{UUID(int=number)}"


def import_mixes(store: Store, universe: Universe, lines: int, chance: random.Random) -> list[int]:
    """Import mixes of so many lines together; returns the numbers of what was played, in order of entry."""
    played: list[int] = []
    for mix in range(lines // LINES):
        numbers = [universe.drawn(chance) for _ in range(LINES)]
        texts = [universe.texts(number) for number in numbers]
        read = [
            replace(parse_line(f"{artist} - {title} [{label}]", place), position=place)
            for place, (artist, title, label) in enumerate(texts, 1)
        ]
        played_on = date(2020, 1, 1) + timedelta(days=mix % 2000)
        import_tracklist(store, Tracklist("text", tuple(read), dj=f"DJ {_name(chance)}", played_on=played_on))
        played += numbers
    return played


def decisions(
    store: Store, universe: Universe, played: Sequence[int], seed: int, *, limit: int
) -> list[EntryDecision]:
    """What a run decides about the first ``limit`` pending entries, which are plays of these recordings."""
    chance = random.Random(seed)
    with store.read() as connection:
        pending = list(entries_to_identify(connection, None, limit=limit))
        known = _known(connection)
    made = []
    for entry, number in zip(pending, played, strict=False):
        kind = 20 * random.Random(-number).random()  # one line is one thing in every mix
        common = {"entry_id": entry.entry_id, "catalogue": "made up", "revision": entry.revision}
        if kind < 1:
            made.append(EntryDecision(status="skipped", skip_reason="not a track", **common))
        elif kind < 4:
            offered = universe.candidates(number, None, chance)
            made.append(
                EntryDecision(
                    status="provisional", confidence=0.5, candidates=offered, reasons=("unsure",), **common
                )
            )
        else:
            track = known.get(external_id(number).partition(":")[2])
            offered = universe.candidates(number, track or external_id(number), chance)
            made.append(
                EntryDecision(
                    status="identified",
                    track=track or universe.record(number),
                    confidence=0.99,
                    method="library" if track else "catalogue",
                    sources=("library",) if track else ("catalogue",),
                    candidates=offered,
                    **common,
                )
            )
    return made


def _known(connection: sa.Connection) -> dict[str, str]:
    known = schema.external_id
    return {row.external_id: row.library_track_id for row in connection.execute(sa.select(known))}


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_SOUNDS, k=chance.choice((2, 3, 3, 4)))).capitalize()


def _name(chance: random.Random) -> str:
    return " ".join(_word(chance) for _ in range(chance.choice((1, 2, 2))))
