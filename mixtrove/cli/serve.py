"""``mixtrove serve``: the REST API."""

from __future__ import annotations

import gc

import click

from mixtrove.errors import MixtroveError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True)
@click.option(
    "--worker/--no-worker",
    default=False,
    show_default=True,
    help="Also work the queue of jobs, in a process beside; without Dagster nobody else does.",
)
@click.option("--offline", is_flag=True, help="The worker asks no provider.")
@click.option("--tokens-only", is_flag=True, help="Programs of this machine need a token, too.")
def serve(host: str, port: int, worker: bool, offline: bool, tokens_only: bool) -> None:
    """Serve the library over HTTP: everything that the commands do, for other programs.

    Programs of this machine may ask without a token. From elsewhere everybody needs one (`mixtrove token`),
    and there must be one before the server listens at an address that others reach. docs/api.md tells more.

    \b
    For example:
      mixtrove serve --worker
      curl http://127.0.0.1:8000/api/v1/library/tracks?limit=3
      mixtrove serve --host 0.0.0.0 --worker
    """
    gc.disable()  # imports make no cycles to speak of: looking for them takes a tenth of the start
    try:
        from mixtrove.api.server import serve as run
    except ImportError as error:
        raise MixtroveError(f"the server needs the package {error.name}: install mixtrove[api]") from error
    finally:
        gc.enable()
    gc.freeze()
    from mixtrove.api.settings import load_api_settings
    from mixtrove.logs import configure
    from mixtrove.settings import load_settings

    configure(service=True)
    run(
        load_settings(), load_api_settings(), host=host, port=port, worker=worker, offline=offline,
        tokens_only=tokens_only,
    )  # fmt: skip
