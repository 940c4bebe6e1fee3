-- Plays, different tracks and new tracks in each year, month, week or day of a stretch of time.
-- grain: one period with data
-- key: period
-- columns:
--   period: its first day
--   mixes: mixes with at least one track
--   plays: entries that are a library track
--   tracks: different library tracks
--   new_tracks: tracks whose first day on this basis lies in the period
WITH plays AS (
    SELECT
        CASE $basis WHEN 'played' THEN discoveries.played_on ELSE discoveries.discovered_on END AS day,
        CASE $basis WHEN 'played' THEN tracks.first_played ELSE tracks.first_discovered END AS first_day,
        discoveries.track_id,
        discoveries.tracklist_id
    FROM discoveries
    JOIN tracks USING (track_id)
)

SELECT
    CAST(date_trunc($grain, day) AS DATE) AS period,
    count(DISTINCT tracklist_id) AS mixes,
    count(*) AS plays,
    count(DISTINCT track_id) AS tracks,
    count(DISTINCT track_id) FILTER (WHERE day = first_day) AS new_tracks
FROM plays
WHERE day BETWEEN coalesce(CAST($since AS DATE), day) AND coalesce(CAST($until AS DATE), day)
GROUP BY period
ORDER BY period
