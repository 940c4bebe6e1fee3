"""How alike two prepared credits are: the compiled heart of ``compare`` (MATCHING §4, §5).

Every rule that turns two credits into a score stands here once; one pair and a million pairs run through
the same functions, so their numbers cannot differ. numba compiles them to machine code that needs no
interpreter lock. One file, because numba's cache on disk only notices changes of the file itself.

A credit comes in as a *record* that ``packed.py`` writes: a row of ``HEADER`` numbers and a run of ASCII
text. The numbers say, among other things, where each section of the text starts and ends. ``h`` holds the
rows of many records and ``t`` their text; ``a`` and ``b`` are rows of ``h``; ``i..j`` and ``p..q`` are
stretches of ``t``.
Not here: what the parts of a record are made of (``prepared.py``), the words for a verdict
(``reasons.py``), confidence and decisions (``verdict.py``).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

# --- the record -------------------------------------------------------------------------------------

TYPES_LOW, TYPES_HIGH = 0, 1  # the hard mix types, a bit each in the order of TYPES
SOFT, CUT, FAMILY, YEAR = 2, 3, 4, 5
FLAGS, SIDE, TRAILING, DURATION = 6, 7, 8, 9  # the duration in tenths of a second, 0 when not known
LABEL, CATALOG_NUMBER, ISRC = 10, 14, 18  # 64 bits of a hash each, 0 when not known
HEADLINE = 22  # how many of the names are artists; the rest are featured
WORD_TYPES_LOW, WORD_TYPES_HIGH = 23, 24  # the hard mix types and families that words of the title name
RELEASED = 25  # the year of the release, 0 when not known
SECTIONS = 26  # from here start and end of each section

# the sections, in order; words and names are divided by a space
(
    TITLE, TITLE_PLAIN, BASE, BASE_PLAIN, SUBTITLE, DIGITS, FLAT, ARTISTS, ARTIST_WEIGHTS, NAMES, MAKERS,
    MIX_NAME, MIX_NUMBERS, NUMBERS, INITIALS, TITLE_WEIGHTS, BASE_WEIGHTS, ALBUM, MAKER_WEIGHTS,
) = range(19)  # fmt: skip
SECTION_COUNT = 19
HEADER = SECTIONS + 2 * SECTION_COUNT

BITS = 62  # letters of a text whose comparison fits into one machine word
MASKS = 3  # the row of the scratch space ``work``, shape (4, LONGEST + 1), that holds the places of letters
SPACE = 32
ANY_SIGN = 42  # the asterisk of a masked word stands for any one letter
LONGEST = 240  # letters of a text that are compared; what is behind them counts for equality alone
WEIGHT = 250.0  # the weight of a word is stored as this share of a byte

FLAG_UNKNOWN, FLAG_PHRASE, FLAG_LIVE_ALBUM, FLAG_LIVE_ACT, FLAG_GENERIC, FLAG_AGAINST = 1, 2, 4, 8, 16, 32
CUT_NAMES = (None, "original", "extended", "radio")
FAMILIES = (None, "remix", "edit")
TYPES = (
    "dub", "mashup", "vip", "instrumental", "acapella", "live", "acoustic", "demo", "reprise", "intro",
    "outro", "interlude", "beats", "slowed", "sped up", "cover", "stripped", "percapella", "8d",
    "rerecorded", "karaoke", "other", "remix", "mix", "edit",
)  # fmt: skip
BIT_DUB, BIT_MASHUP, BIT_LIVE = 1, 2, 32
TRAILING_FAMILY = 22  # TRAILING above this names a family: remix, mix, edit

# --- what comes out ---------------------------------------------------------------------------------

# One row a pair. "score" is MATCHING §5's s; "reason" is one of the codes below; "notes" are bits.
SCORE, TITLE_ALIKE, ARTIST_ALIKE, GATE, REASON, NOTES = range(6)
FEATURES = 6

(
    OPEN, UNKNOWN, NO_KIND, MASHUP, OTHER_TYPE, NO_MAKER, NOT_ORIGINAL, UNNAMED, OTHER_RECORDING,
    OTHER_REMIXER, PARTLY, OTHER_MIX_NUMBER, OTHER_YEAR, ONE_YEAR, OTHER_WORD, OTHER_PLACE, OTHER_CUT,
    SOFTLY, TRAILING_WORD, OTHER_NUMBER, ONE_NUMBER, OTHER_SIDE, ONE_BRACKET, OTHER_BRACKETS, LIVE_ACT,
    SPELLED_MAKER, PLAYED_AGAINST, OTHER_FEATURED,
) = range(28)  # fmt: skip

(
    SAME_LABEL, SAME_CATALOG_NUMBER, SAME_ISRC, SAME_DURATION, OTHER_DURATION, SWAPPED, BY_INITIALS,
    STRANGE_AND_TYPO, SAME_ALBUM, SAME_YEAR, RAISED,
) = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)  # fmt: skip

# What ``weigh_pairs`` adds for records that are compared whole, as two catalogues' or two library tracks are.
# Likenesses are plain (1 − OSA distance / length, no weights), −1 where one side says nothing. ``LINE`` is
# artists and title run together and ``WHOLE`` the album behind them, so that words in the wrong field count.
# ``LENGTHS`` is the difference in seconds and ``YEARS`` 1 for equal ones, 0 for others; −1 when not known.
# ``VERSIONS`` and ``PARTS`` are the gates of the versions and of the numbers, whatever else is unknown.
NAMES_ALIKE, TITLES_ALIKE, LINE, WHOLE, ALBUMS_ALIKE, LENGTHS, YEARS, VERSIONS, PARTS = range(9)
FACTS = 9

# --- the constants of MATCHING §4; where one differs the comment says why ---------------------------

G_SOFT = 0.96  # remaster or vocal against none
G_SPELLED = 0.97  # a slip in the name of the mix: the exact one must win
G_CUT = 0.95  # extended, radio … against none: one track family
# X Remix against X Edit, Bootleg, Flip. .88 rather than 1: when a catalogue has both, the one that is
# named must win by the margin of .10.
G_WORD = 0.88
G_PARTIAL = 0.78
G_BRACKET = 0.8
# … when it reads like a sentence: "Gonna Make You Sweat (Everybody Dance Now)" is the whole title
G_PHRASE = 0.93
G_BRACKETS = 0.62
G_UNNAMED = 0.5
G_HARD = 0.4
G_DUB = 0.45
G_NUMBER = 0.45
G_ONE_NUMBER = 0.75
G_REMIX = 0.35
G_OTHER_REMIX = 0.25
G_UNKNOWN = 0.2

ALIKE = 0.72  # two words of 4 letters or more are one word with a typo from here (MATCHING §5)
TITLE_FLOOR = 0.4  # titles less alike than this are not weighed further
REVIEW = 0.55  # the score from which a person should look
SWAPPED_SCORE = 0.7  # ``Title - Artist`` against ``Artist - Title``: a person should look
# A typo in the title or an artist whom the other side does not know: each happens to one recording, both
# together are mostly two ("Gorgon City - Here For You", "Gorgon City & MK - There For You").
TYPO_AND_STRANGER = 0.88
# One letter typed wrong, in a title of five letters or more that holds a word nobody else uses.
ONE_TYPO = 0.9
ALBUM_BEHIND = 0.96  # "Pavana Lachrimae (Complete Lute Works)" against the title and its album
SPELLED_ARTIST = 0.985  # a slip in a name: the exact one must win
SAME_HEADLINERS = 0.97  # the featured people differ
NEARLY_NAMED = 0.97  # artists of ten letters or more with one letter typed wrong
MIXED_UP = 0.75  # … from here artist, title and album of whole records stand in each other's place
SUPPORTED = 0.7  # how far album, length and year that agree close the gap between a score and 1
INITIALS_ALIKE = 0.78  # ATCQ, A Tribe Called Quest: initials alone are for a person to judge

# The functions inside are compiled into ``score_pairs``, which alone is kept on disk and called from Python.
_jit: Any = numba.njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)  # type: ignore[call-overload]


# --- text -------------------------------------------------------------------------------------------


@_jit
def _start(h, at, section):
    return h[at, SECTIONS + 2 * section]


@_jit
def _end(h, at, section):
    return h[at, SECTIONS + 2 * section + 1]


@_jit
def _letters_equal(x, y):
    return x == y or x == ANY_SIGN or y == ANY_SIGN


@_jit
def equal(t, i, j, p, q):
    """Whether two texts are equal, masked letters fitting any."""
    if j - i != q - p:
        return False
    for at in range(j - i):
        if not _letters_equal(t[i + at], t[p + at]):
            return False
    return True


@_jit
def _mark(t, i, j, work):
    """Note in ``work[MASKS]`` at which places of the text each letter stands, a bit a place."""
    for at in range(i, j):
        if t[at] == ANY_SIGN:
            for letter in range(128):
                work[MASKS, letter] |= 1 << (at - i)
        else:
            work[MASKS, t[at] & 127] |= 1 << (at - i)


@_jit
def _unmark(t, i, j, work):
    for at in range(i, j):
        if t[at] == ANY_SIGN:
            work[MASKS, :128] = 0
            return
        work[MASKS, t[at] & 127] = 0


@_jit
def osa(t, i, j, p, q, limit, work):
    """The optimal string alignment distance of two texts; ``limit + 1`` when it is above ``limit``."""
    j, q = min(j, i + LONGEST), min(q, p + LONGEST)
    while i < j and p < q and _letters_equal(t[i], t[p]):
        i += 1
        p += 1
    while i < j and p < q and _letters_equal(t[j - 1], t[q - 1]):
        j -= 1
        q -= 1
    n, m = j - i, q - p
    if abs(n - m) > limit:
        return limit + 1
    if n == 0 or m == 0:
        return n + m
    if limit == 0:
        return 1
    distance = _osa_bits(t, i, j, p, q, work) if n <= BITS else _osa_table(t, i, j, p, q, work)
    return min(distance, limit + 1)


@_jit
def _osa_bits(t, i, j, p, q, work):
    """The distance by Hyyrö's bit-parallel recurrence (2003), a column of the table in one word."""
    _mark(t, i, j, work)
    positive, negative, diagonal, last_places = -1, 0, 0, 0
    distance = j - i
    top = 1 << (j - i - 1)
    for at in range(p, q):
        places = -1 if t[at] == ANY_SIGN else work[MASKS, t[at] & 127]
        swapped = ((~diagonal & places) << 1) & last_places
        diagonal = (((places & positive) + positive) ^ positive) | places | negative | swapped
        up = negative | ~(diagonal | positive)
        down = diagonal & positive
        if up & top:
            distance += 1
        elif down & top:
            distance -= 1
        up = (up << 1) | 1
        positive = (down << 1) | ~(diagonal | up)
        negative = up & diagonal
        last_places = places
    _unmark(t, i, j, work)
    return distance


@_jit
def _osa_table(t, i, j, p, q, work):
    before, last, row = 0, 1, 2
    for b in range(q - p + 1):
        work[last, b] = b
    for a in range(1, j - i + 1):
        work[row, 0] = a
        x = t[i + a - 1]
        for b in range(1, q - p + 1):
            y = t[p + b - 1]
            cost = work[last, b - 1] + (0 if _letters_equal(x, y) else 1)
            cost = min(cost, work[last, b] + 1, work[row, b - 1] + 1)
            if a > 1 and b > 1 and x == t[p + b - 2] and t[i + a - 2] == y:
                cost = min(cost, work[before, b - 2] + 1)
            work[row, b] = cost
        before, last, row = last, row, before
    return work[last, q - p]


@_jit
def osa_similarity(t, i, j, p, q, least, work):
    """1 − distance / longer length; 0 when that is below ``least``."""
    longer = min(max(j - i, q - p), LONGEST)
    if longer == 0:
        return 1.0
    limit = int((1.0 - least) * longer + 1e-9)
    distance = osa(t, i, j, p, q, limit, work)
    return 0.0 if distance > limit else 1.0 - distance / longer


@_jit
def indel_similarity(t, i, j, p, q, work):
    """1 − (insertions + deletions) / both lengths: twice the longest common subsequence over them."""
    j, q = min(j, i + LONGEST), min(q, p + LONGEST)
    total = j - i + q - p
    if total == 0:
        return 1.0
    common = 0
    while i < j and p < q and _letters_equal(t[i], t[p]):
        i += 1
        p += 1
        common += 1
    while i < j and p < q and _letters_equal(t[j - 1], t[q - 1]):
        j -= 1
        q -= 1
        common += 1
    if i < j and p < q:
        common += _lcs_bits(t, i, j, p, q, work) if j - i <= BITS else _lcs_table(t, i, j, p, q, work)
    return 2.0 * common / total


@_jit
def _lcs_bits(t, i, j, p, q, work):
    """The length of the longest common subsequence, bit-parallel (Hyyrö 2004)."""
    _mark(t, i, j, work)
    rest = -1
    for at in range(p, q):
        places = rest if t[at] == ANY_SIGN else rest & work[MASKS, t[at] & 127]
        rest = (rest + places) | (rest - places)
    _unmark(t, i, j, work)
    found = 0
    for at in range(j - i):
        found += ~rest >> at & 1
    return found


@_jit
def _lcs_table(t, i, j, p, q, work):
    last, row = 0, 1
    for b in range(q - p + 1):
        work[last, b] = 0
    work[row, 0] = 0
    for a in range(i, j):
        for b in range(q - p):
            if _letters_equal(t[a], t[p + b]):
                work[row, b + 1] = work[last, b] + 1
            else:
                work[row, b + 1] = max(work[last, b + 1], work[row, b])
        last, row = row, last
    return work[last, q - p]


@_jit
def _is_number(t, i, j):
    for at in range(i, j):
        if t[at] < 48 or t[at] > 57:
            return False
    return True


@_jit
def alike(t, i, j, p, q, work):
    """Whether two words are one word with a typo."""
    n, m = j - i, q - p
    if n < 4 or m < 4 or abs(n - m) > 3 or _is_number(t, i, j) or _is_number(t, p, q):
        return False
    return osa_similarity(t, i, j, p, q, ALIKE, work) >= ALIKE


@_jit
def _word_end(t, at, end):
    while at < end and t[at] != SPACE:
        at += 1
    return at


@_jit
def _has_word(t, i, j, start, end):
    at = start
    while at < end:
        stop = _word_end(t, at, end)
        if equal(t, i, j, at, stop):
            return True
        at = stop + 1
    return False


@_jit
def _all_words_in(t, i, j, start, end):
    at = i
    while at < j:
        stop = _word_end(t, at, j)
        if not _has_word(t, at, stop, start, end):
            return False
        at = stop + 1
    return True


@_jit
def _words(t, i, j):
    if i >= j:
        return 0
    count = 1
    for at in range(i, j):
        if t[at] == SPACE:
            count += 1
    return count


@_jit
def _plural(t, i, j, p, q):
    """Whether one word is the other with an s behind it, or *runnin* for *running*."""
    if j - i == q - p + 1:
        return (t[j - 1] == 115 or _ends_in_ing(t, i, j)) and equal(t, i, j - 1, p, q)
    if q - p == j - i + 1:
        return (t[q - 1] == 115 or _ends_in_ing(t, p, q)) and equal(t, i, j, p, q - 1)
    return False


@_jit
def _ends_in_ing(t, i, j):
    return j - i > 4 and t[j - 3] == 105 and t[j - 2] == 110 and t[j - 1] == 103


@_jit
def cover(t, i, j, a_weights, p, q, b_weights, work):
    """The weighted share of one text's words that are found in the other, both ways.

    ``a_weights`` and ``b_weights`` are where the words' weights stand, −1 when all weigh the same.
    """
    there = _share(t, i, j, a_weights, p, q, b_weights, work)
    return there, _share(t, p, q, b_weights, i, j, a_weights, work)


@_jit
def _share(t, i, j, a_weights, p, q, b_weights, work):
    total = found = 0.0
    at, number = i, 0
    while at < j:
        stop = _word_end(t, at, j)
        weight = WEIGHT if a_weights < 0 else t[a_weights + number]
        total += weight
        if _found(t, at, stop, a_weights >= 0 and weight < WEIGHT, p, q, b_weights, work):
            found += weight
        at, number = stop + 1, number + 1
    return found / total if total > 0 else 0.0


@_jit
def _found(t, i, j, known, start, end, weights, work):
    """Whether a word stands among others, a typo forgiven.

    Two words that many names or titles have are no typos of each other: "here" is not "there".
    """
    if _has_word(t, i, j, start, end):
        return True
    if j - i < 4:
        return False
    at, number = start, 0
    while at < end:
        stop = _word_end(t, at, end)
        both_known = known and weights >= 0 and t[weights + number] < WEIGHT
        if _plural(t, i, j, at, stop) if both_known else alike(t, i, j, at, stop, work):
            return True
        at, number = stop + 1, number + 1
    return False


@_jit
def _section_equal(h, t, a, b, section):
    return equal(t, _start(h, a, section), _end(h, a, section), _start(h, b, section), _end(h, b, section))


@_jit
def _empty(h, a, section):
    return _start(h, a, section) == _end(h, a, section)


# --- titles -----------------------------------------------------------------------------------------


@_jit
def _text_similarity(t, i, j, ip, jp, iw, p, q, pp, qp, pw, least, work):
    """T′ of MATCHING §5 of two texts (i..j, p..q), given also without spaces (…p)."""
    if equal(t, ip, jp, pp, qp):
        return 1.0
    n, m = jp - ip, qp - pp
    if n == 0 or m == 0:
        return 0.0
    if 2.0 * (min(n, m) + 4) / (n + m) < least:
        return 0.0
    similar = indel_similarity(t, i, j, p, q, work)
    if similar < 1.0:
        similar = max(similar, osa_similarity(t, ip, jp, pp, qp, similar, work))
    if similar < 0.35:
        return similar
    there, back = cover(t, i, j, iw, p, q, pw, work)
    low = min(there, back)
    # … from five letters on one slip is forgiven, but a letter more at the end makes a name: Blank, Blanky
    shorter = min(n, m)
    if (
        shorter >= 5
        and low == 1.0
        and not equal(t, ip, ip + shorter, pp, pp + shorter)
        and (osa(t, ip, jp, pp, qp, 1, work) == 1)
    ):
        return max(similar, ONE_TYPO)
    whole = max(similar, 0.5 * similar + 0.5 * low)
    if low < 0.6:
        whole -= 0.12
    # a short title has no room for typos: "Trio" is not "Riot", "Rouge Rouge" not "Rose Rouge"
    if min(n, m) <= 5 and similar < 0.95:
        whole -= 0.1
    words = _words(t, i, j)
    if words > 1 and words == _words(t, p, q) and there < 1.0 and back < 1.0:
        whole -= 0.05
    return max(whole, 0.0)


@_jit
def _past_the(t, i, j):
    """Where a text starts without a leading *the*."""
    if j - i > 4 and t[i] == 116 and t[i + 1] == 104 and t[i + 2] == 101 and t[i + 3] == SPACE:
        return i + 4
    return i


@_jit
def _ends_in_album(h, t, a, b, work):
    """Whether a's title is b's with b's album behind it, as some catalogues write titles."""
    i, j = _start(h, a, TITLE_PLAIN), _end(h, a, TITLE_PLAIN)
    p, q = _start(h, b, TITLE_PLAIN), _end(h, b, TITLE_PLAIN)
    r, s = _start(h, b, ALBUM), _end(h, b, ALBUM)
    between = i + (q - p)
    if s - r < 3 or q - p < 2 or j - between < 3:
        return False
    return (
        osa_similarity(t, i, between, p, q, 0.85, work) >= 0.85
        and osa_similarity(t, between, j, r, s, 0.75, work) >= 0.75
    )


@_jit
def _title(h, t, a, b, work):
    """T′ over the titles with and without their brackets."""
    if _section_equal(h, t, a, b, FLAT) or _section_equal(h, t, a, b, DIGITS):
        return 1.0
    i, j = _start(h, a, TITLE), _end(h, a, TITLE)
    p, q = _start(h, b, TITLE), _end(h, b, TITLE)
    if equal(t, _past_the(t, i, j), j, _past_the(t, p, q), q):
        return 0.98
    best = _text_similarity(
        t, i, j, _start(h, a, TITLE_PLAIN), _end(h, a, TITLE_PLAIN),
        _start(h, a, TITLE_WEIGHTS),
        p, q, _start(h, b, TITLE_PLAIN), _end(h, b, TITLE_PLAIN),
        _start(h, b, TITLE_WEIGHTS),
        0.4, work,
    )  # fmt: skip
    if not _empty(h, a, SUBTITLE) or not _empty(h, b, SUBTITLE):
        base = _text_similarity(
            t, _start(h, a, BASE), _end(h, a, BASE), _start(h, a, BASE_PLAIN), _end(h, a, BASE_PLAIN),
            _start(h, a, BASE_WEIGHTS),
            _start(h, b, BASE), _end(h, b, BASE), _start(h, b, BASE_PLAIN), _end(h, b, BASE_PLAIN),
            _start(h, b, BASE_WEIGHTS),
            0.4, work,
        )  # fmt: skip
        best = max(best, base * 0.97)
    return best


# --- artists ----------------------------------------------------------------------------------------


@_jit
def _toned_cover(h, t, a, b, work):
    """The weighted share of a's artist words that b has; remixers' words weigh a tenth.

    Many sources list the remixer among the artists (MATCHING §5).
    """
    i, j = _start(h, a, ARTISTS), _end(h, a, ARTISTS)
    p, q = _start(h, b, ARTISTS), _end(h, b, ARTISTS)
    weights = _start(h, a, ARTIST_WEIGHTS)
    am, an = _start(h, a, MAKERS), _end(h, a, MAKERS)
    bm, bn = _start(h, b, MAKERS), _end(h, b, MAKERS)
    total = found = 0.0
    at, number = i, 0
    while at < j:
        stop = _word_end(t, at, j)
        weight = t[weights + number] / WEIGHT
        if (am < an and _has_word(t, at, stop, am, an)) or (bm < bn and _has_word(t, at, stop, bm, bn)):
            weight *= 0.1
        total += weight
        if _found(t, at, stop, t[weights + number] < WEIGHT, p, q, _start(h, b, ARTIST_WEIGHTS), work):
            found += weight
        at, number = stop + 1, number + 1
    return found / total if total > 0 else 0.0


@_jit
def _names_cover(h, t, a, b):
    """The share of a's names that b has letter by letter: Soulsonic, The Soul Sonic."""
    i, j = _start(h, a, NAMES), _end(h, a, NAMES)
    p, q = _start(h, b, NAMES), _end(h, b, NAMES)
    count = found = 0
    at = i
    while at < j:
        stop = _word_end(t, at, j)
        count += 1
        if _has_word(t, at, stop, p, q):
            found += 1
        at = stop + 1
    return found / count if count else 0.0


@_jit
def _best_name(h, t, a, b, work):
    p, q = _start(h, b, NAMES), _end(h, b, NAMES)
    at, j = _start(h, a, NAMES), _end(h, a, NAMES)
    best = 0.0
    while at < j:
        stop = _word_end(t, at, j)
        other = p
        while other < q:
            other_stop = _word_end(t, other, q)
            similar = osa_similarity(t, at, stop, other, other_stop, best, work)
            if similar > best:
                best = similar
            other = other_stop + 1
        at = stop + 1
    return best


@_jit
def _contains(t, i, j, p, q):
    """Whether the text i..j stands somewhere in p..q."""
    n = j - i
    if n == 0:
        return True
    for at in range(p, q - n + 1):
        if equal(t, i, j, at, at + n):
            return True
    return False


@_jit
def strangers(h, t, a, b, work):
    """How many headline artists of a are named nowhere in b: not as artist, in the title or the mix."""
    p, q = _start(h, b, NAMES), _end(h, b, NAMES)
    flat, flat_end = _start(h, b, FLAT), _end(h, b, FLAT)
    mix, mix_end = _start(h, b, MIX_NAME), _end(h, b, MIX_NAME)
    at, j = _start(h, a, NAMES), _end(h, a, NAMES)
    own, own_end = _start(h, a, MIX_NAME), _end(h, a, MIX_NAME)
    left = h[a, HEADLINE]
    count = 0
    while at < j and left > 0:
        stop = _word_end(t, at, j)
        left -= 1
        known = (
            _contains(t, at, stop, flat, flat_end)
            or _contains(t, at, stop, mix, mix_end)
            or _contains(t, at, stop, own, own_end)
        )
        other = p
        known = known or _contained(t, at, stop, p, q)
        while other < q and not known:
            other_stop = _word_end(t, other, q)
            known = alike(t, at, stop, other, other_stop, work)
            other = other_stop + 1
        if not known:
            count += 1
        at = stop + 1
    return count


@_jit
def _has_digit(t, i, j):
    for at in range(i, j):
        if 48 <= t[at] <= 57:
            return True
    return False


@_jit
def _other_guests(h, t, a, b, work):
    """Whether both sides feature people and share nobody at all."""
    i, j = _behind_headliners(h, t, a), _end(h, a, NAMES)
    p, q = _behind_headliners(h, t, b), _end(h, b, NAMES)
    if i >= j or p >= q:
        return False
    return not (
        _any_known(t, i, j, _start(h, b, NAMES), q, work) or _any_known(t, p, q, _start(h, a, NAMES), j, work)
    )


@_jit
def _any_known(t, i, j, p, q, work):
    at = i
    while at < j:
        stop = _word_end(t, at, j)
        if _found(t, at, stop, False, p, q, -1, work) or _contained(t, at, stop, p, q):
            return True
        at = stop + 1
    return False


@_jit
def _contained(t, i, j, p, q):
    """Whether a name holds one of the names p..q or the other way round: Wrabel, Stephen Wrabel."""
    at = p
    while at < q:
        stop = _word_end(t, at, q)
        if _contains(t, i, j, at, stop) or _contains(t, at, stop, i, j):
            return True
        at = stop + 1
    return False


@_jit
def _behind_headliners(h, t, a):
    at, j = _start(h, a, NAMES), _end(h, a, NAMES)
    for _ in range(h[a, HEADLINE]):
        at = _word_end(t, at, j) + 1
    return min(at, j)


@_jit
def _same_headliners(h, t, a, b):
    """Whether both sides name the same artists, whoever is featured."""
    if h[a, HEADLINE] == 0 or h[a, HEADLINE] != h[b, HEADLINE]:
        return False
    i, j = _start(h, a, NAMES), _end(h, a, NAMES)
    p, q = _start(h, b, NAMES), _end(h, b, NAMES)
    stop = p
    for _ in range(h[b, HEADLINE]):
        stop = min(_word_end(t, stop, q) + 1, q + 1)
    at = i
    for _ in range(h[a, HEADLINE]):
        end = _word_end(t, at, j)
        if not _has_word(t, at, end, p, stop - 1):
            return False
        at = end + 1
    return True


@_jit
def _artists(h, t, a, b, work):
    """A of MATCHING §5, and whether the initials alone say so."""
    if _section_equal(h, t, a, b, ARTISTS):
        return 1.0, False
    there = max(_toned_cover(h, t, a, b, work), _names_cover(h, t, a, b))
    back = max(_toned_cover(h, t, b, a, work), _names_cover(h, t, b, a))
    high, low = max(there, back), min(there, back)
    if low == 1.0:  # every word is there: the same names, or with slips
        exact = _names_cover(h, t, a, b) == 1.0 or _all_words_in(
            t, _start(h, a, ARTISTS), _end(h, a, ARTISTS), _start(h, b, ARTISTS), _end(h, b, ARTISTS)
        )
        return (1.0 if exact else SPELLED_ARTIST), False
    if _same_headliners(h, t, a, b):
        return SAME_HEADLINERS, False
    i, j = _start(h, a, NAMES), _end(h, a, NAMES)
    p, q = _start(h, b, NAMES), _end(h, b, NAMES)
    if min(j - i, q - p) >= 10 and not _has_digit(t, i, j) and osa(t, i, j, p, q, 1, work) <= 1:
        return NEARLY_NAMED, False
    value = 0.5 * high + 0.25 * low + 0.25 * _best_name(h, t, a, b, work)
    if value < INITIALS_ALIKE and (_initials_meet(h, t, a, b) or _initials_meet(h, t, b, a)):
        return INITIALS_ALIKE, True
    return value, False


@_jit
def _initials_meet(h, t, a, b):
    p, q = _start(h, b, INITIALS), _end(h, b, INITIALS)
    at, j = _start(h, a, NAMES), _end(h, a, NAMES)
    while at < j:
        stop = _word_end(t, at, j)
        if stop - at > 2 and _has_word(t, at, stop, p, q):
            return True
        at = stop + 1
    return False


# --- the gate ---------------------------------------------------------------------------------------


@_jit
def _makers(h, t, a, b, work):
    """1 when the names of the mixes are equal, .9 but for slips, .6 when they agree in part, 0 when not."""
    i, j = _start(h, a, MAKERS), _end(h, a, MAKERS)
    p, q = _start(h, b, MAKERS), _end(h, b, MAKERS)
    if equal(t, i, j, p, q) or _section_equal(h, t, a, b, MIX_NAME):
        return 1.0
    weights, other_weights = _start(h, a, MAKER_WEIGHTS), _start(h, b, MAKER_WEIGHTS)
    there, back = cover(t, i, j, weights, p, q, other_weights, work)
    if min(there, back) == 1.0:
        return 0.9
    i, j = _start(h, a, MIX_NAME), _end(h, a, MIX_NAME)
    p, q = _start(h, b, MIX_NAME), _end(h, b, MIX_NAME)
    if there + back == 0.0 and min(j - i, q - p) >= 8 and osa(t, i, j, p, q, 1, work) == 1:
        return 0.9  # one name written in one word and in two, and a slip
    return 0.6 if max(there, back) >= 0.75 else 0.0


@_jit
def _lengths_agree(h, a, b):
    """Whether both durations are known and within 3 s."""
    return h[a, DURATION] != 0 and h[b, DURATION] != 0 and abs(h[a, DURATION] - h[b, DURATION]) <= 30


@_jit
def _version_gate(h, t, a, b, work):
    a_types = h[a, TYPES_LOW] | h[a, TYPES_HIGH] << 16
    b_types = h[b, TYPES_LOW] | h[b, TYPES_HIGH] << 16
    a_family, b_family = h[a, FAMILY], h[b, FAMILY]
    a_named, b_named = not _empty(h, a, MAKERS), not _empty(h, b, MAKERS)
    a_year, b_year = h[a, YEAR], h[b, YEAR]
    if a_types != b_types:
        differing = a_types ^ b_types
        one = a if b_types & BIT_LIVE else b
        if differing == BIT_LIVE and h[one, FLAGS] & FLAG_LIVE_ALBUM and _lengths_agree(h, a, b):
            return G_SOFT, SOFTLY  # "Live" is said by the album of the other side
        if differing & BIT_MASHUP:
            return G_OTHER_REMIX, MASHUP
        if a_family and b_family and _makers(h, t, a, b, work) == 0.0:
            return G_OTHER_REMIX, OTHER_TYPE
        if differing == BIT_DUB and (a_family != 0) == (b_family != 0):
            return G_DUB, OTHER_TYPE
        return G_HARD, OTHER_TYPE
    a_own = a_family != 0 or (a_types != 0 and a_named)
    b_own = b_family != 0 or (b_types != 0 and b_named)
    numbers_equal = _section_equal(h, t, a, b, MIX_NUMBERS)
    if a_own or b_own:
        if a_own != b_own:
            return (G_PARTIAL, NO_MAKER) if a_types else (G_REMIX, NOT_ORIGINAL)
        if not a_named or not b_named:
            if a_named == b_named and a_year == b_year and a_family == b_family and numbers_equal:
                return 1.0, OPEN
            return G_UNNAMED, UNNAMED
        made = _makers(h, t, a, b, work)
        if made < 0.5:
            return G_OTHER_REMIX, OTHER_REMIXER if a_family else OTHER_RECORDING
        if made < 0.9:
            return G_PARTIAL, PARTLY
        if not numbers_equal:
            return G_NUMBER, OTHER_MIX_NUMBER
        if a_year and b_year and a_year != b_year:
            return G_PARTIAL, OTHER_YEAR
        if (a_year != 0) != (b_year != 0):
            return G_PARTIAL, ONE_YEAR
        if a_family != b_family:
            return G_WORD, OTHER_WORD
        if made < 1.0:
            return G_SPELLED, SPELLED_MAKER
    elif not numbers_equal:
        return G_NUMBER, OTHER_MIX_NUMBER
    elif a_types and a_year != b_year:
        return (G_OTHER_REMIX if a_year and b_year else G_PARTIAL), OTHER_PLACE
    if max(h[a, CUT], 1) != max(h[b, CUT], 1):
        return G_CUT, OTHER_CUT
    if h[a, SOFT] != h[b, SOFT]:
        return G_SOFT, SOFTLY
    return 1.0, OPEN


@_jit
def _trailing_gate(h, t, a, b):
    """A bare version word at the end of one title that the other side does not have at all."""
    if h[a, TRAILING] == h[b, TRAILING] or _section_equal(h, t, a, b, TITLE_PLAIN):
        return 1.0, OPEN
    for one, other in ((a, b), (b, a)):
        code = h[one, TRAILING]
        if code == 0:
            continue
        low = h[other, TYPES_LOW] | h[other, WORD_TYPES_LOW]
        high = h[other, TYPES_HIGH] | h[other, WORD_TYPES_HIGH]
        if (low | high << 16) >> (code - 1) & 1:
            continue
        if code > TRAILING_FAMILY and h[other, FAMILY]:
            continue  # "Glass Reset Robot Remix" against "Glass (Reset Robot Remix)": the words decide
        return G_HARD, TRAILING_WORD
    return 1.0, OPEN


@_jit
def _number_gate(h, t, a, b):
    if _section_equal(h, t, a, b, DIGITS):
        return 1.0, OPEN
    if not _section_equal(h, t, a, b, NUMBERS):
        if _empty(h, a, NUMBERS) or _empty(h, b, NUMBERS):
            return G_ONE_NUMBER, ONE_NUMBER
        return G_NUMBER, OTHER_NUMBER
    if h[a, SIDE] != h[b, SIDE]:
        return (G_NUMBER if h[a, SIDE] and h[b, SIDE] else G_ONE_NUMBER), OTHER_SIDE
    return 1.0, OPEN


@_jit
def _bracket_gate(h, t, a, b, work):
    if _section_equal(h, t, a, b, SUBTITLE) or _section_equal(h, t, a, b, TITLE_PLAIN):
        return 1.0, OPEN
    i, j = _start(h, a, SUBTITLE), _end(h, a, SUBTITLE)
    p, q = _start(h, b, SUBTITLE), _end(h, b, SUBTITLE)
    if i == j or p == q:
        one, other = (a, b) if i < j else (b, a)
        i, j = _start(h, one, SUBTITLE), _end(h, one, SUBTITLE)
        if _all_words_in(t, i, j, _start(h, other, TITLE), _end(h, other, TITLE)) or _all_words_in(
            t, i, j, _start(h, other, ARTISTS), _end(h, other, ARTISTS)
        ):
            return 1.0, OPEN
        return (G_PHRASE if h[one, FLAGS] & FLAG_PHRASE else G_BRACKET), ONE_BRACKET
    there, back = cover(t, i, j, -1, p, q, -1, work)
    if min(there, back) >= 0.75:
        return 1.0, OPEN
    return G_BRACKETS, OTHER_BRACKETS


@_jit
def _kind_missing(h, t, a, b):
    """``Universal Nation (Orjan Nilsen)`` against ``(Orjan Nilsen Remix)``."""
    return (
        not _empty(h, a, SUBTITLE)
        and _empty(h, a, MAKERS)
        and equal(t, _start(h, a, SUBTITLE), _end(h, a, SUBTITLE), _start(h, b, MAKERS), _end(h, b, MAKERS))
    )


@_jit
def gate(h, t, a, b, work):
    """How far two credits can be one recording at all, whatever their names: (factor, reason code)."""
    if (h[a, FLAGS] | h[b, FLAGS]) & FLAG_UNKNOWN:
        return G_UNKNOWN, UNKNOWN
    if _section_equal(h, t, a, b, FLAT):
        return 1.0, OPEN
    if _kind_missing(h, t, a, b) or _kind_missing(h, t, b, a):
        return G_PARTIAL, NO_KIND
    factor, reason = _version_gate(h, t, a, b, work)
    for other_factor, other_reason in (
        _trailing_gate(h, t, a, b),
        _number_gate(h, t, a, b),
        _bracket_gate(h, t, a, b, work),
    ):
        if other_factor < factor:
            factor, reason = other_factor, other_reason
    return factor, reason


# --- the score --------------------------------------------------------------------------------------


@_jit
def _hashes_equal(h, a, b, slot):
    known = False
    for at in range(slot, slot + 4):
        if h[a, at] != h[b, at]:
            return False
        known = known or h[a, at] != 0
    return known


@_jit
def _swapped(h, t, a, b, work):
    """``Title - Artist`` against ``Artist - Title``; a version may stand behind either."""
    if (h[a, FLAGS] | h[b, FLAGS]) & FLAG_UNKNOWN:
        return False
    return _turned(h, t, a, b, work) or _turned(h, t, b, a, work)


@_jit
def _turned(h, t, a, b, work):
    i, j = _start(h, a, TITLE_PLAIN), _end(h, a, TITLE_PLAIN)
    p, q = _start(h, b, NAMES), _end(h, b, NAMES)
    if p == q or osa_similarity(t, i, j, p, q, 0.9, work) < 0.9:
        return False
    i, j = _start(h, a, NAMES), _end(h, a, NAMES)
    p, q = _start(h, b, TITLE_PLAIN), _end(h, b, TITLE_PLAIN)
    return p < q and osa_similarity(t, i, min(j, i + q - p), p, q, 0.9, work) >= 0.9


@_jit
def _album_agrees(h, t, a, b, work):
    i, j = _start(h, a, ALBUM), _end(h, a, ALBUM)
    p, q = _start(h, b, ALBUM), _end(h, b, ALBUM)
    return i < j and p < q and osa_similarity(t, i, j, p, q, 0.85, work) >= 0.85


@_jit
def _supported(h, a, b, value, title, artist, factor, reason, strongly):
    """The score of records of which two of album, length and year agree: damaged or missing names weigh less.

    No line of a tracklist has these; catalogues that are compared with each other do. Another version stays
    another version.
    """
    if reason == UNKNOWN:  # an artist who is not known contradicts nobody
        if h[a, HEADLINE] and h[b, HEADLINE] and artist < 0.5:
            return value
        value = title**1.3 * 0.8
    elif factor < REVIEW:
        return value
    if value >= 0.5 or (strongly and max(title, value) >= 0.6):
        return value + SUPPORTED * (1.0 - value)
    return value


@_jit
def score_pair(h, t, a, b, out, work):
    """Write the features of the records at a and b into ``out``, shape (FEATURES,); symmetric."""
    out[:] = 0.0
    out[GATE] = 1.0
    title = _title(h, t, a, b, work)
    album_behind = title < 0.9 and (_ends_in_album(h, t, a, b, work) or _ends_in_album(h, t, b, a, work))
    if album_behind:
        title = ALBUM_BEHIND
    out[TITLE_ALIKE] = title
    if title < TITLE_FLOOR:
        if _swapped(h, t, a, b, work):
            out[SCORE], out[NOTES] = SWAPPED_SCORE, SWAPPED
        return
    artist, initials = _artists(h, t, a, b, work)
    factor, reason = gate(h, t, a, b, work)
    if artist < 1.0 and factor > G_HARD and (h[a, FLAGS] ^ h[b, FLAGS]) & FLAG_LIVE_ACT:
        factor, reason = G_HARD, LIVE_ACT  # "Pink Floyd Live" is not Pink Floyd in the studio
    if artist < 1.0 and factor > G_PARTIAL and _other_guests(h, t, a, b, work):
        factor, reason = G_PARTIAL, OTHER_FEATURED
    if album_behind and reason not in (UNKNOWN, LIVE_ACT):
        factor, reason = _version_gate(h, t, a, b, work)
    notes = BY_INITIALS if initials else 0
    out[ARTIST_ALIKE] = artist
    out[GATE], out[REASON] = factor, reason
    unknown_here = unknown_there = 0
    if artist < 1.0:
        unknown_here, unknown_there = strangers(h, t, a, b, work), strangers(h, t, b, a, work)
        # headline artists whom the other side does not know at all: from the second on somebody else's
        if max(unknown_here, unknown_there) >= 2 and not initials:
            artist = max(artist - 0.05, 0.0)
            out[ARTIST_ALIKE] = artist
    if factor > G_PARTIAL and (
        (unknown_here and h[a, FLAGS] & FLAG_AGAINST) or (unknown_there and h[b, FLAGS] & FLAG_AGAINST)
    ):
        factor, reason = G_PARTIAL, PLAYED_AGAINST  # "Evil Needle + Rihanna" made something of Rihanna's
        out[GATE], out[REASON] = factor, reason
    value = factor * title**1.3 * artist**0.9
    doubtful = (
        title < 0.999 or ((h[a, FLAGS] | h[b, FLAGS]) & FLAG_GENERIC) != 0
    )  # everybody has an "Untitled"
    if doubtful and artist < 0.97 and value >= REVIEW and unknown_here + unknown_there:
        value *= TYPO_AND_STRANGER
        notes |= STRANGE_AND_TYPO
    open_gate = factor >= G_CUT  # nothing that speaks for a pair outweighs another version
    if _hashes_equal(h, a, b, LABEL):
        notes |= SAME_LABEL
        if open_gate:
            value += 0.15 * value * (1 - value)
    if _hashes_equal(h, a, b, CATALOG_NUMBER):
        notes |= SAME_CATALOG_NUMBER
        if open_gate:
            value += 0.2 * value * (1 - value)
    agrees = title >= 0.8 and artist >= 0.6 and open_gate
    if agrees and _hashes_equal(h, a, b, ISRC):
        value += 0.3 * value * (1 - value)
        notes |= SAME_ISRC
    length = _lengths_agree(h, a, b)
    if length and agrees:
        value += 0.1 * value * (1 - value)
        notes |= SAME_DURATION
    elif h[a, DURATION] and h[b, DURATION]:
        apart = abs(h[a, DURATION] - h[b, DURATION])
        if apart > 150 and apart > 0.05 * max(h[a, DURATION], h[b, DURATION]):
            notes |= OTHER_DURATION
    album = _album_agrees(h, t, a, b, work)
    year = h[a, RELEASED] != 0 and h[a, RELEASED] == h[b, RELEASED]
    notes |= (SAME_ALBUM if album else 0) | (SAME_YEAR if year else 0)
    if album + length + year >= 2:
        raised = _supported(h, a, b, value, title, artist, factor, reason, album and length)
        if raised > value:
            value = raised
            notes |= RAISED
    if title > 0.999 and artist > 0.999 and factor >= 1.0:
        value = 1.0
    if value < REVIEW and _swapped(h, t, a, b, work):
        value = SWAPPED_SCORE
        notes |= SWAPPED
    out[SCORE], out[NOTES] = min(value, 1.0), notes


# --- whole records ----------------------------------------------------------------------------------


@_jit
def _plainly_alike(h, t, a, b, section, work):
    i, j, p, q = _start(h, a, section), _end(h, a, section), _start(h, b, section), _end(h, b, section)
    return -1.0 if i >= j or p >= q else osa_similarity(t, i, j, p, q, 0.0, work)


@_jit
def _run_together(h, t, a, sections, text, at):
    """Write sections without spaces, one behind the other, to ``text[at:]``; where they end."""
    for section in sections:
        # what is behind LONGEST letters is not compared
        for place in range(_start(h, a, section), min(_end(h, a, section), _start(h, a, section) + LONGEST)):
            if t[place] != SPACE:
                text[at] = t[place]
                at += 1
    return at


@_jit
def _alike_together(h, t, a, sections, b, others, least, text, work):
    middle = _run_together(h, t, a, sections, text, 0)
    end = _run_together(h, t, b, others, text, middle)
    if middle == 0 or end == middle:
        return -1.0
    return osa_similarity(text, 0, middle, middle, end, least, work)


@_jit
def _whole(h, t, a, b, text, work):
    """How alike all names are; artist, title and album may stand in each other's place."""
    own = (NAMES, TITLE_PLAIN, ALBUM)
    best = _alike_together(h, t, a, own, b, own, 0.0, text, work)
    if 0.0 <= best < MIXED_UP:
        for others in ((TITLE_PLAIN, NAMES, ALBUM), (NAMES, ALBUM, TITLE_PLAIN), (ALBUM, TITLE_PLAIN, NAMES),
                       (TITLE_PLAIN, ALBUM, NAMES), (ALBUM, NAMES, TITLE_PLAIN)):  # fmt: skip
            other = _alike_together(h, t, a, own, b, others, MIXED_UP, text, work)
            if other >= MIXED_UP:
                best = max(best, other)
    return best


@_jit
def weigh_pair(h, t, a, b, out, text, work):
    """Write what whole records say into ``out``, shape (FACTS,); ``text`` is scratch space; symmetric."""
    out[NAMES_ALIKE] = _plainly_alike(h, t, a, b, NAMES, work)
    out[TITLES_ALIKE] = _plainly_alike(h, t, a, b, TITLE_PLAIN, work)
    out[ALBUMS_ALIKE] = _plainly_alike(h, t, a, b, ALBUM, work)
    line = (NAMES, TITLE_PLAIN)
    out[LINE] = _alike_together(h, t, a, line, b, line, 0.0, text, work)
    out[WHOLE] = out[LINE]
    if not _empty(h, a, ALBUM) or not _empty(h, b, ALBUM):
        out[WHOLE] = _whole(h, t, a, b, text, work)
    known = h[a, DURATION] != 0 and h[b, DURATION] != 0
    out[LENGTHS] = abs(h[a, DURATION] - h[b, DURATION]) / 10.0 if known else -1.0
    known = h[a, RELEASED] != 0 and h[b, RELEASED] != 0
    out[YEARS] = (1.0 if h[a, RELEASED] == h[b, RELEASED] else 0.0) if known else -1.0
    out[VERSIONS] = out[PARTS] = 1.0
    if not _section_equal(h, t, a, b, FLAT) or _empty(h, a, FLAT):
        out[PARTS] = _number_gate(h, t, a, b)[0]
        out[VERSIONS] = min(_version_gate(h, t, a, b, work)[0], _trailing_gate(h, t, a, b)[0])
        if _kind_missing(h, t, a, b) or _kind_missing(h, t, b, a):
            out[VERSIONS] = min(out[VERSIONS], G_PARTIAL)
        if (h[a, FLAGS] ^ h[b, FLAGS]) & FLAG_LIVE_ACT:
            out[VERSIONS] = G_HARD


# --- records on disk --------------------------------------------------------------------------------

# A stored record is half as long: a mask of 32 bits that says which of the first SECTIONS numbers are not 0,
# those numbers, a byte a section, and the text. The byte is 0 for an empty section, the length of a text
# that follows the last one, or SAME plus the section whose text it shares. A record that does not fit has
# the mask's top bit set and keeps the places of its sections as they are.
SAME = 201
WIDE = 1 << 31
DAMAGED = "a damaged record"


@_jit
def _put(blob, at, number, size):
    for place in range(size):
        blob[at + place] = number >> (8 * place) & 255
    return at + size


@_jit
def _take(blob, at, size):
    number = np.int64(0)
    for place in range(size):
        number |= np.int64(blob[at + place]) << (8 * place)
    return number


@_jit
def _section_code(h, row, section, end, base):
    """The byte of a section whose predecessors' text ends at ``end``; -1 when none says it."""
    i, j = _start(h, row, section), _end(h, row, section)
    for other in range(section):
        if _start(h, row, other) == i and _end(h, row, other) == j:
            return SAME + other if i < j else 0
    if i == j:
        return 0 if i - base == end else -1
    return j - i if i - base == end and j - i < SAME else -1


@_jit
def _shrink(h, t, row, base, size, blob, at):
    """Write the record in ``row``, its text ``t[base : base + size]``, to ``blob[at:]``; where it ends."""
    start = at
    at += 4
    mask = 0
    for slot in range(SECTIONS):
        if h[row, slot]:
            mask |= 1 << slot
            at = _put(blob, at, h[row, slot], 2)
    codes = at
    end = 0
    for section in range(SECTION_COUNT):
        code = _section_code(h, row, section, end, base)
        if code < 0:
            mask |= WIDE
            break
        blob[at] = code
        at += 1
        if 0 < code < SAME:
            end += code
    if mask & WIDE:
        at = codes
        for place in range(2 * SECTION_COUNT):
            at = _put(blob, at, h[row, SECTIONS + place] - base, 2)
    _put(blob, start, mask, 4)
    for place in range(size):
        blob[at + place] = t[base + place]
    return at + size


@_jit
def _widen(blob, at, stop, h, row, t, end):
    """Write the stored record ``blob[at:stop]`` to ``h[row]`` and its text to ``t[end:]``; where it ends.

    Raises:
        ValueError: nothing that ``_shrink`` wrote; whoever compares it would read beyond its text.
    """
    if at < 0 or stop > len(blob) or stop - at < 4:
        raise ValueError(DAMAGED)
    mask = _take(blob, at, 4)
    at += 4
    numbers = 0
    for slot in range(SECTIONS):
        h[row, slot] = 0
        numbers += mask >> slot & 1
    if stop - at < 2 * numbers + (4 if mask & WIDE else 1) * SECTION_COUNT:
        raise ValueError(DAMAGED)
    for slot in range(SECTIONS):
        if mask >> slot & 1:
            h[row, slot] = _take(blob, at, 2)
            at += 2
    if mask & WIDE:
        for place in range(2 * SECTION_COUNT):
            h[row, SECTIONS + place] = end + _take(blob, at, 2)
            at += 2
    else:
        until = end
        empty = -1
        for section in range(SECTION_COUNT):
            code = np.int64(blob[at])
            at += 1
            place = SECTIONS + 2 * section
            if code == 0:
                if empty < 0:
                    empty = until
                h[row, place] = h[row, place + 1] = empty
            elif code < SAME:
                h[row, place] = until
                until += code
                h[row, place + 1] = until
            elif code - SAME < section:
                other = SECTIONS + 2 * (code - SAME)
                h[row, place], h[row, place + 1] = h[row, other], h[row, other + 1]
            else:
                raise ValueError(DAMAGED)
    for section in range(SECTION_COUNT):
        if _start(h, row, section) > _end(h, row, section) or _end(h, row, section) > end + stop - at:
            raise ValueError(DAMAGED)
    for place in range(stop - at):
        t[end + place] = blob[at + place]
    return end + stop - at


def _kept(function: Any) -> Any:
    """Compile on first use and keep the machine code on disk where that can be written to."""
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder for it: neither the package's nor the user's can be written
        return numba.njit(nogil=True)(function)


@_kept
def score_pairs(h, t, left, right, out):
    """The features of many pairs of records: rows ``left[n]`` and ``right[n]`` of ``h``.

    ``h`` int64 of shape (records, HEADER), ``t`` uint8, ``left`` and ``right`` int64 of shape (pairs,),
    ``out`` float64 of shape (pairs, FEATURES).
    """
    work = np.zeros((4, LONGEST + 1), np.int64)
    for pair in range(len(left)):
        score_pair(h, t, left[pair], right[pair], out[pair], work)


@_kept
def weigh_pairs(h, t, left, right, out, facts):
    """``score_pairs`` of records that are compared whole; ``facts`` float64 of shape (pairs, FACTS) too."""
    work = np.zeros((4, LONGEST + 1), np.int64)
    text = np.zeros(6 * LONGEST, np.uint8)
    for pair in range(len(left)):
        score_pair(h, t, left[pair], right[pair], out[pair], work)
        weigh_pair(h, t, left[pair], right[pair], facts[pair], text, work)


@_kept
def shrink_records(h, t, bases, blob, ends):
    """Write records as they are stored: ``blob`` uint8, where each ends in it to ``ends``, int64 (records,).

    ``bases`` int64 (records + 1,) says where the text of each starts in ``t``.
    """
    at = 0
    for row in range(len(h)):
        at = _shrink(h, t, row, bases[row], bases[row + 1] - bases[row], blob, at)
        ends[row] = at


@_kept
def widen_records(blob, starts, stops, h, t):
    """Read the stored records ``blob[starts[n]:stops[n]]`` into ``h`` (records, HEADER) and ``t``.

    Returns where the text of each starts in ``t``, and where the last one ends. ``t`` must have as much
    room as the stored records are long.
    """
    ends = np.zeros(len(starts) + 1, np.int64)
    for row in range(len(starts)):
        ends[row + 1] = _widen(blob, starts[row], stops[row], h, row, t, ends[row])
    return ends


@_kept
def score_stored(h, t, bases, first_reading, blob, starts, stops, first_candidate, first_row, out):
    """The features of the readings of many lines against stored records that were found for each line.

    Line n has the readings ``first_reading[n] : first_reading[n + 1]``, rows of ``h`` whose text lies between
    ``bases``, and the candidates ``first_candidate[n] : first_candidate[n + 1]``, stored at ``starts`` and
    ``stops`` of ``blob``. Its rows of ``out`` begin at ``first_row[n]``: all candidates of the first reading,
    then of the second …
    """
    work = np.zeros((4, LONGEST + 1), np.int64)
    rows = np.zeros((64, HEADER), np.int64)
    text = np.zeros(1 << 14, np.uint8)
    for line in range(len(first_reading) - 1):
        readings = first_reading[line + 1] - first_reading[line]
        candidates = first_candidate[line + 1] - first_candidate[line]
        if candidates == 0:
            continue
        room = bases[first_reading[line + 1]] - bases[first_reading[line]]
        for one in range(first_candidate[line], first_candidate[line + 1]):
            room += stops[one] - starts[one]
        if room > len(text):
            text = np.zeros(2 * room, np.uint8)
        if readings + candidates > len(rows):
            rows = np.zeros((2 * (readings + candidates), HEADER), np.int64)
        end = 0
        for at in range(readings):
            number = first_reading[line] + at
            rows[at] = h[number]
            for place in range(SECTIONS, HEADER):
                rows[at, place] += end - bases[number]
            for place in range(bases[number], bases[number + 1]):
                text[end] = t[place]
                end += 1
        for at in range(candidates):
            one = first_candidate[line] + at
            end = _widen(blob, starts[one], stops[one], rows, readings + at, text, end)
        row = first_row[line]
        for reading in range(readings):
            for at in range(candidates):
                score_pair(rows, text, reading, readings + at, out[row], work)
                row += 1


@_kept
def distances(t, between, out):
    """The OSA distance and the Indel similarity of the texts before and behind ``between``, for tests."""
    work = np.zeros((4, LONGEST + 1), np.int64)
    out[0] = osa(t, 0, between, between, len(t), LONGEST, work)
    out[1] = indel_similarity(t, 0, between, between, len(t), work)
