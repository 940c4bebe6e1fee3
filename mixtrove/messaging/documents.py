"""The schemas of messages as JSON Schema, a file a type and version: ``python -m mixtrove.messaging.documents
docs/messages`` (``make messages``). A test compares the files with the models.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from mixtrove.messaging.schemas import INCOMING, OUTGOING, Event


def documents() -> dict[str, str]:
    """File name → JSON Schema (2020-12) as the file has it."""
    found = {
        (name, version): model.model_json_schema()
        for name, versions in INCOMING.items()
        for version, model in versions.items()
    }
    for name, versions in OUTGOING.items():
        for version, told in versions.items():
            # the parameter is a value here, which a type checker cannot follow
            found[name, version] = Event[told].model_json_schema(mode="serialization")  # type: ignore[valid-type]
    return {
        f"{name}.v{version}.json": _written(name, version, schema)
        for (name, version), schema in sorted(found.items())
    }


def _written(name: str, version: int, schema: dict[str, Any]) -> str:
    fields = schema["properties"]
    fields["type"] = {"const": name, "title": "Type", "type": "string"}
    fields["version"] = {"const": version, "title": "Version", "type": "integer"}
    whole = {
        **schema,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:mixtrove:message:{name}:{version}",
        "title": f"{name}, version {version}",
    }
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Write all documents into a folder; those of types that are gone are deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = documents()
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
