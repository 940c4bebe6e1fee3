"""Finding the recordings that a credit may be, among tens of millions, in microseconds; compiled.

A recording is filed under each of its artists and under its title in the spellings that a line may have.
A line's title gives the recordings that are called so, of which those by artists of a similar name are kept;
its artists give their recordings, of which those of a similar title are kept, then the artists whose names
are one slip away. Only what none of these find reaches the wider look at names that begin or end alike.
Likeness is told here by *signatures*: the pairs of letters of a text as bits of one machine word.

What is read are packed records (``matching.packed``): ``h`` their numbers, ``t`` their text. One file,
because numba's cache on disk notices only changes of the file itself. Not here: how the tables are made
and opened (``tables.py``), which candidate is right (``matching.choice``).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from mixtrove.matching.kernel import (
    ANY_SIGN,
    BASE,
    BASE_PLAIN,
    DIGITS,
    FAMILY,
    FLAT,
    HEADLINE,
    MIX_NAME,
    NAMES,
    SECTIONS,
    SPACE,
    TITLE,
    TITLE_PLAIN,
    TYPES_HIGH,
    TYPES_LOW,
)

MOST_NAMES = 12  # names of a recording that it is filed under
MOST_TITLES = 4  # spellings of its title
ASKED_NAMES = 6  # names of a line that are looked up
MOST_POSTINGS = 400_000  # recordings of one artist or title that are looked at for a line
MOST_NEAR = 60_000  # … of artists of a similar name, together
MOST_ALIKE = 3_000  # names that begin or end alike that are looked at
SHORTEST_NEAR = 4  # letters of a name of which a slip is forgiven
LONGEST_NEAR = 40
END = 5  # letters of the beginning or the end of a name that the wider look goes by

# The stages of the search by artist: those who are named, those whose names are one slip away, the line read
# as Title - Artist, those whose names begin or end alike; and from which score on a stage is not needed.
NAMED, SLIPS, SWAPPED, WIDER = range(4)
ENOUGH = (2.4 - 1e-9, 1.85, 1.55, 1.55)
WINDOW = 0.7  # what is further behind the best is no candidate
VERSION_WEIGHT = 0.4  # of the version against title and artist, which weigh 1
LEAST_TITLE = 0.42  # alike, of an artist who is named
LEAST_NEAR_TITLE = 0.45  # … of one who is named nearly so
NEARLY = 0.9  # an artist whose name is one slip away
LEAST_SLIP = 0.4  # alike, of names that a slip makes equal: against chance
LEAST_NAME = 0.55  # alike, of names that only begin or end the same


class Postings(NamedTuple):
    """Recordings by key. The key ``keys[n]`` has the postings ``starts[n] : starts[n + 1]``.

    ``keys`` uint64 ascending; ``buckets`` uint32: where keys with the same leading bits start;
    ``recordings`` uint32; ``signatures`` uint64 of what the key does not say: the titles of an artist's
    recordings, the artists of a title's; ``versions`` uint32.
    """

    keys: NDArray[np.uint64]
    starts: NDArray[np.uint32]
    buckets: NDArray[np.uint32]
    recordings: NDArray[np.uint32]
    signatures: NDArray[np.uint64]
    versions: NDArray[np.uint32]


class Filed(NamedTuple):
    """Rows of ``Postings`` that are not sorted yet, with the key of each."""

    keys: NDArray[np.uint64]
    signatures: NDArray[np.uint64]
    recordings: NDArray[np.uint32]
    versions: NDArray[np.uint32]


class Names(NamedTuple):
    """The artists' names by what a slip leaves of them. ``keys`` uint32 ascending, ``buckets`` as above,
    ``names`` uint32 are places in the keys of the artists' postings, ``signatures`` uint64 those of the
    names."""

    keys: NDArray[np.uint32]
    buckets: NDArray[np.uint32]
    names: NDArray[np.uint32]
    signatures: NDArray[np.uint64]


_jit: Any = numba.njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)  # type: ignore[call-overload]

_PRIME = np.uint64(0x100000001B3)
_BASIS = np.uint64(0xCBF29CE484222325)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
_PAIR = np.uint64(0x9E3779B97F4A7C15)
_S33, _S32, _S58 = np.uint64(33), np.uint64(32), np.uint64(58)
_ONE, _ZERO = np.uint64(1), np.uint64(0)
_M1, _M2 = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
_M4, _H01 = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
_C1, _C2, _C4, _S56 = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)
_MIX_BITS = np.uint64(24)  # of a version's 32 bits are for the name of the mix
TITLE_SEED, NAME_SEED, FIRST_SEED, LAST_SEED = range(4)


@_jit
def _finish(x):
    x ^= x >> _S33
    x *= _MIX
    x ^= x >> _S33
    x *= _MIX_2
    return x ^ (x >> _S33)


@_jit
def _hash(t, i, j, without, seed):
    """64 bits of a text; ``without`` is a place that is left out, -1 for none."""
    x = _BASIS ^ np.uint64(seed)
    for at in range(i, j):
        if at != without:
            x = (x ^ np.uint64(t[at])) * _PRIME
    return _finish(x)


@_jit
def _count(x):
    """How many bits are set."""
    x -= (x >> _C1) & _M1
    x = (x & _M2) + ((x >> _C2) & _M2)
    x = (x + (x >> _C4)) & _M4
    return np.int64((x * _H01) >> _S56)


@_jit
def _pairs(t, i, j, signature):
    """The signature with the pairs of letters of a text added, its beginning and end among them."""
    before = np.uint64(94)
    for at in range(i, j + 1):
        letter = np.uint64(t[at]) if at < j else np.uint64(36)
        if letter != np.uint64(ANY_SIGN) and before != np.uint64(ANY_SIGN) and j > i:
            signature |= _ONE << (((before * np.uint64(131) + letter) * _PAIR) >> _S58)
        before = letter
    return signature


@_jit
def _alike(a, b, share):
    """How alike two signatures are, in [0, 1]: what both have over a mean of their sizes.

    ``share`` is the weight of the smaller one: the more, the less it matters what only one of them has.
    """
    n, m = _count(a), _count(b)
    if n == 0 or m == 0:
        return 0.0
    return _count(a & b) / (share * min(n, m) + (1.0 - share) * max(n, m))


@_jit
def _span(h, row, section):
    return h[row, SECTIONS + 2 * section], h[row, SECTIONS + 2 * section + 1]


@_jit
def _name_end(t, at, end):
    while at < end and t[at] != SPACE:
        at += 1
    return at


@_jit
def _past_the(h, t, row, section, plain):
    """A text without spaces past a leading *the*, which ``section`` has with spaces."""
    i, j = _span(h, row, section)
    p, q = _span(h, row, plain)
    if j - i > 4 and t[i] == 116 and t[i + 1] == 104 and t[i + 2] == 101 and t[i + 3] == SPACE and q - p > 3:
        p += 3
    return p, q


@_jit
def _title_keys(h, t, row, keys):
    """Write the keys of a record's title, in each of its spellings, to ``keys``; returns how many."""
    count = 0
    for which in range(MOST_TITLES):
        if which == 0:
            i, j = _past_the(h, t, row, TITLE, TITLE_PLAIN)
        elif which == 1:
            i, j = _past_the(h, t, row, BASE, BASE_PLAIN)
        elif which == 2:
            i, j = _past_the(h, t, row, TITLE, FLAT)
        else:
            i, j = _span(h, row, DIGITS)
        if i >= j:
            continue
        key = _hash(t, i, j, -1, TITLE_SEED)
        known = False
        for at in range(count):
            known = known or keys[at] == key
        if not known:
            keys[count] = key
            count += 1
    return count


@_jit
def _title_signature(h, t, row):
    i, j = _past_the(h, t, row, BASE, BASE_PLAIN)
    return _pairs(t, i, j, _ZERO)


@_jit
def _names_signature(h, t, row):
    i, j = _span(h, row, NAMES)
    signature = _ZERO
    at = i
    while at < j:
        stop = _name_end(t, at, j)
        signature = _pairs(t, at, stop, signature)
        at = stop + 1
    return signature


@_jit
def _version(h, t, row):
    """32 bits that say which version: the pairs of letters of the mix's name and its kinds."""
    i, j = _span(h, row, MIX_NAME)
    bits = _ZERO
    before = np.uint64(94)
    if i < j:
        for at in range(i, j):
            letter = np.uint64(t[at])
            bits |= _ONE << ((((before * np.uint64(131) + letter) * _PAIR) >> _S32) % _MIX_BITS)
            before = letter
    elif h[row, FAMILY]:
        bits |= _ONE << np.uint64(31)
    kinds = h[row, TYPES_LOW] | h[row, TYPES_HIGH] << 16
    for kind in range(32):
        if kinds >> kind & 1:
            bits |= _ONE << np.uint64(24 + kind % 7)
    return np.uint32(bits)


@_jit
def _versions_alike(a, b):
    if a == b:
        return 1.0
    n, m = _count(np.uint64(a)), _count(np.uint64(b))
    if n == 0 or m == 0:
        return 0.0
    return 0.9 * _count(np.uint64(a) & np.uint64(b)) / max(n, m)


# --- filing -----------------------------------------------------------------------------------------


def _kept(function: Any) -> Any:
    """Compile on first use and keep the machine code on disk where that can be written to."""
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder for it: neither the package's nor the user's can be written
        return numba.njit(nogil=True)(function)


@_kept
def text_key(text, seed):
    """The key of a whole text, uint8: of a title with TITLE_SEED, of a name with NAME_SEED."""
    return _hash(text, 0, len(text), -1, seed)


@_kept
def text_hashes(text, starts, hashes):
    """Mix into each of ``hashes``, uint64, the text ``text[starts[n] : starts[n + 1]]``."""
    for row in range(len(hashes)):
        hashes[row] = _finish(hashes[row] ^ _hash(text, starts[row], starts[row + 1], -1, TITLE_SEED))


@_kept
def file_recordings(h, t, first, by_name, by_title):
    """What the records in ``h`` are filed under: their artists' names and the spellings of their titles.

    ``first`` is the number of the first one. ``by_name`` and ``by_title`` are ``Filed`` with room for
    MOST_NAMES and MOST_TITLES rows a record. Returns how many rows of each were written.
    """
    named = titled = 0
    keys = np.zeros(MOST_TITLES, np.uint64)
    for row in range(len(h)):
        version = _version(h, t, row)
        title = _title_signature(h, t, row)
        at, j = _span(h, row, NAMES)
        for _ in range(MOST_NAMES):
            if at >= j:
                break
            stop = _name_end(t, at, j)
            by_name.keys[named] = _hash(t, at, stop, -1, NAME_SEED)
            by_name.signatures[named] = title
            by_name.recordings[named] = first + row
            by_name.versions[named] = version
            named += 1
            at = stop + 1
        artists = _names_signature(h, t, row)
        for which in range(_title_keys(h, t, row, keys)):
            by_title.keys[titled] = keys[which]
            by_title.signatures[titled] = artists
            by_title.recordings[titled] = first + row
            by_title.versions[titled] = version
            titled += 1
    return named, titled


@_kept
def spell_names(h, t, keys, text, ends):
    """Write to ``text`` the name of each record that has this key, and where it ends to ``ends``."""
    end = 0
    for row in range(len(h)):
        at, j = _span(h, row, NAMES)
        while at < j:
            stop = _name_end(t, at, j)
            if _hash(t, at, stop, -1, NAME_SEED) == keys[row]:
                for place in range(at, stop):
                    text[end] = t[place]
                    end += 1
                break
            at = stop + 1
        ends[row] = end


@_kept
def file_names(t, starts, keys, names, signatures):
    """What the names ``t[starts[n] : starts[n + 1]]`` are filed under: without one letter, and by their ends.

    ``keys`` uint32 and ``names`` uint32 have room for a row a letter and two a name, ``signatures`` uint64
    for one a name. Returns how many rows were written.
    """
    count = 0
    for name in range(len(starts) - 1):
        i, j = starts[name], starts[name + 1]
        signatures[name] = _pairs(t, i, j, _ZERO)
        if SHORTEST_NEAR <= j - i <= LONGEST_NEAR:
            for at in range(i, j):
                if at > i and t[at] == t[at - 1]:
                    continue  # the same word again
                keys[count] = _hash(t, i, j, at, NAME_SEED) >> _S32
                names[count] = name
                count += 1
        if j - i > END:
            keys[count] = _hash(t, i, i + END, -1, FIRST_SEED) >> _S32
            keys[count + 1] = _hash(t, j - END, j, -1, LAST_SEED) >> _S32
            names[count] = names[count + 1] = name
            count += 2
    return count


# --- finding ----------------------------------------------------------------------------------------


@_jit
def _find(postings, key):
    """The place of a key, -1 when it is not there."""
    if len(postings.keys) == 0:
        return -1
    shift = np.uint64(64)
    size = len(postings.buckets) - 1
    while size > 1:
        size >>= 1
        shift -= _ONE
    bucket = np.int64(key >> shift) if shift < np.uint64(64) else 0
    # The ends are held to the tables everywhere: a file that the disk damaged must not lead out of them.
    stop = min(np.int64(postings.buckets[bucket + 1]), len(postings.keys), len(postings.starts) - 1)
    for at in range(np.int64(postings.buckets[bucket]), stop):
        if postings.keys[at] == key:
            return at
    return -1


@_jit
def _find_names(names, key):
    """Where the rows of a key of ``Names`` start and end."""
    if len(names.keys) == 0:
        return 0, 0
    shift = 32
    size = len(names.buckets) - 1
    while size > 1:
        size >>= 1
        shift -= 1
    bucket = np.int64(key) >> shift
    high = min(np.int64(names.buckets[bucket + 1]), len(names.keys), len(names.names))
    low = min(np.int64(names.buckets[bucket]), high)
    end = high
    while low < high:
        middle = (low + high) >> 1
        if names.keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    stop = low
    while stop < end and names.keys[stop] == key:
        stop += 1
    return low, stop


@_jit
def _stretch(postings, at):
    """Where the postings of a key start and end."""
    stop = min(np.int64(postings.starts[at + 1]), len(postings.recordings))
    return min(np.int64(postings.starts[at]), stop), stop


@_jit
def _offer(found, scores, count, recording, score):
    """Put a recording among the best ``len(found)``, each once, best first; returns how many there are.

    Equal scores are in the order of their numbers.
    """
    size = len(found)
    if count == size and score < scores[count - 1]:
        return count
    at = count
    for place in range(count):
        if found[place] == recording:
            if scores[place] >= score:
                return count
            at = place
            break
    else:
        if count < size:
            count += 1
        else:
            at = size - 1
            if scores[at] == score and found[at] < recording:
                return count
    while at > 0 and (scores[at - 1] < score or (scores[at - 1] == score and found[at - 1] > recording)):
        found[at], scores[at] = found[at - 1], scores[at - 1]
        at -= 1
    found[at], scores[at] = recording, score
    return count


@_jit
def _of_title(postings, key, artists, version, found, scores, count):
    """Recordings of this title, by how alike their artists are; returns how many are found so far."""
    at = _find(postings, key)
    if at < 0:
        return count
    start, stop = _stretch(postings, at)
    few = stop - start <= 50
    for place in range(start, min(stop, start + MOST_POSTINGS)):
        alike = _alike(artists, postings.signatures[place], 0.8)
        if alike >= 0.3 or few:
            score = 1.0 + alike + VERSION_WEIGHT * _versions_alike(version, postings.versions[place])
            count = _offer(found, scores, count, postings.recordings[place], score)
    return count


@_jit
def _of_artist(postings, at, artist, least, title, version, found, scores, count, left):
    """Recordings of an artist, by how alike their titles are, ``left`` at the most.

    Returns how many are found so far and how many may still be looked at.
    """
    start, stop = _stretch(postings, at)
    stop = min(stop, start + left)
    for place in range(start, stop):
        alike = _alike(title, postings.signatures[place], 0.6)
        if alike >= least:
            score = artist + alike + VERSION_WEIGHT * _versions_alike(version, postings.versions[place])
            count = _offer(found, scores, count, postings.recordings[place], score)
    return count, left - (stop - start)


@_jit
def _near_names(names, key, own, known, least, slip, places, weights, count):
    """Add the artists filed under ``key`` whose names are like the signature ``own``; returns how many."""
    start, stop = _find_names(names, key)
    for at in range(start, min(stop, start + MOST_ALIKE)):
        place = np.int64(names.names[at])
        if place >= len(names.signatures):
            continue
        alike = _alike(own, names.signatures[place], 0.6)
        if place != known and alike >= least and count < len(places):
            places[count] = place
            weights[count] = NEARLY if slip else NEARLY * min(alike, 1.0)
            count += 1
    return count


@_jit
def _artists_to_ask(h, t, row, stage, artists, names, places, weights):
    """The artists whose recordings a stage looks at, and how much each weighs; returns how many."""
    count = 0
    if stage == SWAPPED:
        i, j = _past_the(h, t, row, TITLE, TITLE_PLAIN)
        asked = 1
    else:
        i, j = _span(h, row, NAMES)
        asked = ASKED_NAMES if stage == NAMED else min(ASKED_NAMES, h[row, HEADLINE])
    at = i
    while at < j and asked > 0:
        asked -= 1
        stop = _name_end(t, at, j)
        letters = stop - at
        own = _pairs(t, at, stop, _ZERO)
        # the whole name, then without each of its letters, or its beginning and its end
        rounds = 1
        if stage == SLIPS:
            rounds += letters if SHORTEST_NEAR <= letters <= LONGEST_NEAR else 0
        elif stage == WIDER:
            rounds = 2 if letters > END else 0
        known = np.int64(-1)
        for number in range(rounds):
            i, stretch, without, seed = at, stop, -1, NAME_SEED
            if stage == WIDER:
                seed = FIRST_SEED if number == 0 else LAST_SEED
                i = at if number == 0 else stop - END
                stretch = i + END
            elif number > 0:
                without = at + number - 1
                if number > 1 and t[without] == t[without - 1]:
                    continue  # the same word again
            key = _hash(t, i, stretch, without, seed)
            if stage != WIDER:
                place = _find(artists, key)
                if number == 0:
                    known = place
                if place >= 0 and (number > 0 or stage != SLIPS) and count < len(places):
                    places[count] = place
                    weights[count] = 1.0 if stage == NAMED else 0.8 if stage == SWAPPED else NEARLY
                    count += 1
            if stage == SLIPS or stage == WIDER:
                least = LEAST_SLIP if stage == SLIPS else LEAST_NAME
                count = _near_names(
                    names, np.uint32(key >> _S32), own, known, least, stage == SLIPS, places, weights, count
                )
        at = stop + 1
    return count


@_kept
def find_candidates(h, t, artists, titles, names, found, scores, counts, reached):
    """The recordings that share most with each record of ``h``, best first.

    ``artists`` and ``titles`` are ``Postings``, ``names`` is ``Names``. ``found`` int64 and ``scores``
    float64 of shape (records, top) are filled, ``counts`` int64 says how many of each row count;
    ``reached`` uint8 is set for records that needed the wider look.
    """
    keys = np.zeros(MOST_TITLES, np.uint64)
    places = np.zeros(MOST_ALIKE, np.int64)
    weights = np.zeros(MOST_ALIKE, np.float64)
    for row in range(len(h)):
        count = 0
        best = found[row]
        score = scores[row]
        version = _version(h, t, row)
        title = _title_signature(h, t, row)
        people = _names_signature(h, t, row)
        for which in range(_title_keys(h, t, row, keys)):
            count = _of_title(titles, keys[which], people, version, best, score, count)
        for stage in range(4):
            if count > 0 and score[0] >= ENOUGH[stage]:
                break
            if stage == WIDER:
                reached[row] = 1
            asked = _artists_to_ask(h, t, row, stage, artists, names, places, weights)
            left = MOST_POSTINGS if stage == NAMED else MOST_NEAR
            for at in range(asked):
                if places[at] >= len(artists.starts) - 1:
                    continue
                count, left = _of_artist(
                    artists, places[at], weights[at], LEAST_TITLE if stage == NAMED else LEAST_NEAR_TITLE,
                    people if stage == SWAPPED else title, version, best, score, count, left,
                )  # fmt: skip
        kept = 0
        while kept < count and score[kept] >= score[0] - WINDOW:
            kept += 1
        counts[row] = kept


@_kept
def pools(first_reading, found, counts):
    """The candidates of each line: those of all its readings, each once, and where each line's begin.

    Line n has the readings ``first_reading[n] : first_reading[n + 1]``, rows of ``found`` and ``counts``.
    """
    together = np.empty(counts.sum(), np.int64)
    first = np.zeros(len(first_reading), np.int64)
    end = 0
    for line in range(len(first_reading) - 1):
        first[line] = end
        for reading in range(first_reading[line], first_reading[line + 1]):
            for at in range(counts[reading]):
                known = False
                for place in range(first[line], end):
                    known = known or together[place] == found[reading, at]
                if not known:
                    together[end] = found[reading, at]
                    end += 1
    first[-1] = end
    return together[:end].copy(), first
