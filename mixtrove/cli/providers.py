"""``mixtrove providers``: see, try and look after the online providers."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from mixtrove.cli.given import TEXT, Number
from mixtrove.cli.output import AS_JSON
from mixtrove.errors import BadInput, MixtroveError

_STARTER = Path("examples/catalogue.csv")


@click.group()
def providers() -> None:
    """See, try and look after the online providers.

    \b
    For example:
      mixtrove providers list
      mixtrove providers queue
      mixtrove providers unblock discogs
      mixtrove providers simulate
    """


@providers.command("list")
@AS_JSON
def list_(as_json: bool) -> None:
    """Show every provider: off, ready, waiting or failing, why, and what was asked of it today (UTC).

    \b
    For example:
      mixtrove providers list
    """
    from mixtrove.cli.output import print_table
    from mixtrove.discovery import opened_online
    from mixtrove.settings import load_settings

    with opened_online(load_settings()) as online:
        states = online.states()
    columns = ("provider", "state", "requests_today", "from_cache", "requests_per_line", "why")
    rows = [
        (
            one.name, one.state, one.counted.requests, one.counted.hit_rate, one.counted.requests_per_line,
            one.why,
        )
        for one in states
    ]  # fmt: skip
    print_table(columns, rows, json=as_json)


@providers.command()
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="So many questions.")
@AS_JSON
def queue(limit: int, as_json: bool) -> None:
    """Show the questions that a provider could not answer yet, and when each is asked again.

    A run of `mixtrove discover` takes up those whose time has come; in Dagster the sensor
    provider_questions does.

    \b
    For example:
      mixtrove providers queue --limit 10
    """
    from mixtrove.cli.opened import opened_store
    from mixtrove.cli.output import print_table
    from mixtrove.library.watch import queued_questions

    with opened_store() as (store, _), store.read() as connection:
        found = queued_questions(connection, limit=limit)
    rows = [(one.provider, one.next_at, one.attempts, one.line, one.why) for one in found]
    columns = ("provider", "next_at", "attempts", "line", "why")
    print_table(columns, rows, json=as_json, empty="no question waits")


@providers.command()
@click.option("--top", type=click.IntRange(1, 10_000), default=100, show_default=True, help="So many tracks.")
def warm(top: int) -> None:
    """Ask now what the most heard tracks cost and where they are sold, so that looking is fast later.

    Every shop that is ready is asked, each within its quota.

    \b
    For example:
      mixtrove providers warm --top 200
    """
    from mixtrove.cli.opened import opened_store
    from mixtrove.cli.progress import progress_bar
    from mixtrove.discovery import opened_online, use_in_words
    from mixtrove.library.track_filter import TrackFilter
    from mixtrove.library.track_search import find_tracks
    from mixtrove.shopping import ask_shops

    with opened_store() as (store, settings), opened_online(settings) as online:
        if not online.ready:
            raise BadInput("no provider is ready: `mixtrove providers list` says why")
        with store.read() as connection:
            page = find_tracks(connection, TrackFilter(provisional=False), limit=top)
            tracks = [one.id for one in page.tracks]
        with progress_bar("asking shops") as bar:
            done = ask_shops(
                store, online.providers, tracks, rule=settings.rule,
                progress=lambda done, of: bar.update(done, of, "asking shops"),
            )  # fmt: skip
        click.echo(f"{done.tracks:,} tracks, {done.links:,} places to buy them")
        for name, use in online.gateway.summary().items():
            if use.requests or use.cache_hits:
                click.echo(f"  {name}: {use_in_words(use)}")
        for shop, why in done.failed.items():
            click.echo(f"{shop} did not answer: {why}", err=True)


@providers.command()
@click.argument("name")
def unblock(name: str) -> None:
    """Let the provider NAME be asked again now, although it told us to wait, failed or refused us.

    Use it when the cause is gone; asking a provider that banned us makes its bans longer.

    \b
    For example:
      mixtrove providers unblock discogs
    """
    from mixtrove.discovery import opened_online
    from mixtrove.settings import load_settings

    with opened_online(load_settings()) as online:
        if name not in online.providers:
            raise BadInput(f"there is no provider {name!r}: there are {', '.join(online.providers)}")
        online.gateway.unblock(name)
        [state] = [one for one in online.states() if one.name == name]
    click.echo(f"{name}: {state.sentence}")


@providers.command()
@click.option("--track", type=TEXT, help="What was said about this library track (its id, or the end of it).")
@click.option("--provider", type=TEXT, help="What this provider said.")
@click.option("--kind", type=click.Choice(["search", "track", "purchase"]), help="Answers of this kind.")
@click.option("--all", "everything", is_flag=True, help="Everything.")
def forget(track: str | None, provider: str | None, kind: str | None, everything: bool) -> None:
    """Forget cached answers, so that the next question is asked anew. Given together, all must hold.

    \b
    For example:
      mixtrove providers forget --provider discogs --kind purchase
    """
    from mixtrove.cli.opened import opened_store
    from mixtrove.discovery import opened_online
    from mixtrove.library.lookup import find_track_id

    if not (track or provider or kind or everything):
        raise BadInput("say what to forget: --track, --provider, --kind, or --all")
    with opened_store() as (store, settings), opened_online(settings) as online:
        if provider is not None and provider not in online.providers:
            known = ", ".join(online.providers)
            raise BadInput(f"there is no provider {provider!r}: there are {known}")
        if track is not None:
            with store.read() as connection:
                track = find_track_id(connection, track)
        gone = 0
        for one in [provider] if track or provider or kind else online.providers:
            gone += online.gateway.forget(track=track, provider=one, kind=kind)  # type: ignore[arg-type]
    click.echo(f"{gone:,} answers forgotten")


@providers.command()
@click.option(
    "--catalogue",
    type=click.Path(path_type=Path),
    default=_STARTER,
    show_default=True,
    metavar="CSV",
    help="What the stand-in knows (.csv or .csv.gz).",
)
@click.option("--port", default=8900, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option(
    "--speed",
    default=20.0,
    show_default=True,
    type=Number(0, min_open=True),
    help="Quotas refill so many times faster; 1 is as the real ones.",
)
@click.option(
    "--faults",
    "rate",
    default=0.0,
    show_default=True,
    type=Number(0, 1),
    help="The share of requests that go wrong.",
)
@click.option("--fault", "kinds", multiple=True, metavar="KIND", help="Only faults of this kind; repeatable.")
@click.option("--seed", default=1, show_default=True, help="Other faults.")
@click.option(
    "--coverage",
    multiple=True,
    metavar="PROVIDER=SHARE",
    help="The share of the catalogue that a provider knows, 1 unless given; repeatable.",
)
@click.option("-v", "--verbose", is_flag=True, help="One line a request.")
def simulate(
    catalogue: Path,
    port: int,
    speed: float,
    rate: float,
    kinds: tuple[str, ...],
    seed: int,
    coverage: tuple[str, ...],
    verbose: bool,
) -> None:
    """Run a stand-in for all online providers on this machine, to try mixtrove without keys or network.

    It has the shapes, quotas and errors of the real ones, answers from a catalogue and makes up what the
    catalogue lacks. Paste the lines it prints into another terminal. Ctrl-C ends it.

    \b
    Kinds of faults: timeout, drip, reset, half, html, types, missing, server, busy, quota, quota-date,
    quota-day, quota-bare, token, huge, redirect, hang.

    What its catalogue lacks it makes up (labels, BPM, prices): the lines it prints name a home of their own.

    \b
    For example:
      mixtrove providers simulate
      mixtrove providers simulate --faults 0.2 --fault reset --fault quota --coverage musicbrainz=0.3 -v
    """
    from mixtrove.providers.simulator import TRANSIENT, Faults
    from mixtrove.providers.simulator import simulate as start

    if verbose:
        from mixtrove.logs import configure

        configure(service=True)
    if kinds and not rate:
        raise BadInput("--fault says which faults; add their share, for example --faults 0.2")
    try:
        server = start(
            catalogue,
            port=port,
            speed=speed,
            coverage=dict(_share(text) for text in coverage),
            faults=Faults(rate, kinds or TRANSIENT, seed) if rate else None,  # type: ignore[arg-type]
        )
    except ValueError as error:
        raise BadInput(str(error)) from error
    except OSError as error:
        raise MixtroveError(f"port {port} of 127.0.0.1 is taken ({error.strerror}); give --port") from error
    try:
        with server:
            home = {"MIXTROVE_HOME": str(Path("simulated").absolute())}
            for name, value in (home | server.environment() | _at_speed(speed)).items():
                click.echo(f"export {name}={shlex.quote(value)}")
            click.echo(f"# the stand-in answers at {server.url}; Ctrl-C ends it", err=True)
            server.closing.wait()
    except KeyboardInterrupt:
        click.echo("\n# ended", err=True)


def _at_speed(speed: float) -> dict[str, str]:
    """The settings that make us ask so many times faster, as the stand-in's quotas refill."""
    from mixtrove.providers.registry import PROVIDERS, provider_settings

    if speed == 1:
        return {}
    return {
        f"MIXTROVE_{one.name.upper()}_PER_MINUTE": f"{provider_settings(one).per_minute * speed:g}"
        for one in PROVIDERS
    }


def _share(text: str) -> tuple[str, float]:
    provider, _, share = text.partition("=")
    try:
        return provider, float(share)
    except ValueError:
        raise BadInput(
            f"--coverage {text}: give a provider and a share, for example musicbrainz=0.3"
        ) from None
