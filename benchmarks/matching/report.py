"""A run's figures as a text for people. The figures themselves are in ``runner.py`` and the sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SHORT = (
    ("pairs", "pairs"),
    ("auc", "AUC"),
    ("average precision", "avg.pr"),
    ("accuracy", "accur."),
    ("threshold", "thresh"),
    ("recall at precision .99", "R@P99"),
    ("precision at recall .9", "P@R90"),
)


def shown(value: object) -> str:
    """A figure in as few signs as it needs."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}".lstrip("0") if 0 < value < 1 else f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return " … ".join(map(shown, value))
    return str(value)


def report(sets: Mapping[str, Mapping[str, Any]]) -> str:
    """All sets of a run, one under the other."""
    lines: list[str] = []
    for name, figures in sets.items():
        lines += ["", f"== {name}"]
        if "absent" in figures:
            lines.append(f"absent: {figures['absent']}")
        elif "eval" in figures and "auc" in figures["eval"]:
            lines += _pairs(figures)
        else:
            lines += _tree(figures, "")
    return "\n".join(lines) + "\n"


def _pairs(figures: Mapping[str, Any]) -> Iterator[str]:
    yield "  ".join(
        f"{name} {shown(figures[name])}" for name in figures if name not in ("eval", "train", "peers")
    )
    yield (
        "        "
        + " ".join(f"{head:>7}" for _, head in SHORT)
        + "   P/R/F1 at .5              P/R at .9         ECE"
    )
    for split in ("eval", "train"):
        if split in figures:
            one = figures[split]
            row = " ".join(f"{shown(one[key]):>7}" for key, _ in SHORT)
            half, accept, error = one["at .5"], one["at .9"], one["calibration"]["error"]
            yield (
                f"{split:7} {row}   {shown(half['precision'])}/{shown(half['recall'])}/{shown(half['f1'])}"
                f"   {shown(accept['precision'])}/{shown(accept['recall'])}   {shown(error)}"
            )
            if "f1 interval" in one:
                yield f"        F1 at .5, 95 %: {shown(one['f1 interval'])}"
    if "peers" in figures:
        yield "peers, eval"
        yield from _tree(figures["peers"], "    ")
    if len(figures["eval"]["kinds"]) > 2:
        yield "errors by kind, eval, %"
        for kind, rates in figures["eval"]["kinds"].items():
            wrong = "   ".join(f"{name} {100 * rate:5.2f}" for name, rate in rates.items() if name != "pairs")
            yield f"    {kind:40} {rates['pairs']:6}   {wrong}"


def _tree(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, one in value.items():
        if isinstance(one, Mapping) and all(not isinstance(inner, (Mapping, list)) for inner in one.values()):
            yield f"{indent}{name}: " + ", ".join(f"{key} {shown(inner)}" for key, inner in one.items())
        elif isinstance(one, Mapping):
            yield f"{indent}{name}:"
            yield from _tree(one, indent + "    ")
        elif isinstance(one, Sequence) and not isinstance(one, str) and one and isinstance(one[0], str):
            yield f"{indent}{name}:"
            yield from (f"{indent}    {text}" for text in one)
        else:
            yield f"{indent}{name}: {shown(one)}"
