-- The artists, labels and genres with most plays in a stretch of time.
-- grain: one artist, label or genre among the first $rows of its kind
-- key: kind, name
-- columns:
--   kind: artist, label or genre
--   name: as it is written most often
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
    SELECT 'artist' AS kind, artist_key AS item, artist AS name, entry_id, within.track_id, tracklist_id
    FROM within
    JOIN track_artists USING (track_id)
    UNION ALL
    SELECT 'label', lower(label), label, entry_id, track_id, tracklist_id FROM within WHERE label IS NOT NULL
    UNION ALL
    SELECT 'genre', lower(genre), genre, entry_id, track_id, tracklist_id FROM within WHERE genre IS NOT NULL
),

spellings AS (
    SELECT kind, item, name, count(*) AS plays
    FROM named
    GROUP BY kind, item, name
),

names AS (
    SELECT kind, item, arg_max(name, ROW(plays, name)) AS name
    FROM spellings
    GROUP BY kind, item
),

counted AS (
    SELECT
        kind,
        item,
        count(DISTINCT entry_id) AS plays,
        count(DISTINCT track_id) AS tracks,
        count(DISTINCT tracklist_id) AS mixes
    FROM named
    GROUP BY kind, item
),

totals AS (
    SELECT kind, count(DISTINCT entry_id) AS all_plays
    FROM named
    GROUP BY kind
)

SELECT names.kind, names.name, counted.plays, counted.tracks, counted.mixes, totals.all_plays
FROM counted
JOIN names USING (kind, item)
JOIN totals USING (kind)
QUALIFY row_number() OVER (PARTITION BY kind ORDER BY counted.plays DESC, counted.mixes DESC, item) <= $rows
ORDER BY kind, plays DESC, mixes DESC, item
