"""REST: the typed client says what the addresses take, and takes its own types back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel

from mixtrove.api.shapes import asked, review, statistics, tracklists, tracks, wants
from mixtrove.client import ApiProblem
from tests.integration.api_scene import MIX, served


@pytest.mark.parametrize(
    ("said", "taken", "besides"),
    [
        (asked.MixAsked, tracklists.MixGiven, set()),
        (asked.TracklistsAsked, tracklists.TracklistsGiven, {"total"}),
        (asked.TrackListAsked, tracks.TrackListGiven, {"total"}),
        (asked.TracksAsked, tracks.TrackExportGiven, {"format"}),
        (asked.TrackAsked, tracks.TrackEdit, set()),
        (asked.WantsAsked, wants.WantsGiven, {"total"}),
        (asked.WantExportAsked, wants.WantExportGiven, {"format"}),
        (asked.WishOf, wants.WantGiven, set()),
        (asked.WantAsked, wants.WantEdit, set()),
        (asked.WantOf, wants.WantEditOf, set()),
        (asked.BasketAsked, wants.BasketGiven, set()),
        (asked.ReviewAsked, review.ReviewGiven, {"total"}),
        (asked.DecisionAsked, review.DecisionOf, set()),
        (asked.TrendsAsked, statistics.TrendsGiven, set()),
    ],
)
def test_what_may_be_said_is_what_is_taken(said: type, taken: type[BaseModel], besides: set[str]) -> None:
    assert set(said.__annotations__) | besides == set(taken.model_fields)


def test_the_client_takes_dates_and_prices_as_python_has_them(tmp_path: Path) -> None:
    with served(tmp_path / "home") as api:
        client = api.client
        mix = client.import_file(
            MIX.encode(), "mix.txt", dj="Four Tet", title=None, played_on=date(2019, 3, 2),
            idempotency_key="file",
        )  # fmt: skip
        assert (mix.dj, mix.played_on) == ("Four Tet", date(2019, 3, 2))
        client.discover_tracks(mix.tracklist_id, wait=0, idempotency_key="discover")
        api.work()
        [go] = client.tracks(title="go", discovered_after=date(2020, 1, 1), provisional=False)
        want = client.add_want(go.id, priority=4)
        bought = client.set_want(
            want.id, status="purchased", purchase_price=Decimal("1.99"), currency="EUR",
            purchase_date=datetime(2026, 5, 1, 10, tzinfo=UTC),
        )  # fmt: skip
        assert (bought.purchase_price, bought.purchased_at) == (
            Decimal("1.99"), datetime(2026, 5, 1, 10, tzinfo=UTC),
        )  # fmt: skip
        done = client.change_wants(set=[{"id": want.id, "purchase_date": date(2026, 5, 2)}])
        assert done.set[0].purchased_at == datetime(2026, 5, 2, tzinfo=UTC)
        assert len(client.statistics("daily", "played", start=date(2019, 3, 1)).periods) == 1
        assert client.trends(as_of=date(2019, 3, 2)).as_of == date(2019, 3, 2)
        with pytest.raises(ApiProblem) as stale:
            client.remove_want(want.id, if_version=want.want_version)
        assert stale.value.status == 412
        client.remove_want(want.id, if_version=done.set[0].want_version)
        [waiting] = client.review()
        assert client.review_item(waiting.id) == waiting
