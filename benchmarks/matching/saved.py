"""Keeping a run and telling what changed since: ``NAME.json`` holds figures, ``NAME.pairs.csv.gz`` each case.

The second file has ids and numbers only: texts come from the data folder of whoever compares.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.matching.outcome import Outcome

FOLDER = Path(__file__).parent / "results"
COLUMNS = ("set", "id", "kind", "same", "confidence", "right")


@dataclass(frozen=True, slots=True)
class Change:
    """A case that another run judged otherwise."""

    outcome: Outcome
    before: float


def save(
    name: str,
    sets: Mapping[str, Any],
    outcomes: Sequence[Outcome],
    *,
    folder: Path = FOLDER,
    about: Mapping[str, Any],
) -> Path:
    """Write a run's two files. ``about`` says when and how it was run."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(
        json.dumps({**about, "sets": _rounded(sets)}, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in sorted(outcomes, key=lambda case: (case.set, case.kind, case.id)):
        writer.writerow((one.set, one.id, one.kind, int(one.same), f"{one.confidence:.3f}", int(one.right)))
    with (folder / f"{name}.pairs.csv.gz").open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, 0) as packed:
        packed.write(text.getvalue().encode())
    return path


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(one) for one in value]
    return value


def last_saved(folder: Path = FOLDER) -> str | None:
    """The name of the run that was saved last and still has its cases."""
    saved = [
        (json.loads(path.read_text("utf-8")).get("saved", ""), path.stem)
        for path in folder.glob("*.json")
        if (folder / f"{path.stem}.pairs.csv.gz").exists()
    ]
    return max(saved)[1] if saved else None


def load(name: str, *, folder: Path = FOLDER) -> dict[tuple[str, str], tuple[float, bool]]:
    """Confidence and rightness of each case of a saved run, by set and id."""
    with gzip.open(folder / f"{name}.pairs.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        return {
            (row["set"], row["id"]): (float(row["confidence"]), row["right"] == "1")
            for row in csv.DictReader(stream)
        }


def difference(
    before: Mapping[tuple[str, str], tuple[float, bool]], now: Iterable[Outcome]
) -> tuple[list[Change], list[Change]]:
    """Cases that are right now and were wrong before, and the other way round."""
    gained: list[Change] = []
    lost: list[Change] = []
    for one in now:
        confidence, right = before.get((one.set, one.id), (one.confidence, one.right))
        if right != one.right:
            (gained if one.right else lost).append(Change(one, confidence))
    return gained, lost


def told(name: str, gained: Sequence[Change], lost: Sequence[Change], *, most: int = 20) -> str:
    """The difference as a text, at most ``most`` of each, drawn by seed."""
    lines = [f"== since {name}: {len(gained)} gained, {len(lost)} lost"]
    for title, changes in (("gained", gained), ("lost", lost)):
        some = Random(1).sample(list(changes), min(most, len(changes)))
        for one in some:
            case = one.outcome
            lines.append(
                f"  {title}  {case.set}/{case.kind}  {one.before:.2f} → {case.confidence:.2f}  {case.text}"
            )
    return "\n".join(lines) + "\n"
