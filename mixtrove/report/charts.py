"""The pictures of the report: each with a sentence that its numbers say, or a sentence instead of a picture.

Here: what is drawn and said. Not here: reading the numbers (``figures``), SVG and PNG (``drawing``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import altair as alt

from mixtrove.library.musical_key import MusicalKey, on_wheel
from mixtrove.report import figures
from mixtrove.report.drawing import COLOURS, Chart
from mixtrove.report.figures import Grain, Name, Period, Source, Stretch, Tracks

if TYPE_CHECKING:
    import duckdb

    from mixtrove.warehouse.read import Trend

WIDTH = 460
"""Pixels of a picture. A phone shows it at about four fifths."""

_NAMES = 170
"""Pixels for the names beside bars."""

_LABEL = 140
"""Pixels of a name; what is longer ends in an ellipsis, the table below has all of it. A browser's own
font is up to a fifth wider than the one it is measured with."""

_BAR = 24
_SLOPES = 4  # rising and falling items of a picture of slopes
_TEMPO = 4  # BPM of a bar
_TICKS = 6  # of an axis, at most, where they are placed one by one
_STATUSES = ("identified", "provisional", "pending", "skipped")


@dataclass(frozen=True, slots=True)
class Picture:
    """One part of the report."""

    name: str  # for addresses and file names
    heading: str
    sentence: str  # what it says; without a chart, why there is none
    chart: Chart | None
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]  # the numbers of the chart

    @property
    def alternative(self) -> str:
        """For people who do not see the chart."""
        return f"{self.heading}: {self.sentence} The numbers are in the table below."


Make = Callable[["duckdb.DuckDBPyConnection", Stretch, int], Picture]
"""Makes a picture of an open warehouse and a stretch of time, with at most so many names."""


def _top(kind: str) -> Make:
    return lambda connection, stretch, rows: top(
        kind, [name for name in figures.top(connection, stretch, rows) if name.kind == kind]
    )


PICTURES: Mapping[str, Make] = {
    "over-time": lambda connection, stretch, _: over_time(*figures.over_time(connection, stretch)),
    "top-artists": _top("artist"),
    "top-labels": _top("label"),
    "top-genres": _top("genre"),
    "trends": lambda connection, stretch, _: slopes(figures.latest_trends(connection, stretch)),
    "sources": lambda connection, stretch, rows: sources(figures.sources(connection, stretch), rows),
    "funnel": lambda connection, stretch, _: funnel(figures.tracks(connection, stretch)),
    "tempo": lambda connection, stretch, _: tempo(figures.tracks(connection, stretch)),
    "keys": lambda connection, stretch, _: keys(figures.tracks(connection, stretch)),
}
"""Name → how it is made, in the order of the page."""


def all_pictures(
    connection: duckdb.DuckDBPyConnection, stretch: Stretch, rows: int = figures.TOP
) -> list[Picture]:
    """Every picture of a stretch of time.

    Args:
        connection: an open warehouse, published or being built.
        stretch: of time.
        rows: of each chart of names.
    """
    return [make(connection, stretch, rows) for make in PICTURES.values()]


def over_time(grain: Grain, periods: Sequence[Period]) -> Picture:
    """Tracks of each period: those heard for the first time, and those heard before."""
    columns = (grain, "mixes", "plays", "tracks", "of these new")
    rows = tuple((_shown(grain, p.period), p.mixes, p.plays, p.tracks, p.new_tracks) for p in periods)
    if not periods:
        return Picture(
            "over-time",
            "Discoveries over time",
            "No track has a day in this stretch of time: give mixes a date, or take the basis discovered.",
            None,
            columns,
            (),
        )
    most = max(periods, key=lambda period: (period.new_tracks, period.period))
    total = sum(period.new_tracks for period in periods)
    sentence = (
        f"{_of(total, 'track')} heard for the first time; most of them, {most.new_tracks:,}, "
        f"{'on' if grain == 'day' else 'in'} {_shown(grain, most.period)}, in {_of(most.mixes, 'mix')}."
    )
    values = [
        {"from": period.period.isoformat(), "to": _end(grain, period.period).isoformat(),
         "what": what, "low": low, "high": high,
         "said": f"{_shown(grain, period.period)}: {_of(high - low, 'track')} {what}"}
        for period in periods
        for what, low, high in (
            ("new", 0, period.new_tracks),
            ("heard before", period.new_tracks, period.tracks),
        )
        if high > low
    ]  # fmt: skip
    days = [period.period for period in periods]
    form = {"year": "%Y", "month": "%b %Y", "week": "%d %b %Y", "day": "%d %b"}[grain]
    chart = (
        alt.Chart(_data(values))
        .mark_bar()
        .encode(
            x=alt.X("from:T")
            .title(None)
            .axis(format=form, labelOverlap="greedy", labelSeparation=12, grid=False, **_ticks(grain, days))
            .scale(type="utc", **_room(grain, days)),
            x2="to:T",
            y=alt.Y("low:Q")
            .title("different tracks")
            .axis(format=",d", domain=False, **_whole(max(period.tracks for period in periods))),
            y2="high:Q",
            color=alt.Color("what:N").scale(
                domain=["new", "heard before"], range=[COLOURS["accent"], COLOURS["third"]]
            ),
            description="said:N",
        )
        .properties(width=WIDTH - 70, height=220)
    )
    return Picture("over-time", "Discoveries over time", sentence, chart, columns, rows)


def top(kind: str, names: Sequence[Name]) -> Picture:
    """The artists, labels or genres with most plays, as bars."""
    columns = (kind, "plays", "tracks", "mixes")
    heading = f"Top {kind}s"
    if not names:
        return Picture(
            f"top-{kind}s",
            heading,
            f"No track of this stretch of time has {'an' if kind == 'artist' else 'a'} {kind} yet"
            + ("." if kind == "artist" else ": a catalogue or provider that knows it brings it."),
            None,
            columns,
            (),
        )
    first = names[0]
    share = sum(name.plays for name in names) / first.all_plays
    tied = [name for name in names if name.plays == first.plays]
    leads = (
        f"{first.name} leads with {_of(first.plays, 'play')} in {_of(first.mixes, 'mix')}"
        if len(tied) == 1
        else f"{_all([name.name for name in tied])} lead with {_of(first.plays, 'play')} each"
    )
    of_all = "plays" if kind == "artist" else f"plays with a known {kind}"
    rest = f"; these {len(names)} make {share:.0%} of all {of_all}." if len(names) > 1 else "."
    values = [
        {"name": name.name, "plays": name.plays,
         "said": f"{name.name}: {_of(name.plays, 'play')} of {_of(name.tracks, 'track')} "
                 f"in {_of(name.mixes, 'mix')}"}
        for name in names
    ]  # fmt: skip
    rows = tuple((name.name, name.plays, name.tracks, name.mixes) for name in names)
    chart = _bars(values, "name", "plays", "plays")
    return Picture(f"top-{kind}s", heading, leads + rest, chart, columns, rows)


def slopes(trends: figures.Trends | None) -> Picture:
    """Artists whose share of plays rose and fell most, as slopes from 30 days to the next 30."""
    columns = ("artist", "plays before", "plays", "of 1,000 before", "of 1,000", "growth")
    if trends is None:
        return Picture(
            "trends",
            "Trends",
            "No artist was heard in enough mixes within 60 days to compare 30 days with the 30 before.",
            None,
            columns,
            (),
        )
    artists = sorted((one for one in trends.found if one.kind == "artist"), key=lambda one: one.rank)
    rising = [one for one in artists if one.direction in ("rising", "new")][:_SLOPES]
    falling = [one for one in reversed(artists) if one.direction == "falling"][:_SLOPES]
    chosen = [*rising, *reversed(falling)] or artists[:_SLOPES]
    first = chosen[0] if rising else chosen[-1]
    shares = {one.item: trends.shares(one) for one in chosen}
    said = (
        f"{first.name} {'rises' if rising else 'falls'} most:"
        if rising or falling
        else f"Nobody rises or falls by much; {first.name} has"
    )
    sentence = (
        f"{said} {shares[first.item][1]:.1f} of 1,000 plays in the 30 days to {_day(trends.day)}, "
        f"{shares[first.item][0]:.1f} in the 30 days before."
    )
    ends = _apart(chosen, shares)
    shown = {one.item: "rising" if one.direction == "new" else one.direction for one in chosen}
    values = [
        {"name": one.name, "time": time, "share": share, "direction": shown[one.item],
         "said": f"{one.name}: {one.before} plays before, {one.recent} in the last 30 days"}
        for one in chosen
        for time, share in enumerate(shares[one.item])
    ]  # fmt: skip
    names = [
        {"name": one.name, "direction": shown[one.item], "share": shares[one.item][1], "at": ends[one.item],
         "from": 1.03, "to": 1.13, "text": 1.15}
        for one in chosen
    ]  # fmt: skip
    hues = {
        direction: COLOURS[colour]
        for direction, colour in (("rising", "accent"), ("steady", "third"), ("falling", "second"))
        if direction in shown.values()
    }
    highest = max(*(max(pair) for pair in shares.values()), *ends.values())
    colour = alt.Color("direction:N").scale(domain=list(hues), range=list(hues.values()))
    base = alt.Chart(_data(values)).encode(
        x=alt.X("time:Q")
        .title(None)
        .axis(
            values=[0, 1], labelExpr="datum.value ? 'last 30 days' : '30 days before'", labelAngle=0,
            domain=False, ticks=False, grid=False, labelPadding=8,
        )
        .scale(domain=[-0.15, 1.15], nice=False),
        y=alt.Y("share:Q").title("of 1,000 plays").scale(domain=[0, highest]).axis(tickCount=5, domain=False),
        color=colour,
        detail="name:N",
    )  # fmt: skip
    named = alt.Chart(_data(names)).encode(color=colour)
    leaders = named.mark_rule(strokeWidth=1, opacity=0.6).encode(
        x=alt.X("from:Q"), x2="to:Q", y=alt.Y("share:Q"), y2="at:Q"
    )
    labels = named.mark_text(align="left", dx=3, limit=_LABEL).encode(
        x=alt.X("text:Q"), y=alt.Y("at:Q"), text="name:N"
    )
    chart = (base.mark_line(strokeWidth=2) + base.mark_point(filled=True, size=60, opacity=1).encode(
        description="said:N"
    ) + leaders + labels).properties(width=WIDTH - 240, height=280)  # fmt: skip
    rows = tuple(
        (
            one.name,
            one.before,
            one.recent,
            *(round(share, 1) for share in shares[one.item]),
            round(one.growth, 2),
        )
        for one in chosen
    )
    return Picture("trends", "Trends", sentence, chart, columns, rows)


def sources(found: Sequence[Source], most: int = figures.TOP) -> Picture:
    """Lines by source, and how far each is identified."""
    columns = ("source", *_STATUSES)
    if not found:
        return Picture("sources", "Sources", "No lines in this stretch of time yet.", None, columns, ())
    counts: dict[str, Counter[str]] = {}
    for one in found:
        counts.setdefault(one.source, Counter())[one.status] += one.entries
    first, statuses = next(iter(counts.items()))
    asked = statuses.total() - statuses["skipped"]
    rate = (
        f"{statuses['identified'] / asked:.0%} of them are identified" if asked else "none of them is a track"
    )
    everything = sum(counter.total() for counter in counts.values())
    sentence = (
        f"All {_of(everything, 'line')} are from {first}; {rate}."
        if len(counts) == 1
        else f"{first} brought most lines, {statuses.total():,} of {everything:,}; {rate}."
    )
    shown = dict(list(counts.items())[:most])
    values = [
        {"source": source, "status": status, "lines": counter[status], "place": place,
         "said": f"{source}: {_of(counter[status], 'line')} {status}"}
        for source, counter in shown.items()
        for place, status in enumerate(_STATUSES)
        if counter[status]
    ]  # fmt: skip
    used = [status for status in _STATUSES if any(counter[status] for counter in shown.values())]
    hues = dict(
        zip(_STATUSES, (COLOURS["accent"], COLOURS["second"], COLOURS["third"], COLOURS["grid"]), strict=True)
    )
    chart = (
        alt.Chart(_data(values))
        .mark_bar(height=16)
        .encode(
            x=alt.X("lines:Q").title("lines").axis(tickCount=4, format="~s", domain=False),
            y=alt.Y("source:N", sort=list(shown))
            .title(None)
            .axis(labelLimit=_LABEL, ticks=False, domain=False, labelPadding=6, minExtent=_NAMES),
            color=alt.Color("status:N", sort=used).scale(
                domain=used, range=[hues[status] for status in used]
            ),
            order=alt.Order("place:Q"),
            description="said:N",
        )
        .properties(width=WIDTH - _NAMES - 20, height=alt.Step(_BAR))
    )
    rows = tuple((source, *(counter[status] for status in _STATUSES)) for source, counter in counts.items())
    return Picture("sources", "Sources", sentence, chart, columns, rows)


def funnel(found: Tracks) -> Picture:
    """From heard to bought, in different tracks."""
    steps = (
        ("heard", found.heard),
        ("identified", found.identified),
        ("wanted", found.wanted),
        ("bought", found.bought),
    )
    columns = ("step", "tracks", "of those heard")
    if not found.heard:
        return Picture("funnel", "From heard to bought", "No track was heard yet.", None, columns, ())
    of_wanted = f" ({found.bought / found.wanted:.0%})" if found.wanted else ""
    sentence = (
        f"Of {_of(found.heard, 'track')} heard, {found.identified:,} "
        f"({found.identified / found.heard:.0%}) are identified to the version, "
        f"{found.wanted:,} wanted and {found.bought:,} of these{of_wanted} bought."
    )
    values = [
        {"step": step, "tracks": number, "said": f"{step}: {_of(number, 'track')}"} for step, number in steps
    ]
    rows = tuple((step, number, f"{number / found.heard:.1%}") for step, number in steps)
    chart = _bars(values, "step", "tracks", "different tracks")
    return Picture("funnel", "From heard to bought", sentence, chart, columns, rows)


def tempo(found: Tracks) -> Picture:
    """How fast the tracks are, as a histogram."""
    columns = ("BPM", "tracks")
    number = sum(found.tempi.values())
    if not number:
        return Picture("tempo", "Tempo", _unknown("tempo"), None, columns, ())
    low, middle, high = (_quantile(found.tempi, share) for share in (0.25, 0.5, 0.75))
    span = f"from {low} to {high} BPM" if low < high else f"at {low} BPM"
    sentence = (
        f"Half of the {_of(number, 'track')} with a known tempo lie {span}, around {middle}."
        if number > 1
        else f"The one track with a known tempo has {middle} BPM."
    )
    bars = Counter[int]()
    for bpm, count in found.tempi.items():
        bars[bpm // _TEMPO * _TEMPO] += count
    values = [
        {"from": low, "to": low + _TEMPO, "tracks": count,
         "said": f"{low} to {low + _TEMPO - 1} BPM: {_of(count, 'track')}"}
        for low, count in sorted(bars.items())
    ]  # fmt: skip
    chart = (
        alt.Chart(_data(values))
        .mark_bar(color=COLOURS["accent"], binSpacing=1)
        .encode(
            x=alt.X("from:Q")
            .bin("binned")
            .title("beats per minute")
            .axis(grid=False, tickMinStep=_TEMPO)
            .scale(zero=False),
            x2="to:Q",
            y=alt.Y("tracks:Q")
            .title("different tracks")
            .axis(format=",d", domain=False, **_whole(max(bars.values()))),
            description="said:N",
        )
        .properties(width=WIDTH - 70, height=200)
    )
    rows = tuple((f"{low} to {low + _TEMPO - 1}", count) for low, count in sorted(bars.items()))
    return Picture("tempo", "Tempo", sentence, chart, columns, rows)


def keys(found: Tracks) -> Picture:
    """The keys on the Camelot wheel: the darker, the more tracks; neighbours mix well."""
    columns = ("Camelot", "key", "tracks")
    number = sum(found.keys.values())
    if not number:
        return Picture("keys", "Keys", _unknown("key"), None, columns, ())
    wheel = [on_wheel(place, minor=minor) for minor in (True, False) for place in range(1, 13)]
    most = max(found.keys.values())
    tied = [f"{key.camelot} ({key.classical})" for key in wheel if found.keys.get(key) == most]
    leads = (
        f"{tied[0]} is the most frequent key, {most:,}"
        if len(tied) == 1
        else f"{_all(tied)} are the most frequent keys, {most:,} each"
    )
    minor = sum(count for key, count in found.keys.items() if key.minor)
    sentence = f"{leads} of {_of(number, 'track')} with a known key; {minor / number:.0%} are minor."
    rings = (*_ring(found, wheel[:12], 48, 104), *_ring(found, wheel[12:], 106, 162))
    chart = alt.LayerChart(layer=rings, width=340, height=340)
    rows = tuple((key.camelot, key.classical, found.keys.get(key, 0)) for key in wheel)
    return Picture("keys", "Keys", sentence, chart, columns, rows)


def _ring(found: Tracks, ring: Sequence[MusicalKey], inner: int, outer: int) -> list[alt.Chart]:
    """Twelve sectors and their names; 12 stands on top, as on a clock."""
    values = [
        {"place": key.number, "name": key.camelot, "tracks": found.keys.get(key, 0), "one": 1,
         "label": f"{key.camelot}\n{found.keys.get(key) or ''}",
         "said": f"{key.camelot}, {key.classical}: {_of(found.keys.get(key, 0), 'track')}"}
        for key in sorted(ring, key=lambda key: key.number % 12)
    ]  # fmt: skip
    most = max(found.keys.values())
    turn = 3.141592653589793 / 12
    base = alt.Chart(_data(values)).encode(
        theta=alt.Theta("one:Q").stack(True).scale(range=[-turn, 24 * turn - turn]),
        order=alt.Order("order:Q"),
    ).transform_calculate(order="datum.place % 12")  # fmt: skip
    sectors = base.mark_arc(
        innerRadius=inner, outerRadius=outer, color=COLOURS["accent"], padAngle=0.01
    ).encode(
        fillOpacity=alt.FillOpacity("tracks:Q").scale(domain=[0, most], range=[0.06, 0.75]).legend(None),
        description="said:N",
    )
    names = base.mark_text(radius=(inner + outer) / 2, lineBreak="\n", dy=-6).encode(text="label:N")
    return [sectors, names]


def _bars(values: Sequence[Mapping[str, Any]], name: str, number: str, unit: str) -> alt.LayerChart:
    """Horizontal bars in the order given, each with its number."""
    most = max(value[number] for value in values)
    base = alt.Chart(_data(values)).encode(
        x=alt.X(f"{number}:Q").title(unit).axis(None).scale(domain=[0, max(most, 1) * 1.18]),
        y=alt.Y(f"{name}:N", sort=[value[name] for value in values])
        .title(None)
        .axis(labelLimit=_LABEL, ticks=False, domain=False, labelPadding=6, minExtent=_NAMES),
        description="said:N",
    )
    bars = base.mark_bar(color=COLOURS["accent"], height=16)
    text = base.mark_text(align="left", dx=5, color=COLOURS["ink"]).encode(
        text=alt.Text(f"{number}:Q", format=",")
    )
    return alt.LayerChart(layer=[bars, text], width=WIDTH - _NAMES - 20, height=alt.Step(_BAR))


def _apart(chosen: Sequence[Trend], shares: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Where the name of each slope stands on the scale: at its end, but never on another name."""
    step = max(max(pair) for pair in shares.values()) / 14
    ends: dict[str, float] = {}
    lowest = -step
    for one in sorted(chosen, key=lambda one: (shares[one.item][1], one.growth)):
        lowest = ends[one.item] = max(shares[one.item][1], lowest + step)
    return ends


def _data(values: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=[dict(value) for value in values])


def _quantile(counts: Mapping[int, int], share: float) -> int:
    """The lowest value that at least this share of all lie at or under."""
    left = share * sum(counts.values())
    for value, count in sorted(counts.items()):
        left -= count
        if left <= 0:
            return value
    raise ValueError("there are no values")


def _shown(grain: Grain, period: date) -> str:
    if grain == "year":
        return f"{period:%Y}"
    if grain == "month":
        return f"{period:%B %Y}"
    return f"the week from {_day(period)}" if grain == "week" else _day(period)


def _end(grain: Grain, first: date) -> date:
    """The day after a period, a seventh of it earlier: a gap between the bars."""
    days = {"year": 365, "month": 30, "week": 7, "day": 1}[grain]
    return first + min(timedelta(days=max(1, days * 6 // 7)), date.max - first)


def _ticks(grain: Grain, days: Sequence[date]) -> dict[str, Any]:
    """Where the axis of time has ticks: weeks at their first days, days at days, the rest by itself."""
    if grain not in ("week", "day"):
        return {"tickCount": 6}
    step = 7 if grain == "week" else 1
    periods = (days[-1] - days[0]).days // step + 1
    step *= -(-periods // _TICKS)
    found = [days[0] + timedelta(days=past) for past in range(0, (days[-1] - days[0]).days + 1, step)]
    return {"values": [_moment(day) for day in found]}


def _room(grain: Grain, days: Sequence[date]) -> dict[str, Any]:
    """The domain of an axis of time with few days on it: a week at least, so that a bar is no wall."""
    missing = 7 - (days[-1] - days[0]).days
    if grain != "day" or missing <= 0:
        return {}
    left, right = missing // 2, missing - missing // 2
    first = days[0] - min(timedelta(days=left), days[0] - date.min)
    last = days[-1] + min(timedelta(days=right), date.max - days[-1])
    return {"domain": [_moment(first), _moment(last)]}


def _moment(day: date) -> alt.DateTime:
    return alt.DateTime(year=day.year, month=day.month, date=day.day, utc=True)


def _whole(most: int) -> dict[str, Any]:
    """Ticks of an axis of counts: whole numbers only."""
    return {"values": list(range(most + 1))} if most <= _TICKS else {"tickCount": 5}


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _of(number: int, what: str) -> str:
    plural = f"{what}es" if what.endswith("x") else f"{what}s"
    return f"{number:,} {what if number == 1 else plural}"


def _all(names: Sequence[str]) -> str:
    if len(names) > 3:
        return f"{names[0]}, {names[1]} and {len(names) - 2} others"
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def _unknown(what: str) -> str:
    return (
        f"No track of this stretch of time has a known {what} yet: online providers bring it "
        "(mixtrove providers list says which are ready)."
    )
