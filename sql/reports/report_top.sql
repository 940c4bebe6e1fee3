-- The artists, labels and genres with most plays in a stretch of time: names and ties as in the statistics, which
-- have them of periods only.
-- grain: one artist, label or genre among the first $rows of its kind
-- key: kind, name
-- columns:
--   kind: artist, label or genre
--   name: see artists, labels and genres
--   plays: entries
--   tracks: different library tracks
--   mixes: mixes it was heard in
--   all_plays: entries that are a library track and have one of the kind at all
WITH plays AS (
    SELECT
        CASE $basis WHEN 'played' THEN played_on ELSE discovered_on END AS day,
        entry_id,
        track_id,
        tracklist_id,
        label,
        genre
    FROM discoveries
    WHERE track_id IS NOT NULL
),

within AS (
    SELECT *
    FROM plays
    WHERE day BETWEEN coalesce(CAST($since AS DATE), day) AND coalesce(CAST($until AS DATE), day)
),

named AS (
    SELECT 'artist' AS kind, artists.artist AS name, entry_id, within.track_id, tracklist_id
    FROM within
    JOIN track_artists USING (track_id)
    JOIN artists USING (artist_key)
    UNION ALL
    SELECT 'label', labels.label, entry_id, track_id, tracklist_id
    FROM within
    JOIN labels ON labels.label_key = lower(within.label)
    UNION ALL
    SELECT 'genre', genres.genre, entry_id, track_id, tracklist_id
    FROM within
    JOIN genres ON genres.genre_key = lower(within.genre)
),

counted AS (
    SELECT
        kind,
        name,
        count(DISTINCT entry_id) AS plays,
        count(DISTINCT track_id) AS tracks,
        count(DISTINCT tracklist_id) AS mixes
    FROM named
    GROUP BY kind, name
),

totals AS (
    SELECT kind, count(DISTINCT entry_id) AS all_plays
    FROM named
    GROUP BY kind
)

SELECT counted.*, totals.all_plays
FROM counted
JOIN totals USING (kind)
QUALIFY row_number() OVER (PARTITION BY kind ORDER BY plays DESC, name) <= $rows
ORDER BY kind, plays DESC, name
