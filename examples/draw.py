"""Draw the example tracklists and their starter catalogue from the development data, by seed.

Writes two files into `--out`: `catalogue.csv`, the starter catalogue as it stands here, and
`drawn.json`, the drawn stretches of tracklists with their raw lines. The layouts of `tracklists/`
were laid around those lines afterwards, and `labels.csv` was judged by reading: this script labels
nothing, and uses no code of mixtrove.

How it draws:

- The rows of `soulection` are left out. They were taken from the same radio shows as
  `radio_shows.jsonl.gz` (their ids are the shows' track ids), so matching a line of a show with
  them would prove nothing. `musicbrainz20k` is left out because its titles are damaged on purpose.
  `djlib` was taken from the collections of `dj_formats/`, so none of those is drawn; the one file
  that is drawn, a CUE sheet, has no rows in any source.
- Every line is reduced to a crude key (lower case, no cut, words of the artist). The key ranks
  mixes by how much the catalogue holds of them and finds rows near to a line. It never labels.
- Of each mix the stretch of consecutive lines with the best coverage is a candidate. Per decade
  the best are drawn greedily. Those that share tracks with stretches already drawn are preferred,
  and a little seeded noise breaks ties.
- For each drawn line the catalogue gets the rows nearest to it and, as traps, other tracks by the
  same artists and the same titles by others. Rows keep the spelling of their own source.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SEED = 2026
LEFT_OUT = {"soulection", "musicbrainz20k"}
QUOTA = {"198": 1, "199": 3, "200": 6, "201": 16, "202": 5}
"""How many tracklists of each decade are drawn."""
STRETCH = (14, 22)
"""Shortest and longest stretch, in lines."""
ALWAYS = {"mix0000"}
"""The only mix of the 1980s; taken from its start."""
PER_SERIES = 2
"""At most so many mixes of one DJ or show."""
PER_STYLE = 5
"""At most so many of one style (the last category of a mix)."""
SHARED_BONUS = 2.0
CATALOGUE_ROWS = 2200
CUE_SHEET = (
    "dj_formats/Mat Zo @ ABGT 500, Banc of California Stadium Los Angeles, United States 2022-10-15.opus.cue"
)
COLUMNS = (
    "id",
    "artist",
    "title",
    "album",
    "label",
    "catalog_number",
    "isrc",
    "year",
    "duration",
    "url",
)

CUT = re.compile(r"\b(original|extended|radio|club|album|12|7)?\s*(mix|version|edit)$")
FEAT = re.compile(r"(?i)[(\[]?\s*\b(feat|ft|featuring)\b\.?[^()\[\]]*[)\]]?")

Key = tuple[str, str]
Row = dict[str, str]


def plain(text: str) -> str:
    """Lower case letters and digits of `text`, without accents and apostrophes."""
    text = unicodedata.normalize("NFKD", text).casefold().replace("'", "").replace("\u2019", "")
    text = "".join(c for c in text if not unicodedata.combining(c))
    return re.sub(r"[^\w]+", " ", text).strip()


def bare(line: str) -> str:
    """`line` without a leading cue and a trailing label bracket."""
    line = re.sub(r"^\W*(w/)?\s*[\[(][\d:?]+[\])]\s*(\+\s*)?", "", line)
    return re.sub(r"\s+\[[^\[\]]*\]\s*$", "", line).strip()


def words(artist: str) -> frozenset[str]:
    """The words of an artist credit that tell artists apart."""
    stop = {"and", "the", "vs", "x", "feat", "ft", "featuring", "dj", "mc"}
    return frozenset(plain(artist).split()) - stop


def title_key(title: str) -> str:
    """A title for ranking: no featured part, no cut."""
    return CUT.sub("", plain(FEAT.sub(" ", title))).strip()


def split(line: str) -> tuple[str, str] | None:
    """Artist and title of a line, split at the first dash, or None."""
    artist, dash, title = bare(line).partition(" - ")
    return (artist, title) if dash and artist.strip("? ") and title.strip("? ") else None


def line_key(line: str) -> Key | None:
    """What makes two lines of different mixes the same track, for ranking only."""
    parts = split(line)
    if parts is None:
        return None
    return " ".join(sorted(words(FEAT.sub(" ", parts[0])))), title_key(parts[1])


def read_tracklists(data: Path) -> list[dict[str, Any]]:
    """All mixes and radio shows as `{id, title, url, date, lines, cues}`."""
    mixes: list[dict[str, Any]] = []
    with gzip.open(data / "tracklists/mixesdb.jsonl.gz", "rt", encoding="utf-8") as file:
        for text in file:
            mix = json.loads(text)
            mixes.append({k: mix.get(k) for k in ("id", "title", "url", "date", "lines", "categories")})
    with gzip.open(data / "tracklists/radio_shows.jsonl.gz", "rt", encoding="utf-8") as file:
        for text in file:
            show = json.loads(text)
            lines = [line["line"] for line in show["lines"]]
            cues = [line["timestamp"] for line in show["lines"]]
            keep = {k: show.get(k) for k in ("id", "title", "date")}
            mixes.append(keep | {"url": "", "lines": lines, "cues": cues, "categories": ["Radio Show"]})
    return mixes


def read_cue_sheet(path: Path) -> dict[str, Any]:
    """The CUE sheet as a tracklist of its own."""
    text = path.read_text(encoding="utf-8")
    tracks = re.findall(r'TITLE "(.*)"\s+PERFORMER "(.*)"\s+INDEX 01 (\S+)', text)
    lines = [f"{artist} - {title}" for title, artist, _ in tracks]
    title = path.name.removesuffix(".opus.cue")
    mix = {
        "id": "cue",
        "title": title,
        "url": "",
        "date": "2022-10-15",
        "categories": ["CUE sheet"],
    }
    return mix | {
        "lines": lines,
        "cues": [cue for *_, cue in tracks],
        "first": 0,
        "last": len(lines),
    }


def read_catalogue(data: Path) -> list[Row]:
    """The rows of the development catalogue without the sources of `LEFT_OUT`."""
    with gzip.open(data / "catalogue_176k.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["source"] not in LEFT_OUT]


class Nearness:
    """Crude look-ups over the catalogue: by title, by words of the artist."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.by_title: dict[str, list[int]] = defaultdict(list)
        self.by_word: dict[str, list[int]] = defaultdict(list)
        self.artist = [words(row["artist"]) for row in rows]
        self.title = [frozenset(plain(row["title"]).split()) for row in rows]
        for number, row in enumerate(rows):
            self.by_title[title_key(row["title"])].append(number)
            for word in self.artist[number]:
                self.by_word[word].append(number)

    def covered(self, line: str) -> bool:
        """Whether a row has this line's title and about its artists."""
        parts = split(line)
        if parts is None:
            return False
        mine = words(parts[0])
        return any(
            mine & self.artist[n] and len(mine & self.artist[n]) * 2 >= min(len(mine), len(self.artist[n]))
            for n in self.by_title.get(title_key(parts[1]), ())
        )

    def near(self, line: str) -> tuple[list[int], list[int], list[int]]:
        """Rows near to the line (best first), others by its artists, its title by others."""
        parts = split(line)
        if parts is None:
            return [], [], []
        mine, title = words(parts[0]), frozenset(plain(parts[1]).split())
        base = title_key(re.sub(r"[(\[].*", "", parts[1]))
        scored: Counter[int] = Counter()
        by_artist: set[int] = set()
        for word in sorted(mine):
            rows = self.by_word.get(word, ())
            if len(rows) > 1500:
                continue
            for n in rows:
                share = len(mine & self.artist[n]) / len(mine | self.artist[n])
                heard = len(title & self.title[n]) / max(1, min(len(title), len(self.title[n])))
                if heard >= 0.3:
                    scored[n] = int(1000 * share + 2000 * heard)
                elif share >= 0.5:
                    by_artist.add(n)
        exact = [n for n in self.by_title.get(title_key(parts[1]), ()) if mine & self.artist[n]]
        scored.update(dict.fromkeys(exact, 5000))
        by_title = [n for n in self.by_title.get(base, ()) if not mine & self.artist[n]]
        best = sorted(scored, key=lambda n: (-scored[n], n))
        return best[:7], sorted(by_artist), by_title


def best_stretch(hits: list[bool], longest: int) -> tuple[int, int]:
    """Start and end of the stretch of consecutive lines with the most hits for its length."""
    shortest = min(STRETCH[0], len(hits))
    best, place = -1.0, (0, len(hits))
    for length in range(shortest, min(longest, len(hits)) + 1):
        for start in range(len(hits) - length + 1):
            count = sum(hits[start : start + length])
            value = count / length + 0.012 * count
            if value > best:
                best, place = value, (start, start + length)
    return place


def series(title: str) -> str:
    """The DJ or show of a mix's title, roughly: what stands before the second part."""
    name = re.sub(r"^[\d-]+ - ", "", title)
    return str(re.split(r" - | @ |#", name)[0])


def style(mix: dict[str, Any]) -> str:
    """The last category of a mix, which on MixesDB is its style."""
    return str("style " + (mix["categories"] or [""])[-1])


def draw_mixes(mixes: list[dict[str, Any]], near: Nearness, rng: random.Random) -> list[dict[str, Any]]:
    """The drawn stretches, with `first` and `last` (from 0, exclusive) of the source's lines."""
    pool: list[dict[str, Any]] = []
    for mix in mixes:
        hits = [near.covered(line) for line in mix["lines"]]
        if mix["id"] not in ALWAYS and sum(hits) < 2:
            continue
        first, last = (
            (0, min(STRETCH[1], len(hits))) if mix["id"] in ALWAYS else best_stretch(hits, STRETCH[1])
        )
        if last - first < STRETCH[0]:
            continue
        lines = mix["lines"][first:last]
        keys = {key for line in lines if (key := line_key(line))}
        share = sum(hits[first:last]) / (last - first)
        pool.append(mix | {"first": first, "last": last, "keys": keys, "share": share})
        pool[-1]["noise"] = rng.random() * 0.05
    drawn: list[dict[str, Any]] = []
    left, names, seen = dict(QUOTA), Counter[str](), Counter[Key]()
    while any(left.values()):

        def value(mix: dict[str, Any]) -> float:
            shared = sum(1 for key in mix["keys"] if seen[key]) / len(mix["keys"] or {1})
            always = 9.0 if mix["id"] in ALWAYS else 0.0
            return float(always + mix["share"] + mix["noise"] + SHARED_BONUS * shared)

        open_ = [
            mix
            for mix in pool
            if left.get((mix["date"] or "")[:3])
            and names[series(mix["title"])] < PER_SERIES
            and names[style(mix)] < PER_STYLE
        ]
        if not open_:
            break
        best = max(open_, key=value)
        pool.remove(best)
        left[best["date"][:3]] -= 1
        names.update((series(best["title"]), style(best)))
        seen.update(best["keys"])
        drawn.append(best)
    return sorted(drawn, key=lambda mix: mix["date"])


def draw_rows(lines: Iterable[str], near: Nearness, rng: random.Random) -> list[Row]:
    """The catalogue rows near to the lines, and traps beside them, up to `CATALOGUE_ROWS`."""
    right: set[int] = set()
    traps: set[int] = set()
    for line in lines:
        close, by_artist, by_title = near.near(line)
        right.update(close)
        traps.update(rng.sample(by_artist, min(4, len(by_artist))))
        traps.update(rng.sample(by_title, min(3, len(by_title))))
    extra = sorted(traps - right)
    rng.shuffle(extra)
    chosen = sorted(right) + extra[: max(0, CATALOGUE_ROWS - len(right))]
    return [near.rows[n] for n in sorted(chosen)]


def as_csv(row: Row) -> list[str]:
    """The cells of a source's row under `COLUMNS`; years and long durations get one form."""
    label, number, isrc, url, duration = row["label"], "", "", row["url"], row["duration"]
    if row["source"] in ("discogs", "beatport") and " - " in label:
        label, _, number = label.rpartition(" - ")
    if url.startswith("isrc:"):
        isrc, url = url.removeprefix("isrc:"), ""
    if row["source"] == "dali" and url:
        url = f"https://www.youtube.com/watch?v={url}"
    if duration.isdigit() and int(duration) > 20_000:
        duration = str(round(int(duration) / 1000))
    year = re.search(r"\b(19|20)\d\d\b", row["year"])
    name = f"{row['source']}:{row['source_id']}"
    cells = [
        row["artist"],
        row["title"],
        row["album"],
        label,
        number,
        isrc,
        year[0] if year else "",
        duration,
        url,
    ]
    return [name, *(cell.strip() for cell in cells)]


def main() -> None:
    """Draw, and write the catalogue and the drawn lines."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the development data")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder to write catalogue.csv and drawn.json into"
    )
    args = parser.parse_args()
    rng = random.Random(SEED)
    near = Nearness(read_catalogue(args.data))
    mixes = draw_mixes(read_tracklists(args.data), near, rng)
    mixes.append(read_cue_sheet(args.data / CUE_SHEET))
    for mix in mixes:
        for name in {"lines", "cues"} & mix.keys():
            mix[name] = mix[name][mix["first"] : mix["last"]]
        for name in {"keys", "noise", "share"} & mix.keys():
            del mix[name]
    rows = draw_rows([line for mix in mixes for line in mix["lines"]], near, rng)
    args.out.mkdir(parents=True, exist_ok=True)
    with (args.out / "catalogue.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(as_csv(row) for row in rows)
    (args.out / "drawn.json").write_text(json.dumps(mixes, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
