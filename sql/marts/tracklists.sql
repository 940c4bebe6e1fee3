-- The mixes, with how far each is identified.
-- grain: one mix
-- key: tracklist_id
-- scope: work.tracklists (tracklist_id)
-- columns:
--   tracklist_id: the mix
--   title: of the mix
--   dj: who played it
--   played_on: day it was played, null when unknown
--   source: where the tracklist came from: the site of its page, the kind of its file, or what was told; 'unknown' else
--   source_name: the name of its file, or what was told
--   source_url: where to find it
--   format: text, cue, csv or json
--   version: how often it was imported changed, from 1
--   imported_at: UTC
--   entries: components of its lines
--   tracks: different library tracks
--   identified: entries
--   provisional: entries that wait for a person or for news
--   pending: entries not looked at yet
--   skipped: entries that are no track
--   identification_rate: identified of the entries that are not skipped, 0 to 1
WITH counted AS (
    SELECT
        tracklist_id,
        count(*) AS entries,
        count(DISTINCT track_id) AS tracks,
        count(*) FILTER (WHERE status = 'identified') AS identified,
        count(*) FILTER (WHERE status = 'provisional') AS provisional,
        count(*) FILTER (WHERE status = 'pending') AS pending,
        count(*) FILTER (WHERE status = 'skipped') AS skipped
    FROM discoveries
    SEMI JOIN work.tracklists USING (tracklist_id)
    GROUP BY tracklist_id
)

SELECT
    mix.id AS tracklist_id,
    mix.title,
    mix.dj,
    mix.played_on,
    mix.origin AS source,
    mix.source AS source_name,
    mix.source_url,
    mix.format,
    mix.version,
    mix.imported_at,
    coalesce(counted.entries, 0) AS entries,
    coalesce(counted.tracks, 0) AS tracks,
    coalesce(counted.identified, 0) AS identified,
    coalesce(counted.provisional, 0) AS provisional,
    coalesce(counted.pending, 0) AS pending,
    coalesce(counted.skipped, 0) AS skipped,
    counted.identified / nullif(counted.entries - counted.skipped, 0) AS identification_rate
FROM staging.tracklist AS mix
SEMI JOIN work.tracklists AS scope ON scope.tracklist_id = mix.id
LEFT JOIN counted ON counted.tracklist_id = mix.id
