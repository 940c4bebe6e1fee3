"""Text cut into lines: only CR, LF and CRLF end one, so that numbers agree with every editor.

``str.splitlines`` also cuts at form feeds and Unicode separators, which occur inside titles.
"""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r\n|\n|\r")


def split_lines(text: str) -> list[str]:
    """The lines of a text without their ends; an end after the last line starts no further one."""
    lines = _LINE_END.split(text) if "\r" in text else text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return lines
