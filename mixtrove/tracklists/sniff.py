"""Which format a text is in: the content decides.

The file name breaks a tie only: a regular table without known columns is a CSV when it is called one.
"""

from __future__ import annotations

from mixtrove.tracklists.cue import is_cue
from mixtrove.tracklists.findings import FormatName
from mixtrove.tracklists.json_format import is_json
from mixtrove.tracklists.table import is_table, looks_regular


def sniff(text: str, name: str = "") -> FormatName:
    """The format of ``text``; whatever is nothing else is free text."""
    if is_json(text):
        return "json"
    if is_cue(text):
        return "cue"
    if is_table(text):
        return "csv"
    ending = name.casefold().rpartition(".")[2]
    if ending in ("csv", "tsv") and looks_regular(text):
        return "csv"
    return "text"
