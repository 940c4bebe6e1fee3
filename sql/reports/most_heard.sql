-- The tracks heard in most mixes, with the mixes in the order they were played.
-- grain: one library track that is identified and was heard in two mixes or more
-- key: track_id
-- columns:
--   track_id: the library track
--   artist: all artists
--   title: without the version
--   remix: the version, null for the original
--   owned: whether the DJ has it
--   mixes: how many mixes
--   heard_in: the mixes, as people would name them
WITH heard AS (
    SELECT DISTINCT
        discoveries.track_id,
        tracklists.tracklist_id,
        tracklists.played_on,
        concat_ws(' - ', tracklists.dj, coalesce(tracklists.title, 'a mix without a title'))
        || coalesce(' (' || tracklists.played_on || ')', '') AS mix
    FROM discoveries
    JOIN tracklists USING (tracklist_id)
    WHERE discoveries.track_id IS NOT NULL
)

SELECT
    tracks.track_id,
    tracks.artist,
    tracks.title,
    tracks.remix,
    tracks.owned,
    count(*) AS mixes,
    list(heard.mix ORDER BY heard.played_on NULLS LAST, heard.mix) AS heard_in
FROM tracks
JOIN heard USING (track_id)
WHERE NOT tracks.provisional
GROUP BY tracks.track_id, tracks.artist, tracks.title, tracks.remix, tracks.owned
HAVING count(*) > 1
ORDER BY mixes DESC, tracks.artist, tracks.title, tracks.remix, tracks.track_id
LIMIT $limit
