"""Hard pairs that are different recordings: other versions, other parts, other tracks that look alike.

Rules take both sides from the data where it has such pairs, then put a version on one side that names
another recording by its words. Labels rest on texts alone, never on the parser or the matcher.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA, Indel

from benchmarks.matching.crude import DESCRIPTORS, HEADS, Track, read_line, version_name
from benchmarks.matching.pair import Text, squeeze
from benchmarks.matching.proposal import Proposal, Rule, of_tracks, shuffled
from benchmarks.matching.restyle import written

if TYPE_CHECKING:
    from benchmarks.matching.corpus import Material

_MIXES = ("remix", "mix", "rework")
_HARD = re.compile(r"\b(?:vip|dub|instrumental|acapp?ell?a|live|acoustic|demo|reprise)\b", re.I)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b|'\d\d\b")
_PART = re.compile(r"\b(?:(?:pt|part|vol|volume|chapter|no)\.?\s*|#)(\d{1,2}|i{1,3}|iv|v|vi{1,3})\b", re.I)
_LAST_NUMBER = re.compile(r"\s(\d{1,2}|I{1,3}|IV|VI{0,3}|[AB])$")
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}


def _tokens(text: str) -> set[str]:
    words = re.sub(r"['’]s\b", "", text)
    return {token for token in map(squeeze, re.split(r"[\s/.&,-]+", words)) if token}


def _version_pairs(
    material: Material, rng: Random, differ: Callable[[Track, Track], bool]
) -> Iterator[Proposal]:
    """Real versions of one title by the same artists of which ``differ`` is sure that they are two."""
    families = sorted(family for family, tracks in material.by_family.items() if len(tracks) > 1)
    rng.shuffle(families)
    for family in families:
        taken = 0
        for left, right in combinations(material.by_family[family], 2):
            if left.people == right.people and (differ(left, right) or differ(right, left)):
                yield of_tracks(left, right)
                taken += 1
                if taken == 6:  # a title with a hundred remixes is not the whole corpus
                    break


def _named_mix(track: Track) -> str:
    name, head = version_name(track.version)
    hard = _HARD.search(track.version or "")
    return name if head in _MIXES and not hard and not _YEAR.search(name) else ""


def other_remix(material: Material, rng: Random) -> Iterator[Proposal]:
    """Two real remixes of one track by people who share no word."""

    def differ(left: Track, right: Track) -> bool:
        ours, theirs = _named_mix(left), _named_mix(right)
        if not ours or not theirs or _tokens(ours) & _tokens(theirs):
            return False
        return Indel.normalized_similarity(squeeze(ours), squeeze(theirs)) < 0.6

    return _version_pairs(material, rng, differ)


def remix_original(material: Material, rng: Random) -> Iterator[Proposal]:
    """A real remix beside the real line without version."""

    def differ(left: Track, right: Track) -> bool:
        name = _named_mix(right)
        makers = "".join(map(squeeze, (*left.names, left.base)))
        return left.version is None and bool(name) and squeeze(name) not in makers

    return _version_pairs(material, rng, differ)


def shared_word(material: Material, rng: Random) -> Iterator[Proposal]:
    """Remixes whose makers share a name but are not the same: a duo and one of its members."""

    def differ(left: Track, right: Track) -> bool:
        (ours, _), (theirs, _) = version_name(left.version), version_name(right.version)
        members = {squeeze(name) for name in re.split(r"\s(?:&|vs\.?|x|and)\s|,\s", theirs)}
        return bool(_named_mix(left) and _named_mix(right)) and len(members) > 1 and squeeze(ours) in members

    yield from _version_pairs(material, rng, differ)
    for track in shuffled(material.distinct, rng):
        name, head = version_name(track.version)
        members = name.split(" & ")
        if head == "remix" and len(members) == 2 and _named_mix(track) and all(map(squeeze, members)):
            yield Proposal(
                track.text, written(track, version=f"{rng.choice(members)} Remix"), (track.family,)
            )


def _marked(mark: str, added: tuple[str, ...]) -> Rule:
    """Real pairs of which one side alone has a mark such as VIP, then titles that get it."""
    pattern = re.compile(rf"\b(?:{mark})\b", re.I)

    def differ(left: Track, right: Track) -> bool:
        return bool(pattern.search(left.version or "")) and not _HARD.search(
            f"{right.version or ''} {right.base}"
        )

    def propose(material: Material, rng: Random) -> Iterator[Proposal]:
        yield from _version_pairs(material, rng, differ)
        for track in shuffled(material.distinct, rng):
            if track.version is None and not _HARD.search(track.base):
                yield Proposal(track.text, written(track, version=rng.choice(added)), (track.family,))

    return propose


def _numbered(base: str) -> tuple[str, str] | None:
    found = _PART.search(base) or _LAST_NUMBER.search(base)
    if not found:
        return None
    number = found[1].lower()
    return squeeze(base[: found.start()]), _ROMAN.get(number, number)


def part_number(material: Material, rng: Random) -> Iterator[Proposal]:
    """Real titles by one artist that differ in their number alone, then numbers put in."""
    groups: dict[tuple[str, str], dict[str, Track]] = defaultdict(dict)
    for track in material.distinct:
        if (parts := _numbered(track.base)) and track.version is None:
            groups[track.people, parts[0]].setdefault(parts[1], track)
    keys = sorted(key for key, numbers in groups.items() if len(numbers) > 1)
    rng.shuffle(keys)
    for key in keys:
        for left, right in list(combinations(groups[key].values(), 2))[:2]:
            yield of_tracks(left, right)
    for track in shuffled(material.distinct, rng):
        if track.version is None and not re.search(r"\d", track.base):
            form = rng.choice(
                ("{} (Pt. {})", "{} Part {}", "{} (Part {})", "{} Pt. {}", "{} Vol. {}", "{} {}")
            )
            ours, theirs = rng.sample((1, 2, 3, 4), 2)
            texts = [written(track, base=form.format(track.base, one)) for one in (ours, theirs)]
            yield Proposal(texts[0], texts[1], (track.family,))


def same_title(material: Material, rng: Random) -> Iterator[Proposal]:
    """One title by two artists who share no word."""
    groups: dict[str, list[Track]] = defaultdict(list)
    for track in material.distinct:
        if track.version is None and len(squeeze(track.base)) > 3:
            groups[squeeze(track.base)].append(track)
    keys = sorted(key for key, tracks in groups.items() if len(tracks) > 1)
    rng.shuffle(keys)
    for key in keys:
        left, right = rng.sample(groups[key], 2)
        ours, theirs = (f"{one.head} {one.featured or ''}" for one in (left, right))
        if (
            not _tokens(ours) & _tokens(theirs)
            and Indel.normalized_similarity(squeeze(ours), squeeze(theirs)) < 0.5
        ):
            yield of_tracks(left, right)


def near_title(material: Material, rng: Random) -> Iterator[Proposal]:
    """Two titles by one artist that are alike in letters, though each has a word the other lacks."""
    groups: dict[str, list[Track]] = defaultdict(list)
    for track in material.distinct:
        if track.version is None:
            groups[track.people].append(track)
    people = sorted(name for name, tracks in groups.items() if len(tracks) > 1)
    rng.shuffle(people)
    for name in people:
        found = 0
        for left, right in combinations(groups[name][:60], 2):
            if found < 3 and _alike_but_other(left.base, right.base):
                found += 1
                yield of_tracks(left, right)


def _alike_but_other(left: str, right: str) -> bool:
    if not 0.6 <= Indel.normalized_similarity(squeeze(left), squeeze(right)) <= 0.92:
        return False
    ours, theirs = _tokens(left) - _tokens(right), _tokens(right) - _tokens(left)
    if not ours or not theirs or squeeze(left) in squeeze(right) or squeeze(right) in squeeze(left):
        return False
    if ours | theirs <= HEADS | DESCRIPTORS or (ours | theirs) & {"part", "parts", "pt", "pts", "vol"}:
        return False  # mono and stereo are one recording, and numbers have a rule of their own
    if any(len(word) < 3 or word.isdigit() for word in ours | theirs):
        return False
    if Indel.normalized_similarity("".join(sorted(_tokens(left))), "".join(sorted(_tokens(right)))) > 0.95:
        return False
    return all(OSA.normalized_similarity(one, two) < 0.5 for one in ours for two in theirs)


def _remixers(material: Material) -> list[str]:
    names = {version_name(track.version)[0] for track in material.distinct if _named_mix(track)}
    return sorted(name for name in names if len(squeeze(name)) > 3 and "'" not in name)


def invented_remixer(material: Material, rng: Random) -> Iterator[Proposal]:
    """A track against a remix of it by somebody who really remixes, but something else."""
    names = _remixers(material)
    if not names:
        return
    for track in shuffled(material.distinct, rng):
        name = rng.choice(names)
        known = squeeze(track.artist + track.title)
        if any(word in known for word in _tokens(name)):
            continue
        if track.version is None or _named_mix(track):
            yield Proposal(track.text, written(track, version=f"{name} Remix"), (track.family,))


def mashup(material: Material, rng: Random) -> Iterator[Proposal]:
    """``A vs B - X vs Y`` against ``A - X``: real mashups first, then invented ones."""
    for track in shuffled(material.mixes, rng):
        titles, artists = (re.split(r"\s+vs\.?\s+", text, flags=re.I) for text in (track.base, track.artist))
        if len(titles) == len(artists) == 2:
            at = rng.randrange(2)
            half = read_line(f"{artists[at]} - {titles[at]}")
            if half is not None:
                yield of_tracks(track, half)
    plain = (track for track in shuffled(material.distinct, rng) if track.version is None)
    for left, right in zip(plain, plain, strict=False):
        sign = rng.choice((" vs ", " vs. ", " x "))
        both = Text(left.head + sign + right.head, left.base + sign + right.base)
        yield Proposal(written(left), both, (left.family, right.family))


def bootleg(material: Material, rng: Random) -> Iterator[Proposal]:
    """The original against somebody's bootleg, flip or mashup of it."""
    names = _remixers(material)
    for track in shuffled(material.distinct, rng):
        if names and track.version is None:
            name = rng.choice(names)
            if not any(word in squeeze(track.artist + track.title) for word in _tokens(name)):
                version = f"{name} {rng.choice(('Bootleg', 'Flip', 'Mashup', 'Refix'))}"
                yield Proposal(track.text, written(track, version=version), (track.family,))


def other_year(material: Material, rng: Random) -> Iterator[Proposal]:
    """One remixer's version and that of another year."""

    def differ(left: Track, right: Track) -> bool:
        if _HARD.search(f"{left.version} {right.version}") or "aster" in f"{left.version} {right.version}":
            return False
        years = [_YEAR.findall(track.version or "") for track in (left, right)]
        rest = [squeeze(_YEAR.sub("", track.version or "")) for track in (left, right)]
        return years[0] != years[1] and bool(years[0]) and rest[0] == rest[1] != ""

    yield from _version_pairs(material, rng, differ)
    for track in shuffled(material.distinct, rng):
        name, head = version_name(track.version)
        if head in ("remix", "rework") and _named_mix(track):
            version = f"{name} {rng.randrange(2003, 2020)} {head.title()}"
            text = replace(track.text, title=written(track, version=version).title)
            yield Proposal(track.text, text, (track.family,))


KINDS: dict[str, tuple[Rule, int]] = {
    "other remix": (other_remix, 1800),
    "remix and original": (remix_original, 1600),
    "shared word": (shared_word, 300),
    "vip": (_marked("vip", ("VIP", "VIP", "VIP Mix")), 450),
    "dub": (_marked("dub", ("Dub", "Dub Mix", "Dub Version")), 450),
    "instrumental": (_marked("instrumental", ("Instrumental", "Instrumental Mix")), 450),
    "acapella": (_marked("acapp?ell?a", ("Acapella", "Acappella")), 250),
    "live": (_marked("live", ("Live", "Live Version")), 250),
    "part number": (part_number, 700),
    "same title, other artist": (same_title, 1200),
    "near title": (near_title, 700),
    "invented remixer": (invented_remixer, 1000),
    "mashup": (mashup, 450),
    "bootleg": (bootleg, 250),
    "other year": (other_year, 350),
}
