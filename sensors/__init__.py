"""Sensors and schedules: when something runs.

Here: pure decisions (from values to values, no Dagster) and beside each the thin sensor or schedule that
applies it. Not here: what runs (``discovery_assets``) and how the inbox is read (``mixtrove.inbox``).
"""
