"""How reasons begin that other parts read again: of another reading, of the nearest recording, of none."""

READ_AS = "read as "
"""The match rests on another reading of the line."""

NEAREST_IS = "nearest: "
"""It names a recording that is not close."""

NO_CANDIDATE = "no candidate"
"""There is none."""
