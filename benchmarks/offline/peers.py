"""What all peers share: reading a raw line simply, cleaning a text, running one over lines, its threshold.

A peer finds texts for a text; the peers are ``peer_tantivy.py``, ``peer_fts5.py`` and ``peer_exact.py``.
Each gets the line's artist and title from a simple split, with cue and label taken off, so that dressing
does not handicap it. The likeness of two texts is rapidfuzz' token_sort_ratio of the cleaned texts.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.csv as pc
from rapidfuzz import fuzz

from benchmarks.matching.crude import HEADS
from benchmarks.offline.judging import best_threshold, figures, judged, share

TOP = 20
MOST_WRONG = 0.005  # of the accepted, on the development lines
DEFAULT_THRESHOLD = 95.0  # when no threshold reaches that
_CUE = re.compile(r"^\s*(?:\[[\d:?]+\]|\d{1,3}[.)]|[+#-]|w/)\s*")
_BOX = re.compile(r"\s\[([^\[\]]+)\]\s*$")
_NOISE = re.compile(
    r"\b(?:original|extended|radio|album|single)(?: (?:mix|version|edit))\b|[(\[]extended[)\]]"
    r"|\b(?:feat|ft|featuring|vs|and|x)\b\.?|[^\w\s]",
    re.I,
)

Found = list[tuple[str, str]]  # (id, text), best first


class Peer(Protocol):
    """A search engine of texts."""

    def build(self, batches: Iterator[pl.DataFrame], folder: Path) -> None:
        """Index ``id``, ``artist``, ``title``."""

    def search(self, text: str) -> Found:
        """The best ``TOP`` for a text."""


def catalogue_batches(source: Path) -> Iterator[pl.DataFrame]:
    """The rows of a catalogue's source as ``id``, ``artist``, ``title``, some thousands at a time."""
    canonical = {"recording_mbid": "id", "artist_credit_name": "artist", "recording_name": "title"}
    compression = {".zst": "zstd", ".gz": "gzip"}.get(source.suffix)
    with pa.input_stream(str(source), compression=compression) as probe:
        is_canonical = b"recording_mbid" in probe.read(200)
    names = canonical if is_canonical else {name: name for name in canonical.values()}
    with pa.input_stream(str(source), compression=compression) as stream:
        reader = pc.open_csv(
            stream, read_options=pc.ReadOptions(block_size=1 << 24),
            convert_options=pc.ConvertOptions(
                include_columns=list(names), column_types=dict.fromkeys(names, pa.string())
            ),
        )  # fmt: skip
        for batch in reader:
            frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
            yield frame.rename(names)


def split_line(raw: str) -> tuple[str, str]:
    """Artist and title of a raw line: cue, number and label bracket off, split at the first `` - ``."""
    text = _CUE.sub("", raw)
    box = _BOX.search(text)
    if box and box[1].split()[-1].lower() not in HEADS:
        text = text[: box.start()]
    artist, dash, title = text.partition(" - ")
    return (artist.strip(), title.strip()) if dash else ("", text.strip())


def cleaned(text: str) -> str:
    """Lower case without accents, signs, lengths (*Original Mix*, *Radio Edit*), *feat.*, *&*, *vs*."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(_NOISE.sub(" ", plain.lower()).split())


def likeness(left: str, right: str) -> float:
    """0 to 100."""
    return fuzz.token_sort_ratio(cleaned(left), cleaned(right))


def first_of(text: str, found: Found) -> tuple[str | None, float]:
    """The engine's own best answer and its likeness."""
    return (found[0][0], likeness(text, found[0][1])) if found else (None, 0.0)


def likest_of(text: str, found: Found) -> tuple[str | None, float]:
    """Of all that was found the most alike; of equals the engine's better one."""
    scores = [likeness(text, other) for _, other in found]
    best = max(scores, default=0.0)
    return (found[scores.index(best)][0], best) if found else (None, 0.0)


CHOICES: dict[str, Callable[[str, Found], tuple[str | None, float]]] = {
    "its first": first_of, "the likest of its first 20": likest_of
}  # fmt: skip


def measured(
    peer: Peer, source: Path, folder: Path, development: pl.DataFrame, questions: pl.DataFrame,
    budget: float,
) -> dict[str, Any]:  # fmt: skip
    """Figures of one peer: time and size of its index, then for each way to choose what it accepts.

    It searches for ``budget`` seconds, a third of them for the development lines; the figures are of the
    lines it gets through, in their (random) order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    peer.build(catalogue_batches(source), folder)
    built = time.perf_counter() - started
    before = _searched(peer, development["raw"].to_list(), budget / 3)
    started = time.perf_counter()
    found = _searched(peer, questions["raw"].to_list(), budget * 2 / 3)
    development, questions = development.head(len(before)), questions.head(len(found))
    searched = time.perf_counter() - started
    result: dict[str, Any] = {
        "build, s": round(built, 1),
        "development lines": len(development),
        "size on disk, MB": round(
            sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) / 1e6, 1
        ),
        f"recall at {TOP} of present": _recall(questions, found),
    }
    for name, choose in CHOICES.items():
        tuned = judged(development, _answers(development, before, choose, 0.0))
        threshold, reached = best_threshold(
            tuned, "likeness", most_wrong=MOST_WRONG, default=DEFAULT_THRESHOLD
        )
        started = time.perf_counter()
        answers = _answers(questions, found, choose, threshold)
        seconds = searched + time.perf_counter() - started
        result[name] = {
            "lines/s": round(len(questions) / seconds),
            "threshold": threshold,
            "threshold is": "chosen on development lines" if reached else "the default: none is that precise",
            **figures(judged(questions, answers)),
        }
    return result


def _searched(peer: Peer, raws: list[str], budget: float) -> list[tuple[str, Found]]:
    end = time.monotonic() + budget
    found: list[tuple[str, Found]] = []
    for raw in raws:
        text = " ".join(split_line(raw))
        found.append((text, peer.search(text)))
        if time.monotonic() > end:
            break
    return found


def _answers(
    questions: pl.DataFrame, found: list[tuple[str, Found]],
    choose: Callable[[str, Found], tuple[str | None, float]], threshold: float,
) -> pl.DataFrame:  # fmt: skip
    chosen = [choose(text, some) for text, some in found]
    return pl.DataFrame(
        {
            "line_no": questions["line_no"],
            "id": pl.Series([identity for identity, _ in chosen], dtype=pl.String),
            "likeness": pl.Series([score for _, score in chosen], dtype=pl.Float64),
        }
    ).with_columns(accepted=pl.col("id").is_not_null() & (pl.col("likeness") >= threshold))


def _recall(questions: pl.DataFrame, found: list[tuple[str, Found]]) -> float | None:
    truths = questions["truth"].to_list()
    hits = [
        any(identity in truth for identity, _ in some)
        for truth, (_, some) in zip(truths, found, strict=True)
        if truth
    ]
    return share(sum(hits), len(hits))
