"""Layer raw: what was played, line by line, as the DJ's files say it."""
