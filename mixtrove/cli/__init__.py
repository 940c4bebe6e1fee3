"""The ``mixtrove`` command: a group that imports a command only when it is asked for.

Here: which commands there are, and how an error of ours reaches the user (one sentence, an exit code). Not
here: any command; they live in the files of this package, one a group.
"""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING, Any

import click

from mixtrove.errors import BadInput, BrokerUnavailable, MixtroveError, StoreUnavailable

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: dict[str, tuple[str, str]] = {
    "parse": ("mixtrove.cli.tracklists_in:parse", "Read a tracklist and show what each line is."),
    "import": ("mixtrove.cli.tracklists_in:import_", "Bring tracklists into the library."),
    "tracklist": ("mixtrove.cli.tracklist:tracklist", "See and change imported tracklists."),
    "explain": ("mixtrove.cli.explain:explain", "Show why a line is, or is not, a certain track."),
    "discover": ("mixtrove.cli.discover:discover", "Find the exact track behind every line."),
    "catalogue": ("mixtrove.cli.catalogue:catalogue", "Build and search an offline catalogue."),
    "library": ("mixtrove.cli.library:library", "See and change the tracks that were found."),
    "review": ("mixtrove.cli.review:review", "Decide the lines that are not certain."),
    "corrections": ("mixtrove.cli.corrections:corrections", "See and take back what was decided."),
    "alias": ("mixtrove.cli.alias:alias", "Tell what artists are also called."),
    "want": ("mixtrove.cli.want:want", "Keep the shopping list."),
    "owned": ("mixtrove.cli.owned:owned", "Tell mixtrove what you already have."),
    "stats": ("mixtrove.cli.stats:stats", "Statistics of what was discovered and played."),
    "query": ("mixtrove.cli.query:query", "Ask the warehouse in SQL."),
    "warehouse": ("mixtrove.cli.warehouse:warehouse", "Give the warehouse to other tools."),
    "report": ("mixtrove.cli.report:report", "What was found, on one page, with charts."),
    "notify": ("mixtrove.cli.notify:notify", "Tell people what is new (ntfy, Discord, e-mail …)."),
    "serve": ("mixtrove.cli.serve:serve", "Serve the library to other programs (REST)."),
    "token": ("mixtrove.cli.token:token", "Let others use the REST API."),
    "messages": ("mixtrove.cli.messages:messages", "Take requests from RabbitMQ, publish events."),
    "dead-letters": ("mixtrove.cli.dead_letters:dead_letters", "Look after messages nobody could use."),
    "events": ("mixtrove.cli.events:events", "See what happened and was, or is to be, published."),
    "providers": ("mixtrove.cli.providers:providers", "See, try and look after the online providers."),
    "doctor": ("mixtrove.cli.doctor:doctor", "Check this installation."),
    "completion": ("mixtrove.cli.completion:completion", "Complete commands in your shell."),
    "db": ("mixtrove.cli.db:db", "Look after the store."),
    "backup": ("mixtrove.cli.backup:backup", "Keep everything that cannot be made again in one file."),
    "restore": ("mixtrove.cli.backup:restore", "Put a backup back."),
    "maintain": ("mixtrove.cli.maintain:maintain", "Backup, clean up and compact, as every night."),
    "home": ("mixtrove.cli.home:home", "Move a home to another database."),
}
"""Command name → (module:object, its line in the help), in the order of a first use."""


def exit_code(error: MixtroveError) -> int:
    """2 for input that cannot be used, 3 for a store or a broker that is not available, else 1."""
    if isinstance(error, BadInput):
        return 2
    return 3 if isinstance(error, StoreUnavailable | BrokerUnavailable) else 1


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            if near:
                ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        _, command, rest = super().resolve_command(ctx, args)
        return args[0], command, rest  # the name in the help, also where the function is `import_`

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        begun = [name for name in COMMANDS if name.startswith(incomplete)]
        return [CompletionItem(name, help=COMMANDS[name][1]) for name in begun]  # none is imported for it

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MixtroveError as error:
            click.echo(f"mixtrove: {error}", err=True)
            ctx.exit(exit_code(error))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mixtrove")
def main() -> None:
    """The tracks hidden in DJ mixes become a library, a shopping list and a picture of what you discover.

    \b
    For example:
      mixtrove import my-mix.txt --dj "Ben UFO"
      mixtrove discover --offline
      mixtrove review list
      mixtrove want list

    Everything is kept under one folder, ./data or $MIXTROVE_HOME.
    """
    from mixtrove.logs import configure

    configure()
