"""Asset ``statistics/published``: the file that analysts open, replaced in one step when checks pass."""

from collections.abc import Iterator

import dagster as dg

from discovery_assets.metadata import chart, layer_asset, preview, warehouse_tables
from discovery_assets.statistics import POOL
from discovery_assets.statistics.freshness import DAILY
from discovery_assets.statistics.tables import PUBLISHED as KEY
from discovery_assets.statistics.tables import published_lineage, sources_of
from discovery_assets.statistics.warehouse import LAST, check_result
from mixtrove.errors import BadInput
from mixtrove.warehouse.buildfile import Build
from mixtrove.warehouse.checks import run_checks, unchecked
from mixtrove.warehouse.models import fingerprint, models
from mixtrove.warehouse.publish import publish
from mixtrove.warehouse.read import Published, open_published, published, read_meta, tables
from resources.home import Warehouse


@layer_asset(
    "statistics",
    "published",
    "duckdb",
    deps=sorted(sources_of(KEY)),
    description=(
        "warehouse.duckdb, the file that analysts, reports and `mixtrove query` open. It is replaced in "
        "one step and only when every check passes: readers see the old file or the new one, never "
        "anything between. Equal content is not published again."
    ),
    code_version=fingerprint(),
    freshness_policy=DAILY,
    pool=POOL,
    check_specs=[
        dg.AssetCheckSpec(item.name, asset=KEY, description=item.description)
        for item in models("checks")
        if item.name in LAST
    ],
    metadata=warehouse_tables(models("marts")),
)
def published_warehouse(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """Run the last checks, then replace the published file unless it is the same."""
    with warehouse.build() as build:
        if not build.value("SELECT marts_built FROM work.state"):
            raise BadInput("there are no facts yet: materialize statistics/warehouse first")
        results = run_checks(build, LAST | unchecked(build))  # the others passed in statistics/warehouse
        for result in results:
            if result.name in LAST:
                yield check_result(result, KEY)
        current = published(build.published)
        changed = current is None or not is_copy(build, current)
        if changed:
            current = publish(build, checks=results)
    assert current is not None
    about = tables(warehouse.published)
    size = warehouse.published.stat().st_size
    with open_published(warehouse.published) as connection:
        charts = chart(connection, "sources", "tempo", "keys")
    sentence = f"{warehouse.published.name} ({size / 1e6:.1f} MB, {len(about)} tables) " + (
        "is published" if changed else "was up to date"
    )
    context.log.info(sentence)
    yield dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(warehouse.published),
            "dagster/column_lineage": published_lineage(),
            "published": changed,
            "revision": current.source_revision,
            "built_at": dg.MetadataValue.text(f"{current.built_at:%Y-%m-%d %H:%M:%S} UTC"),
            "models": current.schema_version,
            "bytes": size,
            "charts": charts,
            "tables": preview(
                ("table", "columns", "about"), [(t.name, len(t.columns), t.comment) for t in about]
            ),
        }
    )


def is_copy(build: Build, current: Published) -> bool:
    """Whether the published file is a copy of the build file as it is.

    The build file notes every publication in its own ``_meta`` before it is copied, so both say the same
    only after one; statistics computed again from the same facts are the same rows.
    """
    return (
        bool(build.value("SELECT count(*) FROM _meta"))
        and read_meta(build.connection) == current
        and current.source_revision == build.watermark
        and current.schema_version == fingerprint()
    )
