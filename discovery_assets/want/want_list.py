"""Asset ``want/want_list``: the want list, brought up to its rules."""

import dagster as dg
import sqlalchemy as sa

from discovery_assets.metadata import layer_asset, preview, store_table
from mixtrove.library import schema
from mixtrove.library.rules import load_rules, refresh_wants
from mixtrove.library.schema import WANT_STATUSES
from resources.home import OperationalStore


@layer_asset(
    "want",
    "want_list",
    "sql",
    deps=[dg.AssetKey(["match", "library_tracks"]), dg.AssetKey(["match", "track_attributes"])],
    description=(
        "The shopping list: tracks that were heard often enough and are not owned, as rules.toml says, "
        "and what people put there themselves. A rule adds and raises; it never lowers a priority and "
        "never puts back what was taken off. What only rules wanted is withdrawn once it is owned."
    ),
    code_version="2",
    metadata=store_table(schema.want, schema.want_event),
)
def want_list(context: dg.AssetExecutionContext, store: OperationalStore) -> dg.MaterializeResult[None]:
    """Apply the want rules."""
    settings = store.settings()
    want, track = schema.want, schema.library_track
    with store.open() as opened:
        rules = load_rules(settings.rules_path)
        done = refresh_wants(opened, rules, settings.user)
        with opened.read() as connection:
            statuses = dict.fromkeys(WANT_STATUSES, 0) | {
                row.status: row.number
                for row in connection.execute(
                    sa.select(want.c.status, sa.func.count().label("number")).group_by(want.c.status)
                )
            }
            top = connection.execute(
                sa.select(
                    want.c.priority, track.c.artist, track.c.title, track.c.remix, want.c.status,
                    track.c.discovery_count,
                )
                .join(track, track.c.id == want.c.library_track_id)
                .order_by(want.c.status != "wanted", want.c.priority.desc(), track.c.artist, want.c.id)
                .limit(10)
            ).all()  # fmt: skip
    sentence = (
        f"{sum(statuses.values()):,} wants: {done.added:,} added, {done.raised:,} raised by "
        f"{len(rules)} rules"
        + (f"; {done.withdrawn:,} withdrawn, they are owned now" if done.withdrawn else "")
        + (f"; {done.left_out:,} did not fit, the list is full" if done.left_out else "")
    )
    context.log.info(sentence)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(statuses.values()),
            **statuses,
            "added": done.added,
            "raised": done.raised,
            "left_out": done.left_out,
            "withdrawn": done.withdrawn,
            "rules": ", ".join(rule.name for rule in rules) or "none",
            "preview": preview(("priority", "artist", "title", "remix", "status", "heard"), top),
        }
    )
