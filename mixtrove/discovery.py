"""One run of discovery from end to end: identify what is due, then wants and warehouse follow.

What ``mixtrove discover`` runs; the assets of Dagster call the same functions step by step. The stages
of identification themselves are ``identify.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mixtrove.catalogue.directory import DESCRIPTION
from mixtrove.catalogue.search import Catalogue
from mixtrove.identify import MatchSummary, SearchSummary, match_entries, search_catalogue
from mixtrove.library.owned import link_owned
from mixtrove.library.rules import RefreshSummary, load_rules, refresh_wants

if TYPE_CHECKING:
    from mixtrove.library.store import Store
    from mixtrove.settings import Settings

BUILD_ONE = "build one: mixtrove catalogue build RECORDINGS.csv"

Progress = Callable[[str, int, int], None]  # (step, done, of)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one run did. ``searched`` is None when there is no catalogue, the last two when not asked for."""

    searched: SearchSummary | None
    matched: MatchSummary
    wants: RefreshSummary | None = None
    published: bool | None = None  # whether there was anything new to publish

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)

    def sentences(self) -> Iterator[str]:
        """The run in words."""
        if self.searched is None:
            yield f"There is no catalogue yet, so lines were compared with the library alone; {BUILD_ONE}"
        found = self.matched
        if found.decided == 0:
            yield "Nothing was due: every entry was looked up already."
        else:
            yield (
                f"{found.decided:,} entries decided: {found.identified:,} identified, "
                f"{found.provisional:,} provisional, {found.skipped:,} skipped; "
                f"{found.tracks_added:,} tracks are new in the library."
            )
        if found.stale:
            yield f"{found.stale:,} entries changed meanwhile and are left to the next run."
        if self.wants is not None:
            yield (
                f"Want list: {self.wants.added:,} added, {self.wants.raised:,} raised, "
                f"{self.wants.unchanged:,} unchanged."
            )
            if self.wants.left_out:
                yield f"{self.wants.left_out:,} more would be wanted, but the want list is full."
            if self.wants.withdrawn:
                yield f"{self.wants.withdrawn:,} wants of rules were withdrawn: you own them now."
        if self.published is not None:
            yield ("Warehouse published." if self.published else "The warehouse was up to date.")


def has_catalogue(settings: Settings) -> bool:
    """Whether a catalogue was built, or one is named by the settings."""
    return settings.catalogue is not None or (settings.catalogue_dir / DESCRIPTION).exists()


def open_catalogue(settings: Settings) -> Catalogue | None:
    """The catalogue of these settings; None when none was built.

    Raises:
        BadInput: there is one and it cannot be used.
    """
    return Catalogue(settings.catalogue_dir) if has_catalogue(settings) else None


def refresh_library(store: Store, settings: Settings) -> RefreshSummary:
    """Link owned files to the tracks that arrived and bring the want list up to its rules."""
    with store.write() as transaction:
        link_owned(transaction)
    return refresh_wants(store, load_rules(settings.rules_path), settings.user)


def search(
    store: Store,
    settings: Settings,
    *,
    tracklist_id: str | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> SearchSummary | None:
    """Ask the catalogue about every entry that is due; None when there is no catalogue.

    Several may do this at the same time, and share the entries.
    """
    report = progress or (lambda step, done, of: None)
    catalogue = open_catalogue(settings)
    if catalogue is None:
        return None
    with catalogue:
        return search_catalogue(
            store, catalogue, tracklist_id=tracklist_id, limit=limit, rule=settings.rule,
            progress=lambda done, of: report("searching the catalogue", done, of),
        )  # fmt: skip


def discover(
    store: Store,
    settings: Settings,
    *,
    tracklist_id: str | None = None,
    limit: int | None = None,
    refresh: bool = True,
    progress: Progress | None = None,
) -> Discovery:
    """Identify every entry that is due; then, unless told not to, refresh wants and warehouse."""
    report = progress or (lambda step, done, of: None)
    if refresh:
        load_rules(settings.rules_path)  # rules that cannot be used are said before the work, not after
    searched = search(store, settings, tracklist_id=tracklist_id, limit=limit, progress=progress)
    matched = match_entries(
        store, tracklist_id=tracklist_id, limit=limit, rule=settings.rule,
        progress=lambda done, of: report("deciding", done, of),
    )  # fmt: skip
    if not refresh:
        return Discovery(searched, matched)
    from mixtrove.warehouse.refresh import refresh as refresh_warehouse

    report("want list", 0, 0)
    wants = refresh_library(store, settings)
    report("warehouse", 0, 0)
    published = refresh_warehouse(store, settings).changed
    return Discovery(searched, matched, wants, published)
