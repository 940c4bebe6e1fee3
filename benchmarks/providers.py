"""What asking providers about real lines costs and brings, and what faults do to it: the whole online lane.

    python -m benchmarks.providers --data FOLDER
    python -m benchmarks.providers --data FOLDER --part radio --show 40 --seed 5
    python -m benchmarks.providers --data FOLDER --part faults --lines 1000

FOLDER holds ``tracklists/radio_shows.jsonl.gz`` and ``catalogue_176k.csv.gz``. Everything is the product's
own (reading, a store in a temporary home, gateway, clients, deciding). There is no catalogue; Beatport,
MusicBrainz, Discogs, Spotify and iTunes are asked, all of them a stand-in on loopback that answers from the
CSV.

``radio`` takes the shows in order of date, ``--shows`` a run, as they would come in: import, ask, decide. It
is done twice: every provider knows the whole CSV, then each knows the share of it that ``COVERAGE`` says.
Requests are counted in the stand-in's log. ``faults`` draws different lines of the shows, asks about a tenth
of them a run, a run a day, with a fault in every fifth request; then without faults until nothing waits; and
compares line by line with a run without any. At last providers hang: one, then all.

What it does not say: the CSV holds most of these very lines, so that the share that is identified is no
figure of the real services, nor is ``COVERAGE``, which is drawn by chance and not by how known a track is.
The stand-in finds words as an index does; real searches have outages, editions and orders of their own. It
answers at once: a wall is our own time, and the stand-in's, which shares the process. Quotas are off
(``gateway.py`` measures those), and filling in tracks that are identified is not part of it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.online_home import PROVIDERS, Home, Line, home
from mixtrove.library.tracklists import import_tracklist
from mixtrove.matching import line_key
from mixtrove.online import AskSummary
from mixtrove.providers.simulator import KINDS, Faults
from mixtrove.tracklists.model import Tracklist
from mixtrove.tracklists.reading import read_tracklist

COVERAGE = {"beatport": 0.75, "discogs": 0.5, "itunes": 0.5, "musicbrainz": 0.25, "spotify": 0.6}
"""The share of the CSV that each knows: what people report of club mixes (2026), guessed for iTunes."""

FAULTS = tuple(kind for kind in KINDS if kind != "hang")
RUNS = 10  # in which lines are asked about with faults

HANGING = 100  # lines of the run in which providers hang
DETAILS = "artist", "title", "remix", "label", "release_date", "duration", "isrcs"


def shows_of(data: Path) -> list[Tracklist]:
    """The radio shows in order of date, as they are read from JSON."""
    with gzip.open(data / "tracklists" / "radio_shows.jsonl.gz", "rt", encoding="utf-8") as stream:
        shows = sorted(map(json.loads, stream), key=lambda show: show["date"])
    return [
        tracklist([line["line"] for line in show["lines"]], show["title"], date.fromisoformat(show["date"]))
        for show in shows
    ]


def tracklist(lines: Sequence[str], title: str, played_on: date | None = None) -> Tracklist:
    """The lines as the product reads them."""
    data = json.dumps(lines).encode()
    return read_tracklist(data, format="json", dj="Radio", title=title, played_on=played_on)


def radio(args: argparse.Namespace, shows: Sequence[Tracklist], coverage: dict[str, float] | None) -> Any:
    """All shows, some a run; requests against one search per provider and line."""
    with home(args.data, coverage) as at:
        total, started = AskSummary(), time.perf_counter()
        for first in range(0, len(shows), args.shows):
            for show in shows[first : first + args.shows]:
                import_tracklist(at.store, show)
            total = total.plus(at.run())
        wall = time.perf_counter() - started
        requests = Counter("tokens" if "token" in one.path else one.provider for one in at.server.received)
        hits = at.cache_hits
        at.server.forget()
        again = at.run()
        lines = at.lines()
        identified = [line for line in lines if line["status"] == "identified"]
    by = Counter(line["metadata_sources"][0] for line in identified if line["identification_method"] == "api")
    looked_up = [line for line in lines if not line["line_key"].startswith("entry:")]
    every = len(PROVIDERS) * len(looked_up)
    return {
        "lines": len(lines),
        "... that name something": len(looked_up),
        "... different": len({line["line_key"] for line in looked_up}),
        "lines a provider was asked about": total.asked,
        "requests": sum(requests.values()),
        "... by provider": dict(sorted(requests.items())),
        "one search per provider and line": every,
        "requests of those": round(sum(requests.values()) / every, 3),
        "answers from the cache": hits,
        "identified": len(identified),
        "... by the library alone": sum(line["identification_method"] == "library" for line in identified),
        "... by an answer of": dict(by),
        "provisional": sum(line["status"] == "provisional" for line in lines),
        "requests a line identified": round(sum(requests.values()) / len(identified), 2),
        "requests of a second run": len(at.server.received),
        "lines it asked about": again.asked,
        "wall, s": round(wall, 1),
        "accepted, drawn": drawn(identified, args.show, args.seed),
    }


def different(shows: Sequence[Tracklist], count: int, seed: int) -> list[str]:
    """Some lines of the shows that name one track each, no two the same one."""
    found = {
        line_key(line.components[0].credit): line.raw
        for show in shows
        for line in show.entries
        if len(line.components) == 1 and not line.components[0].credit.unknown
    }
    return random.Random(seed).sample(list(found.values()), min(count, len(found)))


def asked_about(at: Home, raws: Sequence[str]) -> tuple[AskSummary, float]:
    """Ask about a tenth of the lines a run, a run a day; what was done, and the seconds."""
    total, started, size = AskSummary(), time.perf_counter(), -(-len(raws) // RUNS)
    for first in range(0, len(raws), size):
        import_tracklist(at.store, tracklist(raws[first : first + size], f"Part {first}"))
        total = total.plus(at.run())
        at.a_day_passes()
    return total, round(time.perf_counter() - started, 1)


def faults(args: argparse.Namespace, shows: Sequence[Tracklist]) -> dict[str, Any]:
    """Lines with faults and after recovery, beside the same lines without; and providers that hang."""
    raws = different(shows, args.lines, args.seed)
    with home(args.data) as at:
        _, wall = asked_about(at, raws)
        expected = at.lines()
        found = {"without": {"requests": len(at.server.received), "wall, s": wall, "lines": at.states()}}
    with home(args.data) as at:
        at.server.faults = Faults(0.2, FAULTS, seed=args.seed)
        asked, wall = asked_about(at, raws)
        met = Counter(one.fault for one in at.server.received if one.fault)
        found["with faults"] = {
            "requests": len(at.server.received),
            "wall, s": wall,
            "lines": at.states(),
            "lost or twice": at.wrong(len(expected)),
            "lines with a question in the queue, summed": asked.queued,
            "longest line, waits included, s": at.longest,
            "met": dict(sorted(met.items())),
        }
        at.server.faults = None
        at.server.forget()
        rounds, started = 0, time.perf_counter()
        while at.open_lines()[0] and rounds < 20:
            at.a_day_passes()
            at.run()
            rounds += 1
        found["after recovery"] = {
            "runs": rounds,
            "requests": len(at.server.received),
            "wall, s": round(time.perf_counter() - started, 1),
            "lines": at.states(),
            "lost or twice": at.wrong(len(expected)),
            **compared(expected, at.lines(), args.show),
        }
    for who, names in (("beatport hangs", ("beatport",)), ("all hang", (*PROVIDERS, "spotify-accounts"))):
        with home(args.data) as at:
            at.server.faults = Faults(kinds=("hang",), providers=names)
            some, started = raws[:HANGING], time.perf_counter()
            import_tracklist(at.store, tracklist(some, who))
            at.run()
            found[who] = {
                "lines": at.states(), "lost or twice": at.wrong(len(some)),
                "wall, s": round(time.perf_counter() - started, 1),
                "longest line, waits included, s": at.longest,
            }  # fmt: skip
    return found


def compared(expected: Sequence[Line], found: Sequence[Line], show: int) -> dict[str, Any]:
    """Lines whose status or track differ from what they should be, and those where only details do."""
    pairs = list(zip(expected, found, strict=True))
    what = ("raw_line", "status", "identity_key")
    other = [(a, b) for a, b in pairs if [a[name] for name in what] != [b[name] for name in what]]
    details = [
        (a, b) for a, b in pairs if (a, b) not in other and any(a[name] != b[name] for name in DETAILS)
    ]
    return {
        "another status or track": len(other),
        "other details of the same track": len(details),
        "... first told by another provider": sum(
            a["metadata_sources"][:1] != b["metadata_sources"][:1] for a, b in details
        ),
        "to read": [
            f"{a['raw_line']}: {a['status']} {a['identity_key']} {a['metadata_sources']} / "
            f"{b['status']} {b['identity_key']} {b['metadata_sources']}"
            for a, b in other[:show]
        ],
    }


def drawn(identified: Sequence[Line], count: int, seed: int) -> list[str]:
    """Some different lines beside what they were taken for."""
    some = {line["line_key"]: line for line in identified}
    lines = random.Random(seed).sample(list(some.values()), min(count, len(some)))
    return [
        f"{one['raw_line']}  =>  {one['artist']} - {one['title']} ({one['remix']})  {one['metadata_sources']}"
        for one in lines
    ]


def main() -> None:
    """Print the figures as one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the development data")
    parser.add_argument("--part", default="all", choices=("radio", "faults", "all"))
    parser.add_argument("--lines", type=int, default=1000, help="of the part with faults")
    parser.add_argument("--shows", type=int, default=25, help="that come in between two runs")
    parser.add_argument("--show", type=int, default=0, help="accepted lines to be judged by hand")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    shows = shows_of(args.data)
    found: dict[str, Any] = {}
    if args.part in ("radio", "all"):
        found["every provider knows all"] = radio(args, shows, None)
        found["every provider knows a part"] = radio(args, shows, COVERAGE)
    if args.part in ("faults", "all"):
        found["faults"] = faults(args, shows)
    sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
