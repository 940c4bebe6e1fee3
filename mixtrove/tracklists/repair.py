"""Text that was damaged on its way here, made readable again before it is taken apart.

Here: mojibake, HTML entities, invisible characters. Repairs are made only when they are certain, one line
at a time, and never in ``Line.raw``. Not here: spelling, brackets, look-alike letters (the line grammar).
"""

from __future__ import annotations

import html
import re

REPAIRED = "letters garbled by a wrong encoding were repaired"
"""The sentence about it, after the numbers of the lines."""

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_ENTITY = re.compile(r"&(?:amp|quot|apos|nbsp|#0?39|#x27);", re.IGNORECASE)
_CERTAIN_STEPS = {("decode", "utf-8"), ("apply", "decode_inconsistent_utf8")}


def repair_mojibake(text: str) -> str:
    """``text`` with UTF-8 that was read as Latin-1 or Windows-1252 put right, when that is certain.

    Certain means: ftfy's badness heuristic complains before and not after, and the only steps needed were
    undoing a wrong decoding (``RaÃ­Z`` → ``RaíZ``; ``Ã…land`` stays).
    """
    if text.isascii():
        return text
    from ftfy import TextFixerConfig, fix_encoding_and_explain
    from ftfy.badness import is_bad

    if not is_bad(text):
        return text
    config = TextFixerConfig(replace_lossy_sequences=False, restore_byte_a0=False, fix_c1_controls=False)
    fixed, steps = fix_encoding_and_explain(text, config)
    if not steps or "\ufffd" in fixed or "\n" in fixed or is_bad(fixed):
        return text
    if any(tuple(step) not in _CERTAIN_STEPS and step[0] != "encode" for step in steps):
        return text
    return fixed


def repair_line(raw: str) -> str:
    """A line as it is to be read: invisible characters and entities gone, mojibake repaired."""
    text = repair_mojibake(raw)
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    return text
