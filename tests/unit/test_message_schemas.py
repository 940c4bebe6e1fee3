"""Every event that the library emits can be published."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import mixtrove
from mixtrove.library.outbox import Event
from mixtrove.messaging.publisher import message_of
from mixtrove.messaging.schemas import OUTGOING

NAME = re.compile(r'"((?:want|track|id|discovery)\.(?:[a-z]+ed|available|cheaper))"')


def test_every_event_has_a_schema() -> None:
    root = Path(mixtrove.__file__).parent
    named = {name for path in root.rglob("*.py") for name in NAME.findall(path.read_text(encoding="utf-8"))}
    assert named - {"discovery.requested"} == set(OUTGOING)


def test_an_event_says_its_fields_as_they_are_named() -> None:
    payload = {"entry_id": "e", "tracklist_id": "t", "position": 3, "was": "ID - ID", "is": "Bicep - Glue"}
    event = Event(1, "id.named", "e", payload, datetime(2026, 11, 30, tzinfo=UTC))
    assert json.loads(message_of(event))["data"] == payload
