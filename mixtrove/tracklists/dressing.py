"""What platforms write around a track: ``(Official Video)``, ``[FREE DL]``, ``PREMIERE:``, ``| A Channel``.

Here: taking it off a line's text before the text is split, and handing it back as remarks, so that nothing is
lost. Marks of a copy that tracklists use themselves (``[Unreleased]``) are ``box.py`` and ``credit.py``.
"""

from __future__ import annotations

import re

# Words of which a bracket of a platform consists; at least one of the second set is among them.
_WORDS = frozenset(
    ("official", "oficial", "oficiel", "officiel", "offizielles", "music", "musical", "the", "new",
     "with", "full", "free", "track", "album", "out", "now", "soon", "is", "on", "all", "platforms",
     "hd", "hq", "4k", "uhd", "1080p", "720p", "480p", "video", "videoclip", "vidéo", "clip", "audio",
     "lyric", "lyrics", "letra", "mv", "m/v", "pv", "visualizer", "visualiser", "visual", "stream",
     "streaming", "premiere", "download", "dl", "exclusive", "world", "color", "coded", "sub", "subs",
     "español", "english", "not", "and", "&", "in", "description", "link", "session", "buy", "play",
     "hypeddit", "bandcamp", "soundcloud")
)  # fmt: skip
_TELLING = frozenset(
    ("official", "oficial", "oficiel", "officiel", "offizielles", "video", "videoclip", "vidéo",
     "audio", "lyric", "lyrics", "letra", "hd", "hq", "4k", "uhd", "1080p", "720p", "480p", "mv",
     "m/v", "pv", "visualizer", "visualiser", "stream", "premiere", "download", "dl")
)  # fmt: skip
_VIDEO = frozenset(("mv", "pv", "m/v"))
_WHOLE = frozenset(("out now", "full album", "free", "exclusive premiere", "official"))
_BRACKET = re.compile(r"\s*(?:\(([^()\[\]]{1,60})\)|\[([^()\[\]]{1,60})\])")
_PREFIX = re.compile(
    r"^(?:\[?(?:exclusive |world )?(?:premiere|free (?:dl|download)|out now|exclusive)\]?\s*[:|]"
    r"|\[(?:[^\[\]]{0,20}\s)?(?:mv|m/v|pv|hd|hq|premiere|free (?:dl|download)|official[^\[\]]{0,20}"
    r"|out now)\])"
    r"\s*(?=\S)",
    re.IGNORECASE,
)
_END = re.compile(
    r"\s+(?:-\s+)?(?:"
    r"offi[a-z]{1,8}\s+(?:(?:music|lyrics?|hd|4k)\s+){0,2}(?:video|audio|visuali[sz]er|m/?v)"
    r"|(?:music|lyrics?)\s+video|vid[eé]o\s?clip(?:\s+of+ici[a-z]{1,4})?|m/v|full album"
    r"|dance practice(?: #\d)?"
    r")$|\s+(?-i:MV|PV|HD|HQ)$|\s+-\s+(?:video|audio|lyrics|music audio)$|\s*\*\*\w{1,20}\*\*$"
    r"|\s+-\s+out now!?$|\s+-?\s*free (?:dl|download)!?$",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"\s*\.(?:mov|mp4|m4v|avi|wmv|mpe?g|flv|mp3|aiff?|flac|m4a)$", re.IGNORECASE)
_BEHIND_BAR = re.compile(r"\s+\|\s+([^|]*)$")
_DASH = re.compile(r"\s[-–—~]\s")


def undressed(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without what a platform wrote around the track, and what was taken off, in order."""
    if not _perhaps_dressed(text.lower()):
        return (text, ()) if text[-4:-3] != "." and text[-5:-4] != "." else _without_extension(text, [])
    remarks: list[str] = []
    if found := _PREFIX.match(text):
        remarks.append(found[0].strip(" :|[]"))
        text = text[found.end() :]
    text, _ = _without_extension(text, remarks)
    if "(" in text or "[" in text:
        text = _without_brackets(text, remarks)
    box = text.rfind(" [") if text.endswith("]") else -1
    text, label = (text[:box], text[box:]) if box > 0 else (text, "")  # what stands in front of a label's box
    while True:
        if found := _END.search(text, max(0, len(text) - 80)):
            remarks.append(found[0].strip(" -*"))
            text = text[: found.start()]
        elif (
            "|" in text
            and (found := _BEHIND_BAR.search(text))
            and _DASH.search(text[: found.start()])
            and not _DASH.search(found[1])
        ):
            remarks.append(found[1].strip())
            text = text[: found.start()]
        else:
            break
    return text + label, tuple(remark for remark in remarks if remark)


def _perhaps_dressed(text: str) -> bool:
    """Whether a line in lower case has a part of any word that is looked for; nearly none has."""
    return (
        "fici" in text or "offiz" in text or "vid" in text or "udio" in text or "lyric" in text
        or "mv" in text or "m/v" in text or "pv" in text or "visuali" in text or "stream" in text
        or "premiere" in text or "download" in text or "dl" in text or "out now" in text
        or "hd" in text or "hq" in text or "4k" in text or "|" in text or "**" in text
        or "letra" in text or "full album" in text or "dance practice" in text or "0p" in text
    )  # fmt: skip


def _without_extension(text: str, remarks: list[str]) -> tuple[str, tuple[str, ...]]:
    found = _EXTENSION.search(text, max(0, len(text) - 8))
    if found is None or found.start() == 0:
        return text, tuple(remarks)
    remarks.append(found[0].strip(" ."))
    return text[: found.start()], tuple(remarks)


def _without_brackets(text: str, remarks: list[str]) -> str:
    def taken(found: re.Match[str]) -> str:
        inner = found[1] if found[1] is not None else found[2]
        form = " ".join(inner.lower().replace("/", " / ").split())
        words = inner.lower().strip(" .!").split()
        known = all(word in _WORDS for word in words)
        if len(words) < 4 and not _VIDEO.isdisjoint((words or [""])[:1] + words[-1:]):
            known = True  # "(Performance MV)"
        if found.start() == 0 or not (form in _WHOLE or (known and not _TELLING.isdisjoint(words))):
            return found[0]
        remarks.append(inner.strip())
        return ""

    return _BRACKET.sub(taken, text)
