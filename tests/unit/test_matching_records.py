"""The packed records that the kernel reads, and that one pair and many give the same numbers."""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, Indel

from mixtrove.catalogue.build import build_catalogue
from mixtrove.catalogue.search import Catalogue
from mixtrove.matching import Credit, compare, compare_many, kernel
from mixtrove.matching.packed import pack, packed, shrink, unpack, widen
from mixtrove.matching.prepared import prepare
from mixtrove.matching.version import HEADS

EXAMPLES = Path(__file__).parents[2] / "examples" / "catalogue.csv"


def rows(count: int) -> list[Credit]:
    with EXAMPLES.open(encoding="utf-8", newline="") as stream:
        found = list(csv.DictReader(stream))[:count]
    return [Credit.parse(row["artist"], row["title"], label=row.get("label") or None) for row in found]


def test_many_pairs_give_the_numbers_of_each_pair() -> None:
    credits = rows(90)
    pairs = list(product(credits, credits))
    assert len(pairs) > 4096  # more than one thread works on them
    many = compare_many(pairs)
    assert many.dtype == np.float64
    assert many.shape == (len(pairs),)
    some = range(0, len(pairs), 7)
    assert [many[at] for at in some] == [compare(*pairs[at]).confidence for at in some]
    assert (many.reshape(90, 90) == many.reshape(90, 90).T).all()


def test_no_pairs_give_no_numbers() -> None:
    assert compare_many([]).shape == (0,)


def test_pairs_beyond_one_chunk_are_all_there() -> None:
    left, right = Credit.parse("A", "B"), Credit.parse("A", "C D E")
    found = compare_many([(left, left)] * 70_000 + [(left, right)] * 3)
    assert found[:70_000].min() == found[69_999] == compare(left, left).confidence
    assert set(found[70_000:].tolist()) == {compare(left, right).confidence}


def test_a_stored_record_is_that_of_the_credit_it_is_stored_with(tmp_path: Path) -> None:
    build_catalogue([EXAMPLES], tmp_path)
    with Catalogue(tmp_path) as catalogue:
        found = [one for offered in catalogue.candidates(rows(300)) for one in offered]
    assert len(found) > 300
    for candidate in found:
        assert packed(candidate.credit) == pack(prepare(candidate.credit)), candidate


def stored(records: list[bytes]) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    blob, ends = shrink(records)
    return blob, np.concatenate([[0], ends[:-1]]), ends


def test_a_record_comes_back_from_the_disk_as_it_was() -> None:
    long = [Credit.parse("word " * 300, "other " * 300), Credit.parse("a" * 300, "b", album="c" * 300)]
    credits = [*rows(400), *long, Credit.parse("", "")]
    whole = [packed(one) for one in credits]
    blob, starts, ends = stored(whole)
    assert widen(blob, starts, ends) == whole
    assert len(blob) < 0.6 * sum(map(len, whole))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_record_is_refused_or_stays_within_its_text(data: st.DataObject) -> None:
    blob, starts, ends = stored([packed(one) for one in rows(3)])
    for _ in range(data.draw(st.integers(1, 5))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    ends[-1] -= data.draw(st.integers(0, 60))
    headers, text = np.zeros((3, kernel.HEADER), np.int64), np.zeros(len(blob), np.uint8)
    try:
        until = kernel.widen_records(blob, starts, ends, headers, text)
    except ValueError:
        return
    places = headers[:, kernel.SECTIONS :]
    assert (places >= until[:-1, None]).all()
    assert (places <= until[1:, None]).all()


def test_every_version_word_has_a_bit_in_the_record() -> None:
    kinds = {what for what in HEADS.values() if what and ":" not in what}
    assert kinds - set(kernel.TYPES) == set()
    assert len(kernel.TYPES) <= 32
    assert kernel.TYPES[kernel.BIT_DUB.bit_length() - 1] == "dub"
    assert kernel.TYPES[kernel.BIT_MASHUP.bit_length() - 1] == "mashup"
    assert kernel.TYPES[kernel.BIT_LIVE.bit_length() - 1] == "live"
    assert set(kernel.TYPES[kernel.TRAILING_FAMILY :]) >= {"remix", "mix", "edit"}


TEXTS = st.text("abcdeéß漢字 -'.()&", max_size=90)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_any_text_can_be_packed_and_compared(artist: str, title: str, other: str, third: str) -> None:
    left, right = Credit.parse(artist, title), Credit.parse(other, third)
    headers, text = unpack([packed(left), packed(right)])
    assert headers.shape == (2, kernel.HEADER)
    assert headers[:, kernel.SECTIONS :].max() <= len(text)
    starts, ends = headers[:, kernel.SECTIONS :: 2], headers[:, kernel.SECTIONS + 1 :: 2]
    for section in set(range(kernel.SECTION_COUNT)) - {
        kernel.ARTIST_WEIGHTS,
        kernel.TITLE_WEIGHTS,
        kernel.BASE_WEIGHTS,
    }:
        for row in (0, 1):
            assert (text[starts[row, section] : ends[row, section]] < 128).all()
    there, back = compare(left, right), compare(right, left)
    assert there.score == back.score
    assert 0.0 <= there.score <= 1.0


WORDS = st.text("abcdef ", min_size=1, max_size=90)


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS)
def test_distances_are_those_of_rapidfuzz(left: str, right: str) -> None:
    text = np.frombuffer((left + right).encode(), np.uint8)
    out = np.zeros(2)
    kernel.distances(text, len(left), out)
    assert out[0] == OSA.distance(left, right)
    assert abs(out[1] - Indel.normalized_similarity(left, right)) < 1e-12


def test_a_text_of_a_hundred_thousand_letters_is_compared_by_its_beginning() -> None:
    long = "word " * 20_000
    found = compare(Credit.parse(long, long), Credit.parse(long, f"{long} more"))
    assert 0.0 <= found.score <= 1.0
