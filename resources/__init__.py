"""Dagster resources: they configure mixtrove objects and nothing more.

Here: which home, store, catalogue and warehouse a run uses, and how mixtrove's errors end a step. Not here:
any decision about tracks (``mixtrove``), assets (``discovery_assets``) and when something runs (``sensors``).
"""
