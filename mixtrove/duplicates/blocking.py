"""Which tracks are worth comparing: those that share a key and are alike at a glance; compiled.

A track is filed under each of its artists, each spelling of its title, composites of their first and last
letters that survive a slip in both (MATCHING §6), its album, its catalogue number and its place on an album.
Of a block's tracks those are paired whose *signatures* (the pairs of letters of a text as bits of one machine
word) or whose facts are alike. What is read are packed records (``matching.packed``). Not here: looking up
single lines among millions (``catalogue.retrieval``), what a pair is (``evidence.py``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from mixtrove.matching.kernel import (
    ALBUM,
    BASE_PLAIN,
    CATALOG_NUMBER,
    DIGITS,
    DURATION,
    FLAT,
    NAMES,
    RELEASED,
    SECTIONS,
    SPACE,
    TITLE_PLAIN,
)

# The kinds of keys, and how many tracks a block of each may have to be looked at: of a larger one other keys
# find what is alike. Blocks of TURNED and EXACT are paired without a glance, of large ones neighbours alone.
(
    NAME, TITLE, FRONTS, BACKS, FRONT_BACK, BACK_FRONT, TURNED, RELEASE, TITLE_FRONT, TITLE_BACK, LINE_FRONT,
    PLACE, EXACT,
) = range(13)  # fmt: skip
KINDS = 13
LARGEST = (2000, 2000, 1000, 1000, 1000, 1000, 40, 2000, 600, 600, 600, 600, 40)
MOST_KEYS = 40  # of a track
MOST_NAMES = 6  # names of a track it is filed under
SECONDS = 30  # tenths of a second within which two lengths agree


class Glance(NamedTuple):
    """What is compared at a glance, an entry a track: signatures uint64 of names, title and album, length in
    tenths of a second and year of release int32, position uint64; 0 where not known."""

    names: NDArray[np.uint64]
    titles: NDArray[np.uint64]
    albums: NDArray[np.uint64]
    lengths: NDArray[np.int32]
    years: NDArray[np.int32]
    positions: NDArray[np.uint64]


_jit: Any = numba.njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)  # type: ignore[call-overload]

_PRIME, _BASIS = np.uint64(0x100000001B3), np.uint64(0xCBF29CE484222325)
_MIX, _MIX_2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_PAIR = np.uint64(0x9E3779B97F4A7C15)
_S33, _S58, _S32 = np.uint64(33), np.uint64(58), np.uint64(32)
_ONE, _ZERO = np.uint64(1), np.uint64(0)
_M1, _M2 = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
_M4, _H01 = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
_C1, _C2, _C4, _S56 = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)


@_jit
def _hash(t, i, j, x):
    """64 bits of a text added to the bits ``x``."""
    for at in range(i, j):
        x = (x ^ np.uint64(t[at])) * _PRIME
    x ^= x >> _S33
    x *= _MIX
    x ^= x >> _S33
    x *= _MIX_2
    return x ^ (x >> _S33)


@_jit
def _number_hash(number, x):
    x = (x ^ np.uint64(number)) * _MIX
    return x ^ (x >> _S33)


@_jit
def _count(x):
    """How many bits are set."""
    x -= (x >> _C1) & _M1
    x = (x & _M2) + ((x >> _C2) & _M2)
    x = (x + (x >> _C4)) & _M4
    return np.int64((x * _H01) >> _S56)


@_jit
def _signature(t, i, j):
    """The pairs of letters of a text, its beginning and end among them; 0 for none."""
    signature = _ZERO
    before = np.uint64(94)
    for at in range(i, j):
        if t[at] == SPACE:
            continue
        letter = np.uint64(t[at])
        signature |= _ONE << (((before * np.uint64(131) + letter) * _PAIR) >> _S58)
        before = letter
    if i < j:
        signature |= _ONE << (((before * np.uint64(131) + np.uint64(36)) * _PAIR) >> _S58)
    return signature


@_jit
def _alike(a, b):
    """How alike two signatures are, in [0, 1]; −1 when one says nothing."""
    n, m = _count(a), _count(b)
    if n == 0 or m == 0:
        return -1.0
    return _count(a & b) / (0.6 * min(n, m) + 0.4 * max(n, m))


@_jit
def _span(h, row, section):
    return h[row, SECTIONS + 2 * section], h[row, SECTIONS + 2 * section + 1]


@_jit
def _past_the(t, i, j):
    """Where a text without spaces starts past a leading *the*."""
    if j - i > 5 and t[i] == 116 and t[i + 1] == 104 and t[i + 2] == 101:
        return i + 3
    return i


@_jit
def _file(kinds, keys, count, kind, key):
    for at in range(count):
        if kinds[at] == kind and keys[at] == key:
            return count
    if count < MOST_KEYS:
        kinds[count], keys[count] = kind, key
        count += 1
    return count


@_jit
def _keys_of_titles(h, t, row, kinds, keys, count):
    for section in (TITLE_PLAIN, BASE_PLAIN, FLAT, DIGITS):
        i, j = _span(h, row, section)
        if i < j:
            count = _file(kinds, keys, count, TITLE, _hash(t, _past_the(t, i, j), j, _BASIS))
    i, j = _span(h, row, BASE_PLAIN)
    i = _past_the(t, i, j)
    if j - i >= 8:
        count = _file(kinds, keys, count, TITLE_FRONT, _hash(t, i, i + 7, _BASIS))
        count = _file(kinds, keys, count, TITLE_BACK, _hash(t, j - 7, j, _BASIS))
    return count


@_jit
def _keys_of_names(h, t, row, kinds, keys, count):
    i, j = _span(h, row, BASE_PLAIN)
    i = _past_the(t, i, j)
    at, end = _span(h, row, NAMES)
    for _ in range(MOST_NAMES):
        if at >= end:
            break
        stop = at
        while stop < end and t[stop] != SPACE:
            stop += 1
        name = _hash(t, at, stop, _BASIS)
        count = _file(kinds, keys, count, NAME, name)
        if i < j:
            count = _file(kinds, keys, count, TURNED, name ^ _hash(t, i, j, _BASIS))
            front, back = _hash(t, at, min(at + 4, stop), _BASIS), _hash(t, max(stop - 3, at), stop, _BASIS)
            short = _hash(t, at, min(at + 3, stop), _BASIS)
            count = _file(kinds, keys, count, FRONTS, _hash(t, i, min(i + 4, j), front))
            count = _file(kinds, keys, count, BACKS, _hash(t, max(j - 4, i), j, back))
            count = _file(kinds, keys, count, FRONT_BACK, _hash(t, max(j - 5, i), j, short))
            count = _file(kinds, keys, count, BACK_FRONT, _hash(t, i, min(i + 5, j), back))
        at = stop + 1
    return count


@_jit
def _keys_of_facts(h, t, row, position, kinds, keys, count):
    i, j = _span(h, row, ALBUM)
    if j - i >= 3:
        count = _file(kinds, keys, count, RELEASE, _hash(t, i, j, _BASIS))
        if j - i >= 12:
            count = _file(kinds, keys, count, RELEASE, _hash(t, i, i + 10, _BASIS))
            count = _file(kinds, keys, count, RELEASE, _hash(t, j - 10, j, _BASIS))
    number = _ZERO
    for at in range(CATALOG_NUMBER, CATALOG_NUMBER + 4):
        number = number << np.uint64(16) | np.uint64(h[row, at])
    if number:
        count = _file(kinds, keys, count, RELEASE, _number_hash(number, _MIX))
    length, year = h[row, DURATION], h[row, RELEASED]
    if position:
        if length:
            for bucket in (length // SECONDS, (length + SECONDS // 2) // SECONDS + (1 << 20)):
                count = _file(kinds, keys, count, PLACE, _number_hash(position, _number_hash(bucket, _BASIS)))
        if year and length == 0:
            count = _file(kinds, keys, count, PLACE, _number_hash(position, _number_hash(year, _MIX)))
    return count


@_jit
def _keys_of_line(h, t, row, line, kinds, keys, count):
    """Artists and title run together: what stands in the wrong field is found all the same."""
    end = 0
    for section in (NAMES, BASE_PLAIN):
        i, j = _span(h, row, section)
        for at in range(i, j):
            if t[at] != SPACE and end < len(line):
                line[end] = t[at]
                end += 1
    if end >= 8:
        count = _file(kinds, keys, count, LINE_FRONT, _hash(line, 0, 8, _BASIS))
    return count


def _kept(function: Any) -> Any:
    """Compile on first use and keep the machine code on disk where that can be written to."""
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder for it: neither the package's nor the user's can be written
        return numba.njit(nogil=True)(function)


@_kept
def file_tracks(h, t, positions, identities, first, glance, kinds, keys, numbers):
    """What the records in ``h`` are filed under; their entries of ``glance`` are filled.

    ``first`` is the number of the first one. ``kinds`` uint8, ``keys`` uint64 and ``numbers`` uint32 have
    room for MOST_KEYS a record. Returns how many were written.
    """
    total = 0
    line = np.zeros(64, np.uint8)
    for row in range(len(h)):
        number = first + row
        i, j = _span(h, row, NAMES)
        glance.names[number] = _signature(t, i, j)
        i, j = _span(h, row, BASE_PLAIN)
        glance.titles[number] = _signature(t, _past_the(t, i, j), j)
        i, j = _span(h, row, ALBUM)
        glance.albums[number] = _signature(t, i, j)
        glance.lengths[number], glance.years[number] = h[row, DURATION], h[row, RELEASED]
        glance.positions[number] = positions[row]
        mine, own = kinds[total : total + MOST_KEYS], keys[total : total + MOST_KEYS]
        count = 0
        if identities[row]:
            count = _file(mine, own, 0, EXACT, identities[row])
        count = _keys_of_titles(h, t, row, mine, own, count)
        count = _keys_of_names(h, t, row, mine, own, count)
        count = _keys_of_facts(h, t, row, positions[row], mine, own, count)
        count = _keys_of_line(h, t, row, line, mine, own, count)
        for at in range(total, total + count):
            numbers[at] = number
        total += count
    return total


@_jit
def _worth_a_look(glance, a, b):
    """Whether two tracks are alike enough to be compared."""
    title = _alike(glance.titles[a], glance.titles[b])
    names = _alike(glance.names[a], glance.names[b])
    if title >= 0.5 and (names >= 0.4 or names < 0.0):
        return True
    length = glance.lengths[a] != 0 and glance.lengths[b] != 0
    length = length and abs(glance.lengths[a] - glance.lengths[b]) <= SECONDS
    position = glance.positions[a] != 0 and glance.positions[a] == glance.positions[b]
    album = _alike(glance.albums[a], glance.albums[b]) >= 0.6
    if not (length or position or album):
        return title >= 0.85 and names >= 0.25
    year = glance.years[a] != 0 and glance.years[a] == glance.years[b]
    facts = np.int64(length) + np.int64(position) + np.int64(album) + np.int64(year)
    if position and facts >= 2:
        return facts >= 3 or album or title >= 0.3 or names >= 0.4
    return facts >= 2 and (title >= 0.4 or (title < 0.0 and names >= 0.4))


@_kept
def pair_up(keys, numbers, largest, exact, glance):
    """The pairs of tracks that share a key and are worth a look, each as left << 32 | right, left < right.

    ``keys`` uint64 ascending, ``numbers`` uint32 beside them. Blocks of more than ``largest`` are passed
    over, but for ``exact`` ones, of which each track is paired with the next ``largest``.
    """
    found = np.empty(max(len(keys), 16), np.uint64)
    count = 0
    start = 0
    while start < len(keys):
        stop = start + 1
        while stop < len(keys) and keys[stop] == keys[start]:
            stop += 1
        if stop - start <= largest or exact:
            for one in range(start, stop):
                for other in range(one + 1, min(stop, one + 1 + largest)):
                    a, b = min(numbers[one], numbers[other]), max(numbers[one], numbers[other])
                    if a == b or not (exact or _worth_a_look(glance, a, b)):
                        continue
                    if count == len(found):
                        more = np.empty(2 * len(found), np.uint64)
                        more[:count] = found
                        found = more
                    found[count] = np.uint64(a) << _S32 | np.uint64(b)
                    count += 1
        start = stop
    return found[:count].copy()
