"""Charts as SVG for a page and as PNG for elsewhere. Not here: what is on them (``charts``)."""

from __future__ import annotations

import base64
import re
from html import escape
from typing import TypeAlias

import altair as alt
import vl_convert

Chart: TypeAlias = alt.Chart | alt.LayerChart

COLOURS = {
    "ink": "#1f2329",
    "quiet": "#5b6470",
    "grid": "#dde2e8",
    "accent": "#1768ac",
    "second": "#c2571a",
    "third": "#7a8794",
}
"""Name → how it looks on white. On a page each is the CSS variable ``--NAME``: the page's theme decides."""

FONT = "Helvetica, Arial, sans-serif"
SIZE = 13
"""Pixels of text: a chart of the width of ``charts.WIDTH`` stays readable on a phone."""

_VERSION = "_".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
_MARK = re.compile(r'<(path|text|line|rect)( aria-label="([^"]*)"[^>]*?)(?:/>|></\1>)')


def svg(chart: Chart, alternative: str) -> str:
    """A chart as an SVG element whose colours the page chooses; marks tell their values when pointed at.

    Args:
        chart: the chart, without a title.
        alternative: what it shows, for people who do not see it. Escaped here.
    """
    drawn = vl_convert.vegalite_to_svg(_themed(chart).to_dict(), vl_version=_VERSION)
    for name, colour in COLOURS.items():
        drawn = drawn.replace(f'"{colour}"', f'"var(--{name}, {colour})"')
    drawn = _MARK.sub(r"<\1\2><title>\3</title></\1>", drawn)
    return re.sub(r"<svg ", f'<svg role="img" aria-label="{escape(alternative)}" ', drawn, count=1)


def png(chart: Chart, scale: float = 1.5) -> bytes:
    """A chart as PNG on white."""
    themed = _themed(chart).properties(background="white")
    return vl_convert.vegalite_to_png(themed.to_dict(), vl_version=_VERSION, scale=scale)


def data_uri(picture: bytes) -> str:
    """A PNG as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(picture).decode("ascii")


def _themed(chart: Chart) -> Chart:
    themed: Chart = (
        chart.configure(font=FONT, background="transparent", padding=4)
        .configure_view(strokeWidth=0)
        .configure_axis(
            labelColor=COLOURS["ink"],
            titleColor=COLOURS["quiet"],
            labelFontSize=SIZE,
            titleFontSize=SIZE,
            titleFontWeight="normal",
            domainColor=COLOURS["grid"],
            gridColor=COLOURS["grid"],
            tickColor=COLOURS["grid"],
        )
        .configure_legend(
            labelColor=COLOURS["ink"],
            labelFontSize=SIZE,
            title=None,
            orient="top",
            symbolType="square",
            columnPadding=28,
            labelLimit=0,
        )
        .configure_text(fontSize=SIZE, color=COLOURS["ink"])
    )
    return themed
