"""A large made-up catalogue with real names, questions of known answer, and what is measured on them.

``real.py``, ``pools.py`` and ``versions.py`` are what is drawn from, ``tracks.py`` draws, ``questions.py``
decides what is asked and what the catalogue must not hold, ``lines.py`` writes the lines and
``catalogue_file.py`` the catalogue. Run as ``python -m benchmarks.catalogue``. Pairs of credits and real
end to end lines, which are worth more and are fewer, are ``benchmarks.matching``.
"""
