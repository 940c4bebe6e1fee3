"""Learns what else artists are called from the data folder and writes ``mixtrove/matching/aliases.csv``.

    python -m benchmarks.matching.learn_aliases --data FOLDER            # print what is learnt, with the judgement
    python -m benchmarks.matching.learn_aliases --data FOLDER --write    # and write the pairs that were judged right

The rules are ``aliases.learn``; they propose, and every proposal was read by a person: ``WRONG`` holds those
that are two artists, ``RIGHT`` those that are right although one title alone says so. A pair that is
proposed and neither of both is written too: two titles rarely err. ``KNOWN`` is common knowledge, for
artists who changed their name or go by a short one.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.matching.sources import catalogue_rows, mix_lines, radio_lines
from mixtrove.matching.aliases import Learnt, in_common, learn, name_key, other_name, worth_knowing
from mixtrove.matching.credit import Credit
from mixtrove.tracklists.line import parse_line
from mixtrove.tracklists.repair import repair_line

TARGET = Path(__file__).parents[2] / "mixtrove" / "matching" / "aliases.csv"

