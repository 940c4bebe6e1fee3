-- What each source brought in a stretch of time. Lines and wants count on one clock: a want on the day of the line
-- that it was wanted from; one that was wanted from no mix is of the source 'unknown', on the day it was added.
-- grain: one source
-- key: source
-- columns:
--   source: where the tracklists came from, see tracklists
--   mixes: mixes
--   entries: lines, or parts of lines
--   identified: of these, those whose exact version is known
--   rate: identified of the entries that are not skipped, 0 to 1
--   tracks: different library tracks
--   new_tracks: tracks that were heard first in one of its mixes
--   wants: wants of what its mixes brought
--   purchased: of these, those that were bought by now
WITH lines AS (
    SELECT
        CASE $basis WHEN 'played' THEN discoveries.played_on ELSE discoveries.discovered_on END AS day,
        discoveries.source,
        discoveries.tracklist_id,
        discoveries.track_id,
        discoveries.status,
        CASE $basis WHEN 'played' THEN tracks.first_played_entry ELSE tracks.first_discovered_entry END
            = discoveries.entry_id AS is_first
    FROM discoveries
    LEFT JOIN tracks USING (track_id)
),

counted AS (
    SELECT
        source,
        count(DISTINCT tracklist_id) AS mixes,
        count(*) AS entries,
        count(*) FILTER (WHERE status = 'identified') AS identified,
        count(*) FILTER (WHERE status = 'identified') / nullif(count(*) FILTER (WHERE status <> 'skipped'), 0)
            AS rate,
        count(DISTINCT track_id) AS tracks,
        count(*) FILTER (WHERE is_first) AS new_tracks
    FROM lines
    WHERE day BETWEEN coalesce(CAST($since AS DATE), day) AND coalesce(CAST($until AS DATE), day)
    GROUP BY source
),

heard AS (
    SELECT tracklist_id, track_id, min(day) AS day
    FROM lines
    WHERE track_id IS NOT NULL
    GROUP BY tracklist_id, track_id
),

dated AS (
    SELECT
        coalesce(wants.source, 'unknown') AS source,
        wants.status,
        CASE
            WHEN wants.tracklist_id IS NULL THEN CAST(wants.added_at AS DATE)
            WHEN $basis = 'played' THEN mix.played_on
            ELSE coalesce(heard.day, CAST(mix.imported_at AS DATE))
        END AS day
    FROM wants
    LEFT JOIN tracklists AS mix ON mix.tracklist_id = wants.tracklist_id
    LEFT JOIN heard ON heard.tracklist_id = wants.tracklist_id AND heard.track_id = wants.track_id
),

wanted AS (
    SELECT
        source,
        count(*) AS wants,
        count(*) FILTER (WHERE status = 'purchased') AS purchased
    FROM dated
    WHERE day BETWEEN coalesce(CAST($since AS DATE), day) AND coalesce(CAST($until AS DATE), day)
    GROUP BY source
)

SELECT
    coalesce(counted.source, wanted.source) AS source,
    coalesce(counted.mixes, 0) AS mixes,
    coalesce(counted.entries, 0) AS entries,
    coalesce(counted.identified, 0) AS identified,
    counted.rate,
    coalesce(counted.tracks, 0) AS tracks,
    coalesce(counted.new_tracks, 0) AS new_tracks,
    coalesce(wanted.wants, 0) AS wants,
    coalesce(wanted.purchased, 0) AS purchased
FROM counted
FULL JOIN wanted ON wanted.source = counted.source
ORDER BY new_tracks DESC, entries DESC, source
