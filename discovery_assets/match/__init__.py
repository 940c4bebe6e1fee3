"""Layer match: which track each entry is, and the library that follows from it."""
