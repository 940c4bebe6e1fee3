"""The operational store: tracklists, tracks, discoveries, corrections, wants and owned files.

``schema`` names the tables, ``store`` opens them; every other file is one kind of thing people or runs
change. Nothing is imported here, so that a command pays only for what it uses.
"""
