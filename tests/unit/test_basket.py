"""Which offer is taken for which want, and what that comes to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtrove.library.basket import Basket, Total, fill_basket
from mixtrove.library.cuts import Said, best_first, fit, priced
from mixtrove.library.purchase_links import Link
from mixtrove.library.want_records import WantRecord

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def want(number: int, cut: str | None = None) -> WantRecord:
    return WantRecord(
        id=f"w{number}", library_track_id=f"t{number}", artist="A", title=f"T{number}", remix=None,
        label=None, catalog_number=None, provisional=False, heard=1, owned=False, cut=cut, priority=3,
        status="wanted", added_at=NOW, purchased_at=None, purchase_price=None, currency=None, store=None,
        notes=None, source_tracklist_id=None, version=1,
    )  # fmt: skip


def offer(
    store: str, price: str | None, currency: str = "EUR", cut: str | None = None, hours: int | None = 2
) -> Said:
    until = None if hours is None else NOW + timedelta(hours=hours)
    amount = None if price is None else Decimal(price)
    url = f"https://{store}.test/{price}/{currency}/{cut}"
    return Link(store, url, "offer", amount, currency, cut, until), NOW


def taken(basket: Basket) -> list[tuple[str, str, str]]:
    return [(one.want.id, one.link.store, str(one.link.price)) for one in basket.items]


def one(wanted: WantRecord, *links: Said, **options: str) -> Basket:
    return fill_basket([wanted], {wanted.library_track_id: links}, now=NOW, **options)


def test_the_cheapest_offer_is_taken_and_totals_are_per_store_and_currency() -> None:
    basket = fill_basket(
        [want(1), want(2), want(3)],
        {
            "t1": [offer("beatport", "1.49"), offer("itunes", "1.29")],
            "t2": [offer("beatport", "1.49")],
            "t3": [offer("itunes", "0.99"), offer("discogs", "0.98", "USD")],
        },
        now=NOW,
    )
    assert taken(basket) == [("w1", "itunes", "1.29"), ("w2", "beatport", "1.49"), ("w3", "itunes", "0.99")]
    assert basket.totals == (
        Total("itunes", "EUR", 2, Decimal("2.28")),
        Total("beatport", "EUR", 1, Decimal("1.49")),
    )


def test_a_named_cut_is_taken_before_an_unknown_one_and_another_one_never() -> None:
    dearer = offer("beatport", "2.49", cut="extended")
    unknown, radio = offer("itunes", "0.99"), offer("juno", "0.50", cut="radio")
    assert taken(one(want(1, "extended"), unknown, dearer, radio)) == [("w1", "beatport", "2.49")]
    assert taken(one(want(1, "extended"), unknown, radio)) == [("w1", "itunes", "0.99")]
    assert one(want(1, "extended"), radio).missing == (want(1, "extended"),)


def test_where_no_cut_was_named_the_radio_edit_is_taken_only_when_there_is_nothing_else() -> None:
    radio, original = offer("juno", "0.50", cut="radio"), offer("beatport", "1.49", cut="original")
    assert taken(one(want(1), radio, original)) == [("w1", "beatport", "1.49")]
    assert taken(one(want(1), radio)) == [("w1", "juno", "0.50")]


def test_a_price_that_may_not_be_shown_any_more_is_not_taken() -> None:
    expired, forgotten = offer("discogs", "0.10", hours=0), offer("itunes", None)
    assert taken(one(want(1), expired, offer("beatport", "1.49"))) == [("w1", "beatport", "1.49")]
    basket = one(want(1), expired, forgotten)
    assert basket.items == ()
    [(who, offers)] = basket.unpriced
    assert (who.id, {link.store for link, _ in offers}) == ("w1", {"discogs", "itunes"})
    assert taken(one(want(1), offer("bandcamp", "5.00", hours=None))) == [("w1", "bandcamp", "5.00")]


def test_searches_are_no_offers() -> None:
    search: Said = (Link("juno", "https://juno.test/?q=a", "search"), NOW)
    assert one(want(1), search).missing == (want(1),)


def test_of_several_currencies_the_one_most_wants_can_be_had_in_is_taken() -> None:
    basket = fill_basket(
        [want(1), want(2)],
        {
            "t1": [offer("discogs", "0.50", "USD"), offer("itunes", "1.29", "EUR")],
            "t2": [offer("beatport", "1.49", "EUR")],
        },
        now=NOW,
    )
    assert taken(basket) == [("w1", "itunes", "1.29"), ("w2", "beatport", "1.49")]


def test_a_store_or_a_currency_alone_can_be_asked_for() -> None:
    links = (offer("discogs", "0.50", "USD"), offer("itunes", "1.29"), offer("beatport", "1.49"))
    assert taken(one(want(1), *links, currency="USD")) == [("w1", "discogs", "0.50")]
    only = fill_basket([want(1)], {"t1": links}, now=NOW, stores=["beatport"])
    assert taken(only) == [("w1", "beatport", "1.49")]
    assert fill_basket([want(1)], {"t1": links}, now=NOW, stores=["juno"]).missing == (want(1),)
    assert [who.id for who, _ in one(want(1), *links, currency="CHF").unpriced] == ["w1"]


@pytest.mark.parametrize(
    ("offered", "wanted", "how_well"),
    [
        (None, None, 0), ("original", None, 0), ("extended", None, 0), ("radio", None, 1),
        ("extended", "extended", 0), (None, "extended", 1), ("original", "extended", None),
        ("radio", "original", None),
    ],
)  # fmt: skip
def test_how_well_a_cut_suits(offered: str | None, wanted: str | None, how_well: int | None) -> None:
    assert fit(offered, wanted) == how_well


def test_the_best_place_is_shown_first() -> None:
    search: Said = (Link("juno", "https://juno.test/?q=a", "search"), NOW)
    dear, cheap = offer("beatport", "2.49", cut="extended"), offer("itunes", "0.99", cut="radio")
    unpriced = offer("bandcamp", None, cut="extended")
    assert best_first([search, cheap, unpriced, dear], "extended") == [dear, unpriced, cheap, search]


_CUTS = st.sampled_from([None, "original", "extended", "radio"])
_OFFERS = st.lists(
    st.builds(
        offer,
        st.sampled_from(["beatport", "itunes", "discogs"]),
        st.one_of(st.none(), st.decimals("0.01", "9.99", places=2).map(str)),
        st.sampled_from(["EUR", "USD"]),
        _CUTS,
        st.sampled_from([0, 2]),
    ),
    max_size=5,
)


@given(cases=st.lists(st.tuples(_CUTS, _OFFERS), max_size=6))
def test_every_want_is_in_one_place_and_no_suiting_offer_is_cheaper(
    cases: Sequence[tuple[str | None, list[Said]]],
) -> None:
    wants = [want(number, cut) for number, (cut, _) in enumerate(cases)]
    links = {f"t{number}": offers for number, (_, offers) in enumerate(cases)}
    basket = fill_basket(wants, links, now=NOW)
    places = [item.want for item in basket.items] + [who for who, _ in basket.unpriced] + [*basket.missing]
    assert sorted(one.id for one in places) == sorted(one.id for one in wants)
    for item in basket.items:
        assert priced(item.link, NOW)
        taken_fit = fit(item.link.cut, item.want.cut)
        assert taken_fit is not None
        for link, _ in links[item.want.library_track_id]:
            other = fit(link.cut, item.want.cut)
            if priced(link, NOW) and link.currency == item.link.currency and other is not None:
                assert (taken_fit, item.link.price) <= (other, link.price)
    for code in ("EUR", "USD"):
        total = sum(one.amount for one in basket.totals if one.currency == code)
        assert total == sum(one.link.price or 0 for one in basket.items if one.link.currency == code)
