"""One run of discovery from end to end: identify what is due, then wants and warehouse follow.

What ``mixtrove discover`` runs; the assets of Dagster call the same functions step by step. The stages
of identification themselves are ``identify.py`` (bulk lane) and ``online.py`` (providers).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from mixtrove.catalogue.directory import DESCRIPTION
from mixtrove.catalogue.search import Catalogue
from mixtrove.enrichment import EnrichSummary, enrich_tracks
from mixtrove.errors import StoreUnavailable
from mixtrove.identify import MatchSummary, SearchSummary, match_entries, search_catalogue
from mixtrove.library.discoveries import Lines
from mixtrove.library.facts import expire
from mixtrove.library.owned import link_owned
from mixtrove.library.rules import RefreshSummary, load_rules, refresh_wants
from mixtrove.online import AskSummary, ask_providers
from mixtrove.providers.gateway import Gateway
from mixtrove.providers.opening import open_gateway
from mixtrove.providers.provider import Provider
from mixtrove.providers.registry import open_providers
from mixtrove.providers.state import State
from mixtrove.providers.use import Use

if TYPE_CHECKING:
    from mixtrove.library.store import Store
    from mixtrove.settings import Settings

BUILD_ONE = "build one: mixtrove catalogue build RECORDINGS.csv"

Progress = Callable[[str, int, int], None]  # (step, done, of)


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A provider as people are told of it."""

    name: str
    title: str
    state: str  # off, ready, waiting or failing
    why: str  # it is off, waits or fails, and until when; empty when it is ready
    counted: State  # what was asked of it today

    @property
    def sentence(self) -> str:
        """State and reason."""
        return f"{self.state}: {self.why}" if self.why else self.state

    @property
    def figures(self) -> str:
        """What was asked of it today, in words."""
        counted = self.counted
        parts = [f"{counted.requests:,} requests today"]
        if counted.hit_rate is not None:
            parts.append(f"{counted.hit_rate:.0%} answered from the cache")
        if counted.requests_per_line is not None:
            parts.append(f"{counted.requests_per_line:.1f} requests a line identified")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Online:
    """The providers of an installation and the gateway they are asked through."""

    gateway: Gateway
    providers: Mapping[str, Provider]

    @property
    def ready(self) -> dict[str, Provider]:
        """Those that can be asked."""
        return {name: one for name, one in self.providers.items() if one.off() is None}

    def states(self) -> list[ProviderState]:
        """How every provider is just now."""
        found = self.gateway.states()
        return [_state(provider, found[name]) for name, provider in self.providers.items()]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the online lane did, and what it cost. ``ready`` are the providers that could be asked."""

    ready: tuple[str, ...]
    lines: AskSummary
    tracks: EnrichSummary
    uses: Mapping[str, Use] = field(default_factory=dict)  # by provider
    trouble: str = ""  # why it ended early, or was not done

    def sentences(self) -> Iterator[str]:
        """The same in words."""
        lines, tracks = self.lines, self.tracks
        if self.trouble:
            yield f"Providers were not asked about everything: {self.trouble}"
        elif not self.ready:
            yield "No online provider was asked: `mixtrove providers list` says what each needs."
        if lines.asked:
            yield (
                f"Providers were asked about {lines.asked:,} lines: {lines.decided:,} are certain now, "
                f"{lines.offered:,} have something close, {lines.unknown:,} nobody knows."
            )
        if lines.queued:
            yield (
                f"{lines.queued:,} lines wait for a provider that could not answer: "
                "`mixtrove providers queue` shows when."
            )
        if tracks.tracks:
            yield f"{tracks.tracks:,} tracks were looked up to be filled in, {tracks.filled:,} know more now."
        for name, use in self.uses.items():
            if use.requests or use.cache_hits:
                yield f"  {name}: {use_in_words(use)}"


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one run did. ``searched`` is None when there is no catalogue, ``asked`` when it was offline.

    The last two are None when not asked for.
    """

    searched: SearchSummary | None
    matched: MatchSummary
    asked: Asked | None = None
    wants: RefreshSummary | None = None
    published: bool | None = None  # whether there was anything new to publish

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)

    def sentences(self) -> Iterator[str]:
        """The run in words."""
        if self.searched is None:
            yield f"There is no catalogue yet, so lines were compared with the library alone; {BUILD_ONE}"
        asked = self.asked
        if asked is not None and (asked.ready or asked.trouble or self.matched.provisional):
            yield from asked.sentences()
        found = self.matched
        if found.decided == 0:
            yield "Nothing was due: every entry was looked up already."
        else:
            yield (
                f"{found.decided:,} entries decided: {found.identified:,} identified, "
                f"{found.provisional:,} provisional, {found.skipped:,} skipped; "
                f"new in the library: {found.tracks_added - found.provisional_added:,} tracks, and "
                f"{found.provisional_added:,} provisional."
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


def use_in_words(use: Use) -> str:
    """What one run asked of a provider."""
    parts = [f"{use.requests:,} requests", f"{use.cache_hits:,} answers from the cache"]
    if use.requests and use.waited >= use.requests:
        parts.append(f"each waited {use.waited / use.requests:,.0f} s for its quota")
    if use.stale:
        parts.append(f"{use.stale:,} older answers because it could not be asked")
    if use.failures + use.refused:
        parts.append(f"{use.failures + use.refused:,} questions without an answer")
    return ", ".join(parts)


def _state(provider: Provider, found: State) -> ProviderState:
    why = provider.off()
    if why is not None:
        return ProviderState(provider.name, provider.title, "off", why, found)
    parts = [found.why] if found.why else []
    if found.since is not None:
        parts.append(f"since {found.since:%Y-%m-%d %H:%M} UTC")
    if found.until is not None:
        parts.append(f"until {found.until:%Y-%m-%d %H:%M:%S} UTC")
    return ProviderState(provider.name, provider.title, found.state, ", ".join(parts), found)


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
    only: Lines | None = None,
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
            store, catalogue, only=only, limit=limit, rule=settings.rule,
            progress=lambda done, of: report("searching the catalogue", done, of),
        )  # fmt: skip


@contextmanager
def opened_online(settings: Settings) -> Iterator[Online]:
    """The providers of these settings, ready to be asked; closed at the end of the block.

    What their terms let us keep no longer is deleted first.

    Raises:
        BadInput: a variable of a provider has a value that cannot be used.
        StoreUnavailable: where their answers and quotas are kept cannot be used.
    """
    gateway = open_gateway(settings)
    try:
        gateway.expire()
        yield Online(gateway, open_providers(gateway, contact=settings.contact, home=settings.home))
    finally:
        with suppress(StoreUnavailable):  # what was counted last; it was said already why
            gateway.close()


@contextmanager
def opened_providers(settings: Settings) -> Iterator[Mapping[str, Provider]]:
    """All providers by name, for the case that one has to be asked."""
    with opened_online(settings) as online:
        yield online.providers


@contextmanager
def online_if_usable(settings: Settings) -> Iterator[tuple[Online | None, str]]:
    """``opened_online`` for runs that go on without providers: None and why, when their store fails."""
    with ExitStack() as stack:
        online, why = None, ""
        try:
            online = stack.enter_context(opened_online(settings))
        except StoreUnavailable as error:
            why = str(error)
        yield online, why


def discover(
    store: Store,
    settings: Settings,
    *,
    online: Online | None = None,
    trouble: str = "",
    only: Lines | None = None,
    limit: int | None = None,
    refresh: bool = True,
    progress: Progress | None = None,
) -> Discovery:
    """Identify every entry that is due; then, unless told not to, refresh wants and warehouse.

    With ``online``, providers are asked about what library and catalogue leave open, and about what is not
    known of identified tracks; ``trouble`` says why that is not possible.
    """
    report = progress or (lambda step, done, of: None)
    if refresh:
        load_rules(settings.rules_path)  # rules that cannot be used are said before the work, not after
    searched = search(store, settings, only=only, limit=limit, progress=progress)
    lines = (
        ask_providers(
            store, online.providers, only=only, limit=limit, rule=settings.rule,
            progress=lambda done, of: report("asking providers", done, of),
        )
        if online
        else AskSummary()
    )  # fmt: skip
    matched = match_entries(
        store, only=only, limit=limit, rule=settings.rule,
        progress=lambda done, of: report("deciding", done, of),
    )  # fmt: skip
    asked = Asked((), lines, EnrichSummary(), trouble=trouble) if trouble else None
    if online:
        tracks = EnrichSummary()
        if not lines.trouble:
            tracks = enrich_tracks(
                store, online.providers, only=only, rule=settings.rule,
                progress=lambda done, of: report("filling in tracks", done, of),
            )  # fmt: skip
        trouble = lines.trouble or tracks.trouble
        asked = Asked(tuple(online.ready), lines, tracks, online.gateway.summary(), trouble)
    expire(store)
    if not refresh:
        return Discovery(searched, matched, asked)
    from mixtrove.warehouse.refresh import refresh as refresh_warehouse

    report("want list", 0, 0)
    wants = refresh_library(store, settings)
    report("warehouse", 0, 0)
    published = refresh_warehouse(store, settings).changed
    return Discovery(searched, matched, asked, wants, published)
