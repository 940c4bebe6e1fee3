"""Asset ``raw/tracklist_entries``: files of the inbox become entries of the store."""

import time
from collections import Counter

import dagster as dg
import sqlalchemy as sa
from pydantic import Field

from discovery_assets.metadata import layer_asset, preview, store_table
from mixtrove.inbox import Taken, dropped_files, settled, take
from mixtrove.library import schema
from mixtrove.library.schema import ENTRY_STATUSES
from resources.home import OperationalStore


class InboxFiles(dg.Config):
    """Which files of the inbox to import."""

    files: dict[str, str] = Field(
        default_factory=dict,
        description=(
            "Name in the inbox → SHA-256 of its content; a file with other content is left for the next "
            "run. Empty: every file that has not changed for two seconds."
        ),
    )


@layer_asset(
    "raw",
    "tracklist_entries",
    "sql",
    description=(
        "Every line that was played, taken apart into artist, title, version and label. Imports what "
        "lies in the inbox and moves it to done/, or to failed/ with a .txt that says why. Tracklists "
        "imported by `mixtrove import` are here too. One row for each component of an entry; importing "
        "the same mix again updates it and counts nothing twice."
    ),
    code_version="1",
    metadata=store_table(schema.tracklist_entry, schema.tracklist),
)
def tracklist_entries(
    context: dg.AssetExecutionContext, config: InboxFiles, store: OperationalStore
) -> dg.MaterializeResult[None]:
    """Import what is ready in the inbox."""
    with store.open() as opened:
        inbox = store.settings().inbox
        found = dropped_files(inbox)
        if config.files:
            ready, expected = [file for file in found if file.name in config.files], config.files
        else:
            now = time.time()
            ready, expected = [file for file in found if settled(file, now)], None
        taken: list[Taken] = []
        for one in take(opened, inbox, ready, expected=expected):
            taken.append(one)
            if one.outcome == "failed":
                sentence = f"{one.name} went to failed/: {one.sentence}"
                context.log.warning(sentence)
        entry, mix = schema.tracklist_entry, schema.tracklist
        with opened.read() as connection:
            by_status = dict.fromkeys(ENTRY_STATUSES, 0) | {
                row.status: row.number
                for row in connection.execute(
                    sa.select(entry.c.status, sa.func.count().label("number")).group_by(entry.c.status)
                )
            }
            tracklists = connection.execute(sa.select(sa.func.count()).select_from(mix)).scalar_one()
            newest = connection.execute(
                sa.select(mix.c.dj, mix.c.title, entry.c.position, entry.c.raw_line, entry.c.status)
                .join(mix, mix.c.id == entry.c.tracklist_id)
                .order_by(mix.c.updated_at.desc(), mix.c.id, entry.c.position, entry.c.component)
                .limit(10)
            ).all()
    outcomes = Counter(one.outcome for one in taken)
    sentence = (
        f"{len(taken):,} files from the inbox, {outcomes['failed']:,} of them refused; "
        f"{sum(by_status.values()):,} entries of {tracklists:,} tracklists, "
        f"{by_status['pending']:,} to look up"
    )
    context.log.info(sentence)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(by_status.values()),
            "tracklists": tracklists,
            "pending": by_status["pending"],
            "files_new": outcomes["new"],
            "files_updated": outcomes["updated"],
            "files_unchanged": outcomes["unchanged"],
            "files_failed": outcomes["failed"],
            "files_left": len(found) - len(taken),
            "files": preview(
                ("file", "outcome", "mix or reason", "entries"),
                [(one.name, one.outcome, one.sentence, one.entries) for one in taken],
            ),
            "preview": preview(("dj", "mix", "position", "line", "status"), newest),
        }
    )
