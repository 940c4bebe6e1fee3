"""Rows for the tests of the warehouse, written to a real store as mixtrove writes them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from mixtrove.library import schema
from mixtrove.library.store import Store, new_id


def at(text: str) -> datetime:
    """A UTC time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


IMPORTED = at("2026-03-01 12:00")


@dataclass
class Scene:
    """Writes one row a call, each in its own transaction."""

    store: Store
    mixes: list[str] = field(default_factory=list)
    tracks: list[str] = field(default_factory=list)
    entries: list[tuple[str, str, int]] = field(default_factory=list)  # id, mix, position

    def insert(self, table: sa.Table, **values: Any) -> None:
        with self.store.write() as tx:
            tx.connection.execute(sa.insert(table).values(revision=tx.revision, **values))

    def update(self, table: sa.Table, row_id: str, **values: Any) -> None:
        with self.store.write() as tx:
            tx.connection.execute(
                sa.update(table).where(table.c.id == row_id).values(revision=tx.revision, **values)
            )

    def delete(self, table: sa.Table, row_id: str) -> None:
        """Delete a row and name it in tombstone; what refers to it is left to the foreign keys."""
        with self.store.write() as tx:
            tx.connection.execute(sa.delete(table).where(table.c.id == row_id))
            tx.connection.execute(
                sa.insert(schema.tombstone).values(table_name=table.name, row_id=row_id, revision=tx.revision)
            )

    def mix(
        self,
        dj: str | None,
        played_on: date | None,
        *,
        source: str | None = "paste",
        imported_at: datetime = IMPORTED,
        title: str | None = None,
    ) -> str:
        mix = new_id()
        self.insert(
            schema.tracklist,
            id=mix,
            title=title or f"{dj} {played_on}",
            dj=dj,
            played_on=played_on,
            source=source,
            format="text",
            content_hash=mix,
            imported_at=imported_at,
            updated_at=imported_at,
        )
        self.mixes.append(mix)
        return mix

    def track(
        self,
        artist: str,
        title: str,
        *,
        genre: str | None = None,
        label: str | None = None,
        remix: str | None = None,
        provisional: bool = False,
    ) -> str:
        track = new_id()
        self.insert(
            schema.library_track,
            id=track,
            artist=artist,
            title=title,
            remix=remix,
            genre=genre,
            label=label,
            isrcs=[],
            identity_key=f"{artist}|{title}|{remix}",
            provisional=provisional,
            created_at=at("2026-03-01 12:00"),
            updated_at=at("2026-03-01 12:00"),
        )
        self.tracks.append(track)
        return track

    def entry(
        self,
        mix: str,
        position: int,
        status: str = "pending",
        *,
        track: str | None = None,
        discovered: datetime | None = None,
        confidence: float = 1.0,
        method: str = "catalogue",
        skip_reason: str | None = None,
        component: int = 1,
    ) -> str:
        entry = new_id()
        self.insert(
            schema.tracklist_entry,
            id=entry,
            tracklist_id=mix,
            position=position,
            component=component,
            line_no=position,
            raw_line=f"line {position}",
            artists=["A"],
            featured=[],
            remixers=[],
            title="T",
            is_id=False,
            unreleased=False,
            layered=False,
            mashup=component > 1,
            line_key=f"line {position}",
            status=status,
            skip_reason=skip_reason,
        )
        self.entries.append((entry, mix, position))
        if discovered is not None:
            self.discover(entry, mix, position, track, discovered, confidence, method, component)
        return entry

    def discover(
        self,
        entry: str,
        mix: str,
        position: int,
        track: str | None,
        discovered: datetime,
        confidence: float = 1.0,
        method: str = "catalogue",
        component: int = 1,
    ) -> str:
        discovery = new_id()
        self.insert(
            schema.track_discovery,
            id=discovery,
            tracklist_id=mix,
            track_position=position,
            component=component,
            entry_id=entry,
            library_track_id=track,
            discovery_date=discovered,
            confidence=confidence,
            identification_method=method,
            metadata_sources=["catalogue"],
            reasons=["same artists", "same title"],
        )
        return discovery

    def want(
        self,
        track: str,
        added: datetime,
        *,
        mix: str | None = None,
        bought: datetime | None = None,
        price: str | None = None,
        currency: str | None = None,
        status: str | None = None,
        user: str = "dj",
    ) -> str:
        want = new_id()
        final = status or ("purchased" if bought else "wanted")
        self.insert(
            schema.want,
            id=want,
            user=user,
            library_track_id=track,
            priority=3,
            status=final,
            added_at=added,
            purchased_at=bought,
            purchase_price=Decimal(price) if price else None,
            currency=currency,
            source_tracklist_id=mix,
        )
        steps = [(None, "wanted", added)]
        if final != "wanted":
            steps.append(("wanted", final, bought or added))
        for old, new, when in steps:
            self.insert(
                schema.want_event,
                id=new_id(),
                want_id=want,
                old_status=old,
                new_status=new,
                old_priority=None if old is None else 3,
                new_priority=3,
                at=when,
                by="rule:heard twice" if old is None else user,
            )
        return want


def small(store: Store) -> Scene:
    """Two mixes with dates in two months, one without; four tracks; six entries of every status."""
    scene = Scene(store)
    one = scene.mix("Ben UFO", date(2024, 12, 30), source="mixesdb")
    two = scene.mix("ben ufo", date(2025, 1, 1), source="paste")
    undated = scene.mix(None, None, source=None)
    opus = scene.track("Eric Prydz", "Opus", remix="Four Tet Remix", genre="House", label="Pryda")
    glue = scene.track("Bicep", "Glue", genre="house", label="Ninja Tune")
    duo = scene.track("Bicep & Hammer feat. Éva", "Dahlia", genre="Techno")
    rough = scene.track("Someone", "Something", provisional=True)
    noon = at("2026-03-01 12:00")
    scene.entry(one, 1, "identified", track=opus, discovered=noon, confidence=1.0)
    scene.entry(one, 2, "identified", track=glue, discovered=noon, confidence=0.9, method="library")
    scene.entry(two, 1, "identified", track=opus, discovered=at("2026-03-02 23:59"), confidence=0.95)
    scene.entry(two, 2, "provisional", track=rough, discovered=at("2026-03-02 23:59"), confidence=0.6)
    scene.entry(two, 3, "skipped", skip_reason="unknown ID")
    scene.entry(undated, 1, "identified", track=duo, discovered=at("2026-03-31 08:00"), confidence=0.9)
    scene.entry(undated, 2, "pending")
    scene.want(opus, noon, mix=one, bought=at("2026-03-05 12:00"), price="1.49", currency="EUR")
    scene.want(glue, at("2026-04-02 12:00"), mix=one)
    return scene


def shake(scene: Scene, seed: int, changes: int) -> None:
    """Change the store at random, as imports, identifications, edits, merges and deletions would."""
    dice = random.Random(seed)
    day = timedelta(days=1)
    for _ in range(changes):
        step = dice.randrange(9)
        discovered = at("2026-01-01 10:00") + dice.randrange(60) * day
        if step <= 2 or not scene.mixes or not scene.tracks:
            played = date(2024, 1, 1) + dice.randrange(90) * day
            mix = scene.mix(dice.choice(["A", "B", None]), dice.choice([played, None]))
            for position in range(1, dice.randrange(2, 5)):
                track = scene.track(
                    dice.choice(["X & Y", "X", "Z feat. Y", "X, Y Featuring Z", "?"]),
                    f"T{len(scene.tracks)}",
                    genre=dice.choice(["House", "Techno", None]),
                    label=dice.choice(["L", "M", None]),
                )
                track = dice.choice([track, dice.choice(scene.tracks)])
                scene.entry(mix, position, "identified", track=track, discovered=discovered)
            scene.entry(mix, 9, dice.choice(["pending", "skipped"]))
        elif step == 3:
            scene.update(
                schema.tracklist,
                dice.choice(scene.mixes),
                played_on=date(2024, 2, 1) + dice.randrange(30) * day,
                dj=dice.choice(["A", "C"]),
            )
        elif step == 4:
            scene.update(
                schema.library_track,
                dice.choice(scene.tracks),
                genre=dice.choice(["House", "Disco"]),
                title="edited",
            )
        elif step == 5:  # the entry is another track now
            entry = dice.choice(scene.entries)[0]
            with scene.store.write() as tx:
                tx.connection.execute(
                    sa.update(schema.track_discovery)
                    .where(schema.track_discovery.c.entry_id == entry)
                    .values(library_track_id=dice.choice(scene.tracks), revision=tx.revision)
                )
        elif step == 6:
            mix = scene.mixes.pop(dice.randrange(len(scene.mixes)))
            scene.delete(schema.tracklist, mix)
            scene.entries = [entry for entry in scene.entries if entry[1] != mix]
        elif step == 7 and scene.entries:
            entry = scene.entries.pop(dice.randrange(len(scene.entries)))
            scene.delete(schema.tracklist_entry, entry[0])
        elif step == 8:
            track = dice.choice(scene.tracks)
            with scene.store.read() as connection:
                wanted = connection.execute(
                    sa.select(schema.want.c.id).where(schema.want.c.library_track_id == track)
                ).first()
            if wanted is None:
                bought = dice.choice([None, discovered + 3 * day])
                scene.want(track, discovered, bought=bought, price="2.00" if bought else None)
