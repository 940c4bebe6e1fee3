"""Every ``mixtrove`` command that a page shows exists, with the options it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from mixtrove.cli import main

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_PROMPT = re.compile(r"^\$ (?:[a-z]+ \| )?(?:\.venv/bin/)?mixtrove (.+)$", re.MULTILINE)


def commands(page: Path) -> list[str]:
    shown = [found.group(1) for found in _PROMPT.finditer(page.read_text(encoding="utf-8"))]
    return [part.removeprefix("mixtrove ") for line in shown for part in line.split(" && ")]


def parse(given: str) -> None:
    """Parse a command line without running it; a file that is not there is no error."""
    words = shlex.split(given, comments=True)
    command: click.Command = main
    context = click.Context(main, info_name="mixtrove", resilient_parsing=True)
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        if found is None:
            raise click.UsageError(f"no command {name}")
        command, context = found, click.Context(found, parent=context, info_name=name)
    given_options, _, _ = command.make_parser(context).parse_args([one for one in words if one != "…"])
    for option in command.params:
        if isinstance(option.type, click.Choice) and option.name in given_options:
            values = given_options[option.name]
            for value in values if isinstance(values, list) else [values]:
                option.type.convert(value, option, context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_page_can_be_typed(page: Path) -> None:
    for given in commands(page):
        try:
            parse(given)
        except click.UsageError as error:
            pytest.fail(f"{page.name}: mixtrove {given}: {error.format_message()}")


def test_the_pages_show_commands() -> None:
    assert sum(len(commands(page)) for page in PAGES) > 50
    with pytest.raises(click.UsageError, match="No such option"):
        parse("library list --loud")
