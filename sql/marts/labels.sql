-- The record labels of the library's tracks.
-- grain: one label
-- key: label_key
-- columns:
--   label_key: the label without case
--   label: as people write it; of several spellings the first by letter
--   tracks: versions in the library, provisional ones as well
--   owned: of these, in the DJ's collection
--   plays: entries that are one of them
--   first_discovered: UTC day
--   last_discovered: UTC day
--   first_played: day of the earliest mix with a date
--   last_played: day of the latest mix with a date
SELECT
    lower(tracks.label) AS label_key,
    min(tracks.label) AS label,
    count(*) AS tracks,
    count(*) FILTER (WHERE tracks.owned) AS owned,
    CAST(sum(tracks.plays) AS BIGINT) AS plays,
    min(tracks.first_discovered) AS first_discovered,
    max(tracks.last_discovered) AS last_discovered,
    min(tracks.first_played) AS first_played,
    max(tracks.last_played) AS last_played
FROM tracks
WHERE tracks.label IS NOT NULL
GROUP BY lower(tracks.label)
ORDER BY label_key
