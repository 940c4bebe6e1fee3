"""A prepared credit written down as numbers, the form that ``kernel.py`` reads.

A record is a header of little-endian unsigned 16-bit numbers, whose meaning the constants at the top of
``kernel.py`` name, and ASCII text. It depends on nothing but the credit and ``word_counts.csv``, so it can be
stored. Not here: what is compared (``prepared.py``) and how (``kernel.py``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from mixtrove.matching import kernel
from mixtrove.matching.credit import Credit, plays_against
from mixtrove.matching.normalise import latin, squeezed
from mixtrove.matching.prepared import Prepared, prepare
from mixtrove.matching.version import HEADS
from mixtrove.matching.weights import artist_weight, title_weight

_TYPE_BIT = {name: 1 << at for at, name in enumerate(kernel.TYPES)}
_OTHER_TYPE = _TYPE_BIT["other"]
_TYPE_CODE = {name: at + 1 for at, name in enumerate(kernel.TYPES)}
_CUT = {name: at for at, name in enumerate(kernel.CUT_NAMES)}
_FAMILY = {name: at for at, name in enumerate(kernel.FAMILIES)}
_WORD_TYPE = {word: _TYPE_BIT.get(what, _OTHER_TYPE) for word, what in HEADS.items() if ":" not in what}
_SOFT = tuple(sorted({what[5:] for what in HEADS.values() if what.startswith("soft:")}))
_TYPE_WORDS = frozenset(_WORD_TYPE)
_HEADER = Struct(f"<{kernel.HEADER}H")
_NO_HASH = (0, 0, 0, 0)
_LIVE = re.compile(r"\blive\b", re.IGNORECASE)
_LIVE_ACT = re.compile(r"\slive$", re.IGNORECASE)
_BRACKET = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_KIND = re.compile(r"\s+(?:-\s+)?(?:EP|LP|(?:deluxe )?single|deluxe(?: edition)?)$", re.IGNORECASE)
_WEIGHTS = (kernel.ARTIST_WEIGHTS, kernel.TITLE_WEIGHTS, kernel.BASE_WEIGHTS, kernel.MAKER_WEIGHTS)
_LONGEST = 2_000  # letters of a section; what is behind them is not compared
_FEATURED = 0.4  # a featured artist's words against a headline artist's


def packed(credit: Credit) -> bytes:
    """The record of a credit; cached on the credit itself."""
    found: bytes | None = credit.__dict__.get("_packed")
    if found is None:
        found = pack(prepare(credit))
        credit.__dict__["_packed"] = found
    return found


def remember_packed(credit: Credit, record: bytes) -> None:
    """Take a record that was stored with a credit instead of packing it again."""
    credit.__dict__["_packed"] = record


def pack(ready: Prepared) -> bytes:
    """The record of a prepared credit."""
    credit, version = ready.credit, ready.version
    text: list[str] = []
    spans: dict[str, tuple[int, int]] = {}
    places: list[int] = []
    end = 0
    title_weights = _weights(ready.words)
    for number, section in enumerate((
        ready.title, ready.title_squeezed, ready.base, ready.base.replace(" ", ""),
        " ".join(ready.subtitle), ready.digits, ready.flat, " ".join(ready.artists),
        _artist_weights(ready.artists, ready.headline), " ".join(ready.names), " ".join(ready.makers),
        ready.mix_name, " ".join(version.numbers), " ".join(ready.numbers), " ".join(ready.initials),
        title_weights, title_weights if ready.base == ready.title else _weights(tuple(ready.base.split())),
        _album(credit.album) if credit.album else "", _artist_weights(ready.makers, len(ready.makers)),
    )):  # fmt: skip
        if not section.isascii() and number not in _WEIGHTS:
            section = section.encode("ascii", "replace").decode()
        span = spans.get(section)
        if span is None:
            spans[section] = span = end, end + min(len(section), _LONGEST)
            end = span[1]
            text.append(section[:_LONGEST])
        places += span
    flags = ready.unknown * kernel.FLAG_UNKNOWN + ready.phrase * kernel.FLAG_PHRASE
    flags += ready.generic * kernel.FLAG_GENERIC
    if credit.spelled and plays_against(credit.spelled):
        flags += kernel.FLAG_AGAINST
    if credit.album and _LIVE.search(credit.album):
        flags += kernel.FLAG_LIVE_ALBUM
    if "live" not in version.types and any(
        name[-4:].lower() == "live" and _LIVE_ACT.search(name) for name in credit.artists
    ):
        flags += kernel.FLAG_LIVE_ACT
    types = word_types = 0
    for name in version.types:
        types |= _TYPE_BIT.get(name, _OTHER_TYPE)
    if not _TYPE_WORDS.isdisjoint(ready.words):
        for word in ready.words:
            word_types |= _WORD_TYPE.get(word, 0)
    header = _HEADER.pack(
        types & 0xFFFF, types >> 16, _soft(version.soft), _CUT.get(version.cut, 0), _FAMILY[version.family],
        _year(version.year), flags,
        ord(ready.side) if ready.side else 0,
        _TYPE_CODE.get(ready.trailing, _TYPE_CODE["other"]) if ready.trailing else 0,
        _in_header(credit.duration, 10),
        *_hash(credit.label), *_hash(credit.catalog_number), *_hash(credit.isrc),
        ready.headliners, word_types & 0xFFFF, word_types >> 16,
        _in_header(credit.year), *places,
    )  # fmt: skip
    return header + "".join(text).encode("latin-1")


# Weights stand in the text as the letters that have these numbers.
@lru_cache(maxsize=65536)
def _weights(words: tuple[str, ...]) -> str:
    return "".join([chr(int(title_weight(word) * kernel.WEIGHT)) for word in words])


@lru_cache(maxsize=65536)
def _artist_weights(words: tuple[str, ...], headline: int) -> str:
    return "".join(
        [
            chr(max(int(artist_weight(word) * (1.0 if at < headline else _FEATURED) * kernel.WEIGHT), 1))
            for at, word in enumerate(words)
        ]
    )


def unpack(records: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The headers, shape (records, HEADER), and the text of records as the kernel takes them."""
    size = _HEADER.size
    numbers = np.frombuffer(b"".join([record[:size] for record in records]), "<u2").astype(np.int64)
    headers = numbers.reshape(len(records), kernel.HEADER)
    lengths = np.fromiter(map(len, records), np.int64, len(records)) - size
    headers[1:, kernel.SECTIONS :] += np.cumsum(lengths)[:-1, None]
    return headers, np.frombuffer(b"".join([record[size:] for record in records]), np.uint8)


def shrink(records: Sequence[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Records in the shorter form they are stored in, one behind the other, and where each ends."""
    headers, text = unpack(records)
    ends = np.zeros(len(records), np.int64)
    blob = np.empty(sum(map(len, records)) + 4 * len(records), np.uint8)
    kernel.shrink_records(headers, text, text_bases(records), blob, ends)
    return blob[: ends[-1] if len(ends) else 0], ends


def widen(blob: NDArray[np.uint8], starts: NDArray[np.int64], stops: NDArray[np.int64]) -> list[bytes]:
    """The records stored at these places of ``blob``, as ``pack`` writes them.

    Raises:
        ValueError: one of them is damaged.
    """
    headers = np.zeros((len(starts), kernel.HEADER), np.int64)
    text = np.zeros(int((stops - starts).sum()), np.uint8)
    ends = kernel.widen_records(blob, starts, stops, headers, text)
    headers[:, kernel.SECTIONS :] -= ends[:-1, None]
    numbers, letters = headers.astype("<u2"), text.tobytes()
    return [numbers[at].tobytes() + letters[ends[at] : ends[at + 1]] for at in range(len(starts))]


def text_bases(records: Sequence[bytes]) -> NDArray[np.int64]:
    """Where the text of each record starts in what ``unpack`` gives, and where the last one ends."""
    bases = np.zeros(len(records) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, records), np.int64, len(records)) - _HEADER.size, out=bases[1:])
    return bases


@lru_cache(maxsize=4096)
def _album(text: str) -> str:
    """An album's name squeezed, without brackets and without what kind of release it is."""
    text = " ".join(text[:_LONGEST].split())
    return latin(squeezed(_KIND.sub("", _BRACKET.sub("", text)) or text)).replace(" ", "")


def _in_header(number: object, times: int = 1) -> int:
    """A number from outside as a header holds it; 0 for what is none."""
    if isinstance(number, int | float) and 0 < number < 0xFFFF / times:
        return int(number * times)
    return 0


def _year(text: str | None) -> int:
    digits = "".join(sign for sign in text or "" if sign.isdigit())
    return int(digits[-2:]) + 1 if digits else 0


def _soft(kinds: frozenset[str]) -> int:
    return sum(1 << _SOFT.index(kind) for kind in kinds if kind in _SOFT)


@lru_cache(maxsize=16384)
def _hash(text: str | None) -> tuple[int, ...]:
    plain = squeezed(text[:_LONGEST]) if text else ""
    if not plain:
        return _NO_HASH
    digest = blake2b(plain.encode("utf-8", "replace"), digest_size=8).digest()
    return tuple(int.from_bytes(digest[at : at + 2], "little") for at in (0, 2, 4, 6))
