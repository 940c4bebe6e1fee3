"""Lists page by page: each page says where the next one is, in its body and in a ``Link`` header (RFC 8288).

Pages are found by the last item of the one before (keyset), so that none is missed or shown twice when the
list changes in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from fastapi import Request, Response

from mixtrove.api.shapes.common import Page

Item = TypeVar("Item")


def page(
    request: Request, response: Response, items: Sequence[Item], after: str | None, total: int | None
) -> Page[Any]:
    """A page as it is answered.

    Args:
        request: what was asked; the next page is asked for in the same way.
        response: gets the header.
        items: of this page.
        after: the cursor of the next page; None when there is none.
        total: items of the whole list, when that was asked for.
    """
    address = None
    if after is not None:
        address = str(request.url.include_query_params(after=after).replace(scheme="", netloc=""))
        response.headers["Link"] = f'<{address}>; rel="next"'
    return Page[Any](items=list(items), next=address, total=total)
