"""Free text: what each line is because of where it stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from mixtrove.errors import BadInput
from mixtrove.tracklists import Tracklist, read_tracklist

MIXESDB = """1988-06 - Paul Oakenfold @ Spectrum, London (Test Pressing 354, 2014-06-13)

[00] Jhalib - Mysteries Of The East
[05] Code 61 - Drop The Deal [Limited Club Edition - LCE 003]
[09] Cappella - Bauhaus [Media  -MR 519]
"""


def read(text: str, name: str | None = None) -> Tracklist:
    return read_tracklist(text.encode(), name=name)


def credits(tracklist: Tracklist) -> list[str]:
    return [
        f"{one.credit.artist} - {one.credit.full_title}"
        for line in tracklist.entries
        for one in line.components
    ]


def test_a_mixesdb_heading_gives_dj_and_title_and_a_month_is_no_date() -> None:
    found = read(MIXESDB)
    assert (found.dj, found.played_on) == ("Paul Oakenfold", None)
    assert found.title == "1988-06 - Spectrum, London (Test Pressing 354, 2014-06-13)"
    assert [line.kind for line in found.lines] == ["heading", "blank", "track", "track", "track"]
    assert [line.cue_seconds for line in found.entries] == [0, 300, 540]
    assert found.assumptions[0] == "DJ “Paul Oakenfold” from line 1"


@pytest.mark.parametrize(
    ("heading", "dj", "title", "day"),
    [
        (
            "1993-08-13 - Paul Oakenfold @ Universe - Big Love, Wiltshire",
            "Paul Oakenfold",
            "Universe - Big Love, Wiltshire",
            date(1993, 8, 13),
        ),
        (
            "2016-03-03 - Doc Scott - Future Beats Radio Show",
            "Doc Scott",
            "Future Beats Radio Show",
            date(2016, 3, 3),
        ),
        (
            "Hardwell @ Ultra Music Festival, Miami 2016-03-18",
            "Hardwell",
            "Ultra Music Festival, Miami",
            date(2016, 3, 18),
        ),
        (
            "Soulection Radio Show #103 w/ Freddie Joachim (Mellow Orange/Organology)",
            None,
            "Soulection Radio Show #103 w/ Freddie Joachim (Mellow Orange/Organology)",
            None,
        ),
        ("Solomun Live @ Boiler Room, 13.06.2014", "Solomun", "Boiler Room", date(2014, 6, 13)),
        ("Ben UFO @ Dekmantel 05/06/2014", "Ben UFO", "Dekmantel 05/06/2014", None),
        ("2014-0X - Eddie Halliwell @ Cream", "Eddie Halliwell", "2014-0X - Cream", None),
    ],
)
def test_headings_fill_only_what_is_certain(
    heading: str, dj: str | None, title: str, day: date | None
) -> None:
    found = read(f"{heading}\n\n01. A - B\n02. C - D\n03. E - F\n")
    assert (found.dj, found.title, found.played_on) == (dj, title, day)
    assert credits(found) == ["A - B", "C - D", "E - F"]


def test_named_fields_above_the_list_are_read() -> None:
    found = read("Title: Essential Mix\nDJ: Four Tet\nDate: 13 June 2014\n\nA - B\nC - D\n")
    assert (found.title, found.dj, found.played_on) == ("Essential Mix", "Four Tet", date(2014, 6, 13))
    assert found.assumptions == (
        "title “Essential Mix” from line 1",
        "DJ “Four Tet” from line 2",
        "date 2014-06-13 from line 3",
    )


def test_a_date_that_is_not_one_day_is_named_and_not_used() -> None:
    found = read("Date: 05/06/2014\n\nA - B\nC - D\n")
    assert found.played_on is None
    assert found.assumptions == ("line 1: the date “05/06/2014” does not name one certain day; not used",)


def test_a_date_on_which_nothing_can_have_been_played_is_named_and_not_used() -> None:
    year = datetime.now(UTC).date().year + 2
    for text in (f"Date: {year}-05-06\n\nA - B\nC - D\n", f"Four Tet - Mix {year}-05-06\n\nA - B\nC - D\n"):
        found = read(text)
        assert found.played_on is None
        assert f"line 1: the date {year}-05-06 lies in the future; not used" in found.assumptions
    named = read_tracklist(b"A - B\n", name=f"Four Tet - Mix {year}-05-06.txt")
    assert named.played_on is None
    assert f"the file name: the date {year}-05-06 lies in the future; not used" in named.assumptions
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert read(f"Date: {tomorrow}\n\nA - B\nC - D\n").played_on == tomorrow
    for day in (date(9999, 12, 31), date(1, 1, 1), date(1899, 12, 31)):
        with pytest.raises(BadInput, match=r"give the day on which it was played"):
            read_tracklist(b"A - B\n", played_on=day)


@pytest.mark.parametrize(
    "first",
    [
        "Jhalib - Mysteries Of The East",
        "Intro - Guest Mix",
        "Live - Lightning Crashes",
        "Radio - Festival",
        "1999 - Prince",
    ],
)
def test_a_first_line_that_may_be_a_track_stays_one(first: str) -> None:
    assert len(read(f"{first}\nA - B\nC - D\n").entries) == 3


def test_a_line_between_numbered_lines_stays_a_track() -> None:
    found = read("01. A - B\nDJ X @ Fabric - Live Mix 2014-06-13\n03. C - D\n")
    assert [line.position for line in found.lines] == [1, 2, 3]


def test_sections_and_talk_are_kept_but_are_no_entries() -> None:
    found = read(
        "Tracklist:\nA - B\n\nHour 2\nC - D\n----\nDJ X in the mix\nE - F\n\n"
        "Follow me on Instagram: @x\nhttps://example.org/x\n#house #techno\n"
    )
    assert credits(found) == ["A - B", "C - D", "E - F"]
    assert [(line.line_no, line.skip_reason) for line in found.lines if line.position is None] == [
        (1, "says that a tracklist follows"),
        (3, "blank line"),
        (4, "a section heading"),
        (6, "a dividing line"),
        (7, "a section heading"),
        (9, "blank line"),
        (10, "not about a track"),
        (11, "a web address"),
        (12, "hashtags"),
    ]


def test_cues_numbers_and_labels_on_their_own_lines_join_their_track() -> None:
    found = read(
        "01\n00:00\nOne - First\nDEFECTED\n02\n03:20\nTwo - Second (X Remix)\nSPINNIN' RECORDS\n"
        "03\n06:40\nID - ID\n"
    )
    assert [line.cue_seconds for line in found.entries] == [0, 200, 400]
    assert [line.components[0].credit.label for line in found.entries] == [
        "DEFECTED",
        "SPINNIN' RECORDS",
        None,
    ]
    assert len(found.lines) == 11
    assert found.lines[1].skip_reason == "the cue time of the next line"


def test_cues_below_their_tracks_belong_to_the_line_before() -> None:
    found = read("One - First\n0:00\nTwo - Second\n3:30\nThree - Third\n7:10\n")
    assert [line.cue_seconds for line in found.entries] == [0, 210, 430]


def test_single_capital_lines_are_no_labels() -> None:
    found = read("A - B\nSOMETHING ELSE\nC - D\nE - F\nG - H\n")
    assert found.entries[0].components[0].credit.label is None


@pytest.mark.parametrize("mark", ["{} ", "{} - ", "[{}] ", "{}. ", "{}) ", "#{} ", "{} | "])
def test_counting_numbers_are_taken_off_in_every_style(mark: str) -> None:
    tracks = ["Artist One - Title", "2 Unlimited - No Limit", "50 Cent - In Da Club", "4 Hero - Star"]
    text = "\n".join(f"{mark.format(f'{n:02}')}{track}" for n, track in enumerate(tracks, 1))
    assert credits(read(text)) == tracks
    assert [line.cue_seconds for line in read(text).lines] == [None] * 4


def test_numbers_that_do_not_count_belong_to_the_artist() -> None:
    tracks = ["50 Cent - In Da Club", "2 Unlimited - No Limit", "4 Hero - Star Chasers"]
    assert credits(read("\n".join(tracks))) == tracks


@pytest.mark.parametrize("ending", [" (3:45)", " [3:45]", " 3:45"])
def test_lengths_behind_the_titles_are_no_cues(ending: str) -> None:
    found = read(f"1. A - B (6:10)\n2. C - D{ending}\n3. E - F (5:00)\n")
    assert credits(found) == ["A - B", "C - D", "E - F"]
    assert [line.cue_seconds for line in found.entries] == [None] * 3
    assert [line.components[0].credit.duration for line in found.entries] == [370.0, 225.0, 300.0]


def test_a_mail_gives_its_tracks_only() -> None:
    found = read(
        "Hi Tom,\n\nhere's my set from Saturday:\n\n> 1. A - B\n> 2. E &amp; F - G\n\nCheers, see you\nBob\n"
    )
    assert credits(found) == ["A - B", "E & F - G"]
    assert found.title is None
    assert found.lines[5].raw == "> 2. E &amp; F - G"


def test_mojibake_is_repaired_for_reading_and_kept_in_the_raw_line() -> None:
    found = read("NIN - Heresy (RaÃ\u00adZ Edit)\nÃ…land - Song\n")
    assert credits(found)[0] == "NIN - Heresy (RaíZ Edit)"
    assert found.lines[0].raw == "NIN - Heresy (RaÃ\u00adZ Edit)"
    assert found.entries[1].components[0].credit.artists == ("Ã…land",)
    assert found.assumptions == ("line 1: letters garbled by a wrong encoding were repaired",)


def test_an_absurd_line_is_left_out_and_the_others_are_read() -> None:
    found = read("x" * 20_001 + "\nA - B\n")
    assert credits(found) == ["A - B"]
    assert found.lines[0].raw == "x" * 20_001
    assert found.assumptions == ("line 1: longer than 20,000 characters, left out",)


def test_the_file_name_helps_when_the_text_has_no_heading() -> None:
    found = read("A - B\nC - D\n", "sets/2014-06-13 Paul Oakenfold - Spectrum.txt")
    assert (found.dj, found.title, found.played_on) == ("Paul Oakenfold", "Spectrum", date(2014, 6, 13))
    assert "date 2014-06-13 from the file name" in found.assumptions


def test_a_heading_wins_over_the_file_name_but_a_date_is_taken_from_it() -> None:
    found = read("Hardwell @ Ultra, Miami\n\nA - B\nC - D\n", "2016-03-18 Someone - Else.txt")
    assert (found.dj, found.title, found.played_on) == ("Hardwell", "Ultra, Miami", date(2016, 3, 18))


def test_a_meaningless_file_name_names_nothing() -> None:
    assert read("A - B\n", "tracklist (2).txt").title is None


def test_what_the_caller_says_wins() -> None:
    found = read_tracklist(MIXESDB.encode(), dj="Oakey", title="T", played_on=date(1988, 6, 4))
    assert (found.dj, found.title, found.played_on) == ("Oakey", "T", date(1988, 6, 4))
    assert found.assumptions == ()


def test_the_address_of_a_tracklist_page_is_the_source() -> None:
    found = read("https://www.1001tracklists.com/tracklist/abc/x.html\n\nA - B\nC - D\n")
    assert found.source_url == "https://www.1001tracklists.com/tracklist/abc/x.html"


def test_lines_from_many_mixes_all_come_out_in_order() -> None:
    raws = [
        "[00] ?",
        "ID - Pump Porn 2.0 ID (Working Title)",
        "[0??] M Sage - Rife w/ Typo",
        "(Bartosz Brenes & Tony Romera Remix) [Dirty Dutch]",
        "Record Of The Week: Spencer Brown - Embarcadero",
        "[36] + Calvin Harris Feat. Florence Welch - Sweet Nothing (Acapella) [Victory Dance]",
        "Dave Sinner- Zero",
        "[110:42] Larry Heard Pres. Mr. White - The Sun Can't Compare [Alleviated]",
    ]
    found = read("\n".join(raws))
    assert [line.raw for line in found.lines] == raws
    assert [line.line_no for line in found.lines] == list(range(1, 9))
    assert not any(line.kind == "heading" for line in found.lines)
