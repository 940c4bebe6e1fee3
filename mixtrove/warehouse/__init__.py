"""The warehouse: what analysts read, built from the operational store and published as one DuckDB file.

``models`` finds the files of ``sql/``; ``buildfile`` opens the file that is built; ``staging`` brings the
store's changes; ``marts``, ``statistics`` and ``checks`` compute; ``publish`` and ``refresh`` hand out;
``read`` is for everybody else. Nothing here writes to the operational store.
"""
