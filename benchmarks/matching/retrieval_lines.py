"""Which lines are asked end to end, as mixes write them, and what must leave the catalogue for them.

In the catalogue are: real lines of mixes, plain, restyled and mistyped ones. Not in it are: lines of which
only other versions are, invented versions, other artists with the same title, wholly absent tracks. Drawn
by seed. A track that must be missing takes every row with it that may be the same under a subtitle or a slip.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from rapidfuzz.distance import OSA

from benchmarks.matching import restyle
from benchmarks.matching.crude import Track, read_line, version_name
from benchmarks.matching.pair import Text, squeeze
from benchmarks.matching.restyle import written
from benchmarks.matching.sources import Line

SEED = "mixtrove retrieval 1"
LABELS = (
    "Kompakt",
    "Ostgut Ton",
    "Drumcode - DC 121",
    "CDR",
    "Anjunabeats",
    "R & S",
    "Hospital - NHS 202",
    "White",
)
RESTYLES = (
    restyle.feat_moved, restyle.feat_respelled, restyle.artists_reordered, restyle.separators,
    restyle.original_mix, restyle.version_style, restyle.letter_case, restyle.apostrophes,
    restyle.without_punctuation, restyle.cut, restyle.several,
)  # fmt: skip
# kind → how many lines; those of the first five are in the catalogue
QUOTAS = {
    "real line": 1500, "plain": 1500, "restyled": 1500, "typo in title or artist": 1000, "typo in both": 400,
    "other version only": 900, "invented vip, dub, instrumental": 600, "invented remixer": 600,
    "same title, other artist": 500, "absent": 500,
}  # fmt: skip
PRESENT = ("real line", "plain", "restyled", "typo in title or artist", "typo in both")


@dataclass(frozen=True, slots=True)
class Case:
    """A raw line, the catalogue's track it was made from or stands near to, and whether that is there."""

    kind: str
    raw: str
    track: Track

    @property
    def present(self) -> bool:
        """Whether the recording that the line names is in the catalogue."""
        return self.kind in PRESENT


def one_recording(left: Track, right: Track) -> bool:
    """Whether two readings name one recording: equal version, same or contained title, a shared artist."""
    if left.version_key != right.version_key:
        return False
    ours, theirs = squeeze(left.base), squeeze(right.base)
    plain = plain_title(left.base), plain_title(right.base)
    subtitle = plain[0] == plain[1] and plain[0] in (ours, theirs)
    if not subtitle and OSA.normalized_similarity(ours, theirs) < 0.9:
        return False
    return people_meet(left, right)


def people_meet(left: Track, right: Track) -> bool:
    """Whether some artist or guest of one is named by the other."""
    ours, theirs = (squeeze(f"{one.head}{one.featured or ''}") for one in (left, right))
    return any(squeeze(name) in theirs for name in left.names if squeeze(name)) or any(
        squeeze(name) in ours for name in right.names if squeeze(name)
    )


def plain_title(title: str) -> str:
    """A title up to its first bracket, squeezed."""
    return squeeze(re.split(r"\s[(\[]", title)[0]) or squeeze(title)


def draw(
    tracks: Sequence[Track], lines: Sequence[Line], *, share: float = 1.0
) -> tuple[list[Case], set[str]]:
    """The lines in a random order, and the ids of the rows that must not be in the catalogue."""
    drawer = _Drawer(tracks, lines)
    cases: list[Case] = []
    for kind, quota in QUOTAS.items():
        cases += drawer.take(kind, round(quota * share))
    Random(f"{SEED}:order").shuffle(cases)
    return cases, drawer.removed


class _Drawer:
    """Draws case after case so that no title is used twice: what one removes, no other one needs."""

    def __init__(self, tracks: Sequence[Track], lines: Sequence[Line]) -> None:
        self.families: dict[str, list[Track]] = defaultdict(list)
        self.works: dict[str, list[Track]] = defaultdict(list)
        for track in tracks:
            self.families[plain_title(track.base)].append(track)
            for name in track.names:
                self.works[squeeze(name)].append(track)
        self.tracks = tracks
        self.lines = lines
        self.used: set[str] = set()
        self.removed: set[str] = set()
        names = {version_name(track.version) for track in tracks}
        self.remixers = sorted(
            name for name, head in names if head == "remix" and len(squeeze(name)) > 3 and "'" not in name
        )
        self.rules: dict[str, Callable[[Random], Iterator[tuple[Track, Text | str, Iterable[Track]]]]] = {
            "real line": self.real_lines,
            "plain": lambda rng: ((track, track.text, ()) for track in self.shuffled(rng)),
            "restyled": self.restyled,
            "typo in title or artist": lambda rng: self.styled(rng, restyle.typo_title, restyle.typo_artist),
            "typo in both": lambda rng: self.styled(rng, restyle.typo_both),
            "other version only": self.other_version,
            "invented vip, dub, instrumental": self.invented_version,
            "invented remixer": self.invented_remixer,
            "same title, other artist": self.other_artist,
            "absent": self.absent,
        }

    def take(self, kind: str, count: int) -> list[Case]:
        rng = Random(f"{SEED}:{kind}")
        found: list[Case] = []
        for track, asked, removed in self.rules[kind](rng):
            if len(found) >= count:
                break
            title = plain_title(track.base)
            if title in self.used or len(title) < 3:
                continue
            self.used.add(title)
            self.removed.update(one.source for one in removed)
            found.append(Case(kind, asked if isinstance(asked, str) else raw_line(asked, rng), track))
        return found

    def shuffled(self, rng: Random) -> Iterator[Track]:
        left = list(self.tracks)
        while left:
            at = rng.randrange(len(left))
            left[at], left[-1] = left[-1], left[at]
            yield left.pop()

    def relatives(self, track: Track) -> list[Track]:
        """Every row that may be this track in whatever version: title and people alike, one of them equal."""
        title, people = plain_title(track.base), squeeze(track.head)
        found = {
            one.source: one
            for one in self.families[title]
            if people_meet(track, one) or OSA.normalized_similarity(people, squeeze(one.head)) >= 0.6
        }
        for name in track.names:
            for one in self.works[squeeze(name)]:
                other = plain_title(one.base)
                contained = min(len(title), len(other)) > 3 and (title in other or other in title)
                if contained or OSA.normalized_similarity(title, other) >= 0.75:
                    found[one.source] = one
        return list(found.values())

    def real_lines(self, rng: Random) -> Iterator[tuple[Track, Text | str, Iterable[Track]]]:
        rows: dict[str, Track] = {}
        for track in self.tracks:
            rows.setdefault(track.key, track)
        for line in rng.sample(list(self.lines), len(self.lines)):
            asked = read_line(line.raw)
            if asked and asked.key in rows:
                yield rows[asked.key], line.raw, ()

    def restyled(self, rng: Random) -> Iterator[tuple[Track, Text | str, Iterable[Track]]]:
        for track in self.shuffled(rng):
            if text := rng.choice(RESTYLES)(track, rng):
                yield track, text, ()

    def styled(
        self, rng: Random, *styles: restyle.Style
    ) -> Iterator[tuple[Track, Text | str, Iterable[Track]]]:
        for track in self.shuffled(rng):
            if text := rng.choice(styles)(track, rng):
                yield track, text, ()

    def other_version(self, rng: Random) -> Iterator[tuple[Track, Text | str, Iterable[Track]]]:
        for track in self.shuffled(rng):
            if len(self.families[plain_title(track.base)]) < 2:
                continue
            relatives = self.relatives(track)
            same = [one for one in relatives if one.version_key == track.version_key]
            if len(same) < len(relatives) and certain_version(track):
                rest = [one for one in relatives if one.version_key != track.version_key]
                if all(certain_version(one) and apart(track, one) for one in rest):
                    yield track, track.text, same

    def invented_version(self, rng: Random) -> Iterator[tuple[Track, Text | str, Iterable[Track]]]:
        for track in self.shuffled(rng):
            if all(one.version_key == "" for one in self.relatives(track)):
                version = rng.choice(("VIP", "Dub", "Instrumental", "VIP Mix", "Acapella"))
                yield track, written(track, version=version), ()

    def invented_remixer(self, rng: Random) -> Iterator[tuple[Track, Text | str, Iterable[Track]]]:
        for track in self.shuffled(rng):
            name = rng.choice(self.remixers or ["Nobody"])
            known = "".join(squeeze(one.artist + one.title) for one in self.relatives(track))
            if not any(squeeze(word) in known for word in name.split() if squeeze(word)):
                yield track, written(track, version=f"{name} Remix"), ()

    def other_artist(self, rng: Random) -> Iterator[tuple[Track, Text | str, Iterable[Track]]]:
        for track in self.shuffled(rng):
            other = rng.choice(self.tracks)
            strange = not any(people_meet(other, one) for one in self.families[plain_title(track.base)])
            if strange and len(squeeze(other.head)) > 3:
                yield track, written(track, head=other.head, featured=""), ()

    def absent(self, rng: Random) -> Iterator[tuple[Track, Text | str, Iterable[Track]]]:
        for track in self.shuffled(rng):
            yield track, track.text, self.relatives(track)


def certain_version(track: Track) -> bool:
    """Whether a version says plainly which one it is: none at all, or a name or kind with its head."""
    name, head = version_name(track.version)
    if not track.version_key:
        return True
    words = {squeeze(word) for word in (track.version or "").split()}
    return bool(head) and (bool(name) or bool(words & {"dub", "instrumental", "vip", "live", "acapella"}))


def apart(left: Track, right: Track) -> bool:
    """Whether two versions cannot be two spellings of one: another kind, or names that are not alike."""
    kinds = [
        {
            kind
            for kind in ("dub", "instrumental", "vip", "live", "acap", "acoustic")
            if kind in one.version_key
        }
        for one in (left, right)
    ]
    if kinds[0] != kinds[1]:
        return True
    ours, theirs = (squeeze(version_name(one.version)[0]) for one in (left, right))
    if not ours or not theirs:
        return ours != theirs
    return ours not in theirs and theirs not in ours and OSA.normalized_similarity(ours, theirs) < 0.6


def raw_line(text: Text, rng: Random) -> str:
    """A text as a line of a mix: often with a cue in front and a label behind."""
    cue = rng.choice(
        ("", "", "", f"[{rng.randrange(120):03}] ", f"[{rng.randrange(60):02}:{rng.randrange(60):02}] ")
    )
    known = text.label if text.label and text.label[0].isalnum() else ""
    label = known or (rng.choice(LABELS) if rng.random() < 0.5 else "")
    return f"{cue}{text.artist} - {text.title}" + (f" [{label}]" if label and "[" not in label else "")
