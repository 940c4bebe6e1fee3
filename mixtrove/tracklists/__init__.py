"""Tracklists: read a format, take its lines apart. Imports only ``mixtrove.matching`` and values of ours."""

from mixtrove.tracklists.model import Component, Kind, Line, Tracklist
from mixtrove.tracklists.reading import FORMATS, read_tracklist

__all__ = ["FORMATS", "Component", "Kind", "Line", "Tracklist", "read_tracklist"]
