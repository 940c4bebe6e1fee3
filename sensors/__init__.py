"""Sensors and schedules: when something runs.

Here: pure decisions (from values to values, no Dagster) and beside each the thin sensor or schedule that
applies it. Not here: what runs (``discovery_assets``) and how the inbox is read (``mixtrove.inbox``).
"""

OFTEN = 4
"""Seconds between two looks of a sensor for whose answer somebody waits. Dagster goes through its sensors
every 5 s: with 5 here one that was a moment early the last time is passed over, and looks every 10."""
