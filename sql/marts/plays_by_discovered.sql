-- The facts of the statistics on the basis 'discovered', sorted by day so that a period reads only its own rows.
-- grain: one component of one entry
-- key: entry_id
-- scope: work.plays (entry_id)
-- depends: discoveries, tracks, work.plays
-- columns:
--   day: UTC day of the discovery
--   entry_id: see discoveries
--   tracklist_id: see tracklists
--   track_id: null while unknown, see tracks
--   status: identified, provisional, pending or skipped
--   is_first: the first play of its track on this basis
--   confidence: of the identification, 0 to 1
--   method: how it was identified
--   label: of the track
--   genre: of the track
--   dj: who played it
--   source: where the tracklist came from
SELECT
    discoveries.discovered_on AS day,
    discoveries.entry_id,
    discoveries.tracklist_id,
    discoveries.track_id,
    discoveries.status,
    coalesce(tracks.first_discovered_entry = discoveries.entry_id, FALSE) AS is_first,
    discoveries.confidence,
    discoveries.method,
    discoveries.label,
    discoveries.genre,
    discoveries.dj,
    discoveries.source
FROM discoveries
SEMI JOIN work.plays AS scope ON scope.entry_id = discoveries.entry_id
LEFT JOIN tracks ON tracks.track_id = discoveries.track_id
WHERE discoveries.discovered_on IS NOT NULL
ORDER BY discoveries.discovered_on, discoveries.entry_id
