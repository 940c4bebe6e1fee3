"""How well and how fast the deep duplicate pass works: MusicBrainz-20K, a radio show's ids, a million tracks.

``library.py`` makes up a library of known answer, ``measures.py`` says what counts; ``ours.py`` and each
``peer_*.py`` read one file of tracks and write one of clusters, in processes of their own. Run as
``python -m benchmarks.duplicates``. Single pairs are ``benchmarks.matching``.
"""
