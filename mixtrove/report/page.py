"""The page: one HTML file with everything in it, for a screen of any width, light or dark, and for paper.

Nothing is loaded from anywhere, and there is no script. Not here: the pictures (``charts``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from mixtrove.report.drawing import COLOURS, svg
from mixtrove.report.figures import TOP
from mixtrove.warehouse.read import open_published, read_meta

if TYPE_CHECKING:
    from mixtrove.report.charts import Picture
    from mixtrove.report.figures import Stretch

DARK = {
    "ink": "#e8eaed",
    "quiet": "#a3acb8",
    "grid": "#39414b",
    "accent": "#5aa9ee",
    "second": "#f0935a",
    "third": "#7f8b98",
}
"""The colours of ``drawing.COLOURS`` on a dark page."""

_RIGHT = ' class="number"'

_STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; LIGHT }
@media (prefers-color-scheme: dark) { :root { --paper: #16191d; DARK } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 70rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, Helvetica, Arial, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 0; font-size: .9rem; color: var(--quiet); font-weight: 600; }
header p, footer { color: var(--quiet); }
main { display: grid; gap: 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); }
section { min-width: 0; break-inside: avoid; }
section > p { margin: .2rem 0 .8rem; font-size: 1.1rem; font-weight: 600; line-height: 1.35;
  overflow-wrap: anywhere; }
section > p.none { font-weight: 400; color: var(--quiet); font-size: 1rem; }
svg { display: block; max-width: 100%; height: auto; }
details { margin-top: .5rem; color: var(--quiet); }
table { border-collapse: collapse; font-size: .9rem; color: var(--ink); }
th, td { padding: .1rem .8rem .1rem 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--quiet); font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
@media print { :root { --paper: #ffffff; LIGHT } body { max-width: none; font-size: 11pt; }
  main { display: block; } section { margin-bottom: 1.5rem; } details { display: none; } }
"""


def report_page(path: Path, stretch: Stretch, rows: int = TOP) -> str:
    """The report on a published warehouse.

    Args:
        path: the published file.
        stretch: of time.
        rows: of each chart of names.

    Raises:
        StoreUnavailable: nothing is published, or the file cannot be read.
    """
    from mixtrove.report.charts import all_pictures

    with open_published(path) as connection:
        built = read_meta(connection).built_at
        pictures = all_pictures(connection, stretch, rows)
    return page(pictures, stretch, built)


def page(pictures: Sequence[Picture], stretch: Stretch, built: datetime) -> str:
    """The HTML of some pictures.

    Args:
        pictures: in the order of the page.
        stretch: of time, that they are about.
        built: when the warehouse was built, UTC.
    """
    by = "the day of the mix" if stretch.basis == "played" else "the day a track was discovered (UTC)"
    span = " ".join(
        part
        for part in (
            f"from {stretch.since}" if stretch.since else "",
            f"to {stretch.until}" if stretch.until else "",
        )
        if part
    )
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<title>mixtrove report</title>",
            f"<style>{_style()}</style>",
            "</head>",
            "<body>",
            "<header>",
            "<h1>What was heard</h1>",
            f"<p>By {by}{', ' + span if span else ''}. {_built(built)}</p>",
            "</header>",
            "<main>",
            *(_section(picture) for picture in sorted(pictures, key=lambda one: one.chart is None)),
            "</main>",
            "<footer><p>Made by <code>mixtrove report</code>. Point at a mark to see its value.</p></footer>",
            "</body>",
            "</html>",
            "",
        )
    )


def _section(picture: Picture) -> str:
    head = f'<section id="{escape(picture.name)}">\n<h2>{escape(picture.heading)}</h2>\n'
    if picture.chart is None:
        return f'{head}<p class="none">{escape(picture.sentence)}</p>\n</section>'
    return (
        f"{head}<p>{escape(picture.sentence)}</p>\n{svg(picture.chart, picture.alternative)}\n"
        f"<details><summary>The numbers</summary>\n{_table(picture)}\n</details>\n</section>"
    )


def _table(picture: Picture) -> str:
    right = [
        all(isinstance(row[index], int | float) for row in picture.rows)
        for index in range(len(picture.columns))
    ]

    def cells(tag: str, row: Sequence[object]) -> str:
        return "".join(
            f"<{tag}{_RIGHT if number else ''}>{escape(_text(value))}</{tag}>"
            for value, number in zip(row, right, strict=True)
        )

    rows = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in picture.rows)
    return f"<table>\n<tr>{cells('th', picture.columns)}</tr>\n{rows}\n</table>"


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _built(built: datetime) -> str:
    return f"From the warehouse of {built:%Y-%m-%d %H:%M} UTC."


def _style() -> str:
    light, dark = (
        " ".join(f"--{name}: {colour};" for name, colour in colours.items()) for colours in (COLOURS, DARK)
    )
    return _STYLE.replace("LIGHT", light).replace("DARK", dark)
