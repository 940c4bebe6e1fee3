"""What trends, pace and conversion must be: computed from the rows of the store with code of its own.

The words are those of the headers of ``sql/marts/trends.sql``, ``discovery_pace.sql`` and ``conversion.sql``;
whoever changes the one changes the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from tests.integration.expected_statistics import Figures, artists_of, facts_of, origin_of, spellings
from tests.integration.life_scene import Row, Rows

DAYS = timedelta(days=30)
SMOOTHING = 2.0


def expected_trends(rows: Rows, basis: str, as_of: date, floor: int) -> list[Figures]:
    """The rows of ``trends`` on a basis, by kind and rank, as ``read.Trend`` has them."""
    plays = [play for play in facts_of(rows, basis).drop_nulls("track").to_dicts() if play["day"] <= as_of]
    found = [
        {"kind": kind, **one, "growth": _growth(one, total)}
        for kind, counted, total in (
            *((kind, _counted(rows, plays, kind, basis, as_of), _windows(plays, as_of)) for kind in _ITEMS),
            ("dj", *_djs(rows, as_of)),
        )
        if (kind != "dj" or basis == "played") and all(total)
        for one in counted
        if one["mixes"] >= floor
    ]
    found.sort(key=lambda one: (one["kind"], -one["growth"], -one["recent"], one["item"]))
    ranks: dict[str, int] = defaultdict(int)
    for one in found:
        ranks[one["kind"]] += 1
        new, growth = one.pop("is_new"), one["growth"]
        one["direction"] = (
            "new" if new else "rising" if growth >= 1.25 else "falling" if growth <= 0.8 else "steady"
        )
        one |= {"basis": basis, "as_of": as_of, "rank": ranks[one["kind"]]}
    return found


def expected_pace(rows: Rows, basis: str, as_of: date) -> list[Figures]:
    """The rows of ``discovery_pace`` on a basis, the recent window first, as ``read.Pace`` has them."""
    facts = facts_of(rows, basis)
    plays = facts.drop_nulls("track").sort("at", "entry")
    firsts = plays.unique("track", keep="first", maintain_order=True)
    known = _identified(rows)
    found = []
    for stretch, last in (("recent", as_of), ("before", as_of - DAYS)):
        within = pl.col("day").is_between(last - DAYS + timedelta(days=1), last)
        part, heard, new = facts.filter(within), plays.filter(within), firsts.filter(within)
        waited = pl.Series(
            [
                max((known[track] - day).days, 0)
                for track, day in new.select("track", "day").iter_rows()
                if track in known
            ],
            dtype=pl.Float64,
        )
        if part.is_empty():
            continue
        found.append(
            {
                "basis": basis, "stretch": stretch, "first_day": last - DAYS + timedelta(days=1),
                "last_day": last, "mixes": part["mix"].n_unique(), "plays": heard.height,
                "tracks": heard["track"].n_unique(), "new_tracks": new.height,
                "discovery_rate": new.height / heard.height if heard.height else None,
                "identified": waited.len(), "median_days": waited.median(),
                "p90_days": waited.quantile(0.9, "linear"),
            }
        )  # fmt: skip
    return found


def expected_conversion(rows: Rows, dimension: str) -> list[Figures]:
    """The rows of ``conversion`` of a dimension, most wants first, as ``read.Conversion`` has them."""
    wants: dict[str, list[Row]] = defaultdict(list)
    for want in rows["want"].values():
        if dimension not in ("store", "price") or want["status"] == "purchased":
            wants[_value(rows, want, dimension)].append(want)
    found = [_converted(rows, dimension, value, some) for value, some in wants.items()]
    return sorted(found, key=lambda one: (-one["wants"], one["value"]))


_ITEMS: Mapping[str, Callable[[Row], Iterable[str]]] = {
    "track": lambda play: [play["track"]],
    "unreleased": lambda play: [play["track"]],
    "artist": lambda play: artists_of(play["artist"]),
    "genre": lambda play: [play["genre"].lower()] if play["genre"] else [],
    "label": lambda play: [play["label"].lower()] if play["label"] else [],
    "source": lambda play: [play["source"]],
}


def _counted(rows: Rows, plays: list[Row], kind: str, basis: str, as_of: date) -> list[Figures]:
    of: dict[str, list[Row]] = defaultdict(list)
    unreleased = _unreleased(rows)
    for play in plays:
        if kind != "unreleased" or play["track"] in unreleased:
            for item in _ITEMS[kind](play):
                of[item].append(play)
    names = spellings(rows)
    found = []
    for item, some in of.items():
        recent, before = _windows(some, as_of)
        days = [play["day"] for play in some]
        if kind == "source":  # of all its mixes, whatever is in them
            days = _days_of_mixes(rows, item, basis)
        if not recent + before:
            continue
        found.append(
            {
                "item": item,
                "name": names[kind][item] if kind in names else _name(some[0]) if kind != "source" else item,
                "recent": recent,
                "before": before,
                "mixes": len({play["mix"] for play in some if play["day"] > as_of - 2 * DAYS}),
                "is_new": bool(days) and min(days) > as_of - DAYS,
            }
        )
    return found


def _days_of_mixes(rows: Rows, origin: str, basis: str) -> list[date]:
    mixes = [mix for mix in rows["tracklist"].values() if origin_of(mix) == origin]
    days = [mix["played_on"] if basis == "played" else mix["imported_at"].date() for mix in mixes]
    return [day for day in days if day is not None]


def _djs(rows: Rows, as_of: date) -> tuple[list[Figures], tuple[int, int]]:
    of_track: dict[str, list[tuple[date, str | None]]] = defaultdict(list)
    for play in facts_of(rows, "played").drop_nulls("track").to_dicts():
        of_track[play["track"]].append((play["day"], play["dj"] and play["dj"].lower()))
    taken_up: dict[str, list[date]] = defaultdict(list)
    for some in of_track.values():
        first_day = min(day for day, _ in some)
        [first, *others] = {dj for day, dj in some if day == first_day}
        later = [day for day, dj in some if dj and dj != first]
        if first and not others and later and min(later) <= as_of:
            taken_up[first].append(min(later))
    spelled: dict[str, str] = {}
    for mix in rows["tracklist"].values():
        if mix["dj"]:
            spelled[mix["dj"].lower()] = min(spelled.get(mix["dj"].lower(), mix["dj"]), mix["dj"])
    found = []
    for dj, days in taken_up.items():
        recent, before = _windows([{"day": day} for day in days], as_of)
        found.append(
            {"item": dj, "name": spelled[dj], "recent": recent, "before": before, "mixes": recent + before,
             "is_new": min(days) > as_of - DAYS}
        )  # fmt: skip
    totals = sum(one["recent"] for one in found), sum(one["before"] for one in found)
    return found, totals


def _windows(plays: Iterable[Mapping[str, Any]], as_of: date) -> tuple[int, int]:
    days = [play["day"] for play in plays]
    recent = sum(as_of - DAYS < day <= as_of for day in days)
    return recent, sum(as_of - 2 * DAYS < day <= as_of - DAYS for day in days)


def _growth(one: Figures, total: tuple[int, int]) -> float:
    return float((one["recent"] + SMOOTHING) / (one["before"] * total[0] / total[1] + SMOOTHING))


def _name(play: Row) -> str:
    return f"{play['artist']} - {play['title']}" + (f" ({play['remix']})" if play["remix"] else "")


def _unreleased(rows: Rows) -> set[str]:
    said = {
        row["line_key"]
        for row in rows["correction"].values()
        if row["kind"] == "unreleased" and row["undone_at"] is None
    }
    found = set()
    for play in rows["track_discovery"].values():
        entry = rows["tracklist_entry"][play["entry_id"],]
        track = rows["library_track"].get((play["library_track_id"],))
        unknown = entry["is_id"] or entry["unreleased"] or entry["line_key"] in said
        if track and track["provisional"] and unknown:
            found.add(track["id"])
    return found


def _identified(rows: Rows) -> dict[str, date]:
    """Track → the day since when it is known what it is."""
    found: dict[str, date] = {}
    for play in rows["track_discovery"].values():
        if play["identified_at"] is not None and play["library_track_id"] is not None:
            day = play["identified_at"].date()
            found[play["library_track_id"]] = min(found.get(play["library_track_id"], day), day)
    return found


def _value(rows: Rows, want: Row, dimension: str) -> str:
    track = rows["library_track"].get((want["library_track_id"],), {})
    mix = rows["tracklist"].get((want["source_tracklist_id"],))
    price = want["purchase_price"]
    if price is not None:
        bands = ((1, "under 1"), (2, "1 to 1.99"), (5, "2 to 4.99"), (10, "5 to 9.99"))
        band = next((name for limit, name in bands if price < limit), "10 and more")
        price = f"{want['currency'] or '?'} {band}"
    values = {
        "all": "all", "month": f"{want['added_at']:%Y-%m}", "priority": str(want["priority"]),
        "genre": track.get("genre"), "label": track.get("label"), "dj": mix and mix["dj"],
        "source": mix and origin_of(mix), "store": want["store"], "price": price,
    }  # fmt: skip
    return str(values[dimension] or "unknown")


def _converted(rows: Rows, dimension: str, value: str, wants: list[Row]) -> Figures:
    bought = [want for want in wants if want["status"] == "purchased"]
    days = pl.Series([_days_wanted(rows, want) for want in bought], dtype=pl.Float64)
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for want in bought:
        if want["purchase_price"] is not None:
            spent[want["currency"]] += want["purchase_price"]
    return {
        "dimension": dimension, "value": value, "wants": len(wants),
        **{status: sum(want["status"] == status for want in wants)
           for status in ("wanted", "purchased", "unavailable")},
        "conversion_rate": None if dimension in ("store", "price") else len(bought) / len(wants),
        "median_days": days.median(), "p90_days": days.quantile(0.9, "linear"),
        "spent": [{"currency": key, "amount": spent[key]} for key in sorted(spent)],
    }  # fmt: skip


def _days_wanted(rows: Rows, want: Row) -> float | None:
    bought = want["purchased_at"] or max(
        (
            event["at"]
            for event in rows["want_event"].values()
            if event["want_id"] == want["id"]
            and event["new_status"] == "purchased"
            and event["old_status"] != "purchased"
        ),
        default=None,
    )
    if bought is None:
        return None
    if want["purchased_at"] is not None and bought.time() == time():  # of a purchase, the day is known
        days = (bought.date() - want["added_at"].date()).days
        return None if days < 0 else float(days)
    if bought < want["added_at"]:
        return None
    # whole seconds that begin in between, as the warehouse counts them
    begin, end = (moment.replace(microsecond=0) for moment in (want["added_at"], bought))
    return float((end - begin).total_seconds() / 86400.0)
