"""``mixtrove providers``: see, try and look after the online providers."""

from __future__ import annotations

import logging
import shlex
from pathlib import Path

import click

from mixtrove.errors import BadInput, MixtroveError

_STARTER = Path("examples/catalogue.csv")


@click.group()
def providers() -> None:
    """See, try and look after the online providers.

    \b
    For example:
      mixtrove providers simulate
    """


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
    type=click.FloatRange(0, min_open=True),
    help="Quotas refill so many times faster; 1 is as the real ones.",
)
@click.option(
    "--faults",
    "rate",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
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
    quota-day, quota-bare, token, huge, redirect.

    \b
    For example:
      mixtrove providers simulate
      mixtrove providers simulate --faults 0.2 --fault reset --fault quota --coverage musicbrainz=0.3 -v
    """
    from mixtrove.providers.simulator import TRANSIENT, Faults
    from mixtrove.providers.simulator import simulate as start

    if verbose:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger = logging.getLogger("mixtrove.providers.simulator")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
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
            for name, value in server.environment().items():
                click.echo(f"export {name}={shlex.quote(value)}")
            click.echo(f"# the stand-in answers at {server.url}; Ctrl-C ends it", err=True)
            server.closing.wait()
    except KeyboardInterrupt:
        click.echo("\n# ended", err=True)


def _share(text: str) -> tuple[str, float]:
    provider, _, share = text.partition("=")
    try:
        return provider, float(share)
    except ValueError:
        raise BadInput(
            f"--coverage {text}: give a provider and a share, for example musicbrainz=0.3"
        ) from None
