"""Looking after an installation: moving it to another database, backup and restore, nightly maintenance.

Not here: what the stores mean (``library``, ``providers``), how rows are copied (``database.copying``), and
when maintenance runs (the Dagster project). Nothing is imported here, so that a command pays only for what it
uses.
"""
