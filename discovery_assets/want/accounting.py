"""Queries behind the checks of layer want: they return what is wrong, an empty list when nothing is."""

from __future__ import annotations

import sqlalchemy as sa

from mixtrove.library import schema

_link = schema.purchase_link
_track = schema.library_track


def useless_links(connection: sa.Connection) -> list[tuple[str, str, str]]:
    """Links that nobody can buy by: (store, address, what is wrong), by id."""
    merge = schema.merge_log
    merged = sa.exists().where(merge.c.merged_id == _link.c.library_track_id, merge.c.undone_at.is_(None))
    wrong = sa.case(
        (_track.c.id.is_(None) & merged, "of a track that became part of another one"),
        (_track.c.id.is_(None), "of a track that is not there"),
        (_track.c.provisional & (_link.c.kind == "offer"), "an offer for a line that nobody identified"),
        (_link.c.price.is_not(None) & _link.c.currency.is_(None), "a price without a currency"),
        (_link.c.price.is_(None) & _link.c.currency.is_not(None), "a currency without a price"),
        (_link.c.price < 0, "a price below nothing"),
        ((_link.c.kind == "search") & _link.c.price.is_not(None), "a search with a price"),
        (~_link.c.url.like("http%://%"), "no address of a page"),
    )
    rows = connection.execute(
        sa.select(_link.c.store, _link.c.url, wrong.label("wrong"))
        .join(_track, _track.c.id == _link.c.library_track_id, isouter=True)
        .where(wrong.is_not(None))
        .order_by(_link.c.id)
    )
    return [(row.store, row.url, row.wrong) for row in rows]
