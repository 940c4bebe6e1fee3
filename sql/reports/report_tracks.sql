-- The different tracks of a stretch of time: how far each came, its tempo and its key.
-- grain: one stage reached, tempo and key
-- key: identified, wanted, bought, bpm, musical_key
-- columns:
--   identified: false while nobody is certain what it is
--   wanted: it is, or was, on a want list
--   bought: a want of it became a purchase
--   bpm: beats per minute, whole
--   musical_key: as it is written
--   tracks: different library tracks
WITH plays AS (
    SELECT CASE $basis WHEN 'played' THEN played_on ELSE discovered_on END AS day, track_id
    FROM discoveries
),

heard AS (
    SELECT DISTINCT track_id
    FROM plays
    WHERE day BETWEEN coalesce(CAST($since AS DATE), day) AND coalesce(CAST($until AS DATE), day)
),

shopping AS (
    SELECT track_id, bool_or(status = 'purchased') AS bought
    FROM wants
    GROUP BY track_id
)

SELECT
    NOT tracks.provisional AS identified,
    shopping.track_id IS NOT NULL AS wanted,
    coalesce(shopping.bought, FALSE) AS bought,
    CAST(round(tracks.bpm) AS INTEGER) AS bpm,
    tracks."key" AS musical_key,
    count(*) AS tracks
FROM heard
JOIN tracks USING (track_id)
LEFT JOIN shopping USING (track_id)
GROUP BY ALL
ORDER BY ALL
