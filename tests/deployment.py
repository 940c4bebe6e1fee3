"""compose.yaml as tests read it: with its variables filled in, and as processes of this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = ROOT / "compose.yaml"

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z_]+)(?P<form>:-|:\?)?(?P<rest>[^}]*)\})")


def variables() -> dict[str, str]:
    """The variables of .env.example and their values there."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))  # type: ignore[misc]


def used_variables() -> dict[str, set[str]]:
    """The variables that compose.yaml uses → in which forms: ``:?`` (needed), ``:-`` (with a default)."""
    found: dict[str, set[str]] = {}
    for one in _VARIABLE.finditer(COMPOSE.read_text(encoding="utf-8")):
        if one["name"]:
            found.setdefault(one["name"], set()).add(one["form"] or "")
    return found


def composed(given: Mapping[str, str]) -> dict[str, Any]:
    """compose.yaml with these variables. An empty one is as good as none, as Compose has it.

    Raises:
        KeyError: a variable is needed and not given.
    """

    def fill(one: re.Match[str]) -> str:
        if not one["name"]:
            return "$"
        value = given.get(one["name"], "")
        if value:
            return value
        if one["form"] == ":-":
            return one["rest"]
        raise KeyError(one["name"])

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return _VARIABLE.sub(fill, value)
        if isinstance(value, list):
            return [walk(one) for one in value]
        if isinstance(value, dict):
            return {name: walk(one) for name, one in value.items()}
        return value

    found: dict[str, Any] = walk(yaml.safe_load(COMPOSE.read_text(encoding="utf-8")))
    return found


def ours(services: Mapping[str, Any]) -> dict[str, Any]:
    """The services that run our image."""
    return {name: one for name, one in services.items() if one["image"].startswith("mixtrove:")}
