"""What replies mean: Retry-After in all its forms, statuses, bodies that are none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from requests.structures import CaseInsensitiveDict

from mixtrove.providers.meaning import NoAnswer, decoded, meaning, retry_after
from mixtrove.providers.policy import Policy, Refusal, Reply, Request, fingerprint

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
POLICY = Policy("p", "https://p", 60, {}, 0, None)


def reply(status: int = 200, body: bytes = b"{}", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, CaseInsensitiveDict({"content-type": "application/json"} | named), body)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3),
        (" 3 ", 3),
        ("1.5", 1.5),
        ("0", 0),
        ("86400", 86_400),
        ("1795600000", 172_800),  # an epoch time
        ("Fri, 31 Dec 9999 23:59:59 GMT", 172_800),
        ("Wed, 25 Nov 2026 12:00:30 GMT", 30),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 0),
        ("Wed, 25 Nov 2026 12:00:30 -0000", 30),
        ("-5", None),
        ("", None),
        ("soon", None),
        ("1e3", None),
        ("99 Nov 2026", None),
        ("Wed, 99 Nov 20261 12:00:30 GMT", None),
        ("9" * 400, None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": text}, NOW) == seconds


def test_a_date_counts_by_the_clock_of_the_server() -> None:
    headers = {"Retry-After": "Wed, 25 Nov 2026 15:00:30 GMT", "Date": "Wed, 25 Nov 2026 15:00:00 GMT"}
    assert retry_after(headers, NOW) == 30


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, None), (201, None), (301, "server"), (400, "request"), (401, "credentials"), (403, "quota"),
        (404, "nothing"), (408, "server"), (410, "nothing"), (429, "quota"), (500, "server"), (503, "server"),
    ],
)  # fmt: skip
def test_statuses(status: int, kind: str | None) -> None:
    refusal = meaning(reply(status), POLICY, NOW)
    assert (refusal and refusal.kind) == kind


def test_what_the_provider_says_goes_first_and_the_header_names_the_time() -> None:
    policy = Policy("p", "https://p", 60, {}, 0, None, refusal=lambda *_: Refusal("quota", "too fast"))
    assert meaning(reply(200, retry_after="7"), policy, NOW) == Refusal("quota", "too fast", 7)
    named = Policy("p", "https://p", 60, {}, 0, None, refusal=lambda *_: Refusal("quota", "too fast", 2))
    assert meaning(reply(403, retry_after="7"), named, NOW) == Refusal("quota", "too fast", 2)


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": 1', b"\xff\xfe", b"NaN", b"[" * 100_000, b"<html></html>", b"1" * 5000]
)
def test_a_body_that_is_no_json(body: bytes) -> None:
    with pytest.raises(NoAnswer, match="JSON") as caught:
        decoded(reply(body=body))
    assert caught.value.__cause__ is None


def test_json_with_blank_lines_and_another_content_type() -> None:
    """As iTunes sends it."""
    assert decoded(reply(body=b'\n\n\n{"a": 1}', content_type="text/javascript; charset=utf-8")) == {"a": 1}


def test_a_web_page_with_status_200() -> None:
    with pytest.raises(NoAnswer, match="web page"):
        decoded(reply(body=b"<html>", content_type="text/html"))


def test_what_may_be_secret_is_not_shown() -> None:
    request = Request(
        "p", "token", "k", "/", form={"a": "hush"}, json={"b": "hush"}, headers={"Authorization": "hush"}
    )
    assert "hush" not in repr(request)
    assert "hush" not in repr(reply(body=b"hush", set_cookie="hush"))
    assert "hush" not in fingerprint("hush")
    assert fingerprint("a", "b") != fingerprint("ab")


@pytest.mark.parametrize("body", [b'{"length": 1' + b"0" * 400 + b"}", b'{"id": -12345678901234567890}'])
def test_a_number_without_sense_is_no_answer(body: bytes) -> None:
    with pytest.raises(NoAnswer):
        decoded(reply(body=body))


def test_half_a_surrogate_pair_is_replaced_wherever_it_is() -> None:
    body = rb'{"a": ["\ud800x", {"\uDFFF": "\ud83d\ude00"}]}'
    assert decoded(reply(body=body)) == {"a": ["\ufffdx", {"\ufffd": "\N{GRINNING FACE}"}]}


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "request"), (422, "request"), (405, "server"), (451, "server")]
)
def test_what_is_not_about_the_question_is_the_providers_state(status: int, kind: str) -> None:
    found = meaning(reply(status), POLICY, NOW)
    assert found is not None
    assert found.kind == kind
