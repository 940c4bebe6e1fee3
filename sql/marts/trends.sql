-- What is played more, or less, than before: 30 days against the 30 days before them.
-- growth compares shares of all plays, so that a month with many mixes does not lift everything:
-- (recent + smoothing) / (before * total recent / total before + smoothing). Items heard in fewer mixes
-- than the floor, over both windows, are left out: two plays are not a trend.
-- grain: one track, artist, genre or label on one basis
-- key: basis, kind, item
-- refreshed: by refresh_trends ($basis, $as_of, $days, $smoothing, $floor)
-- columns:
--   basis: discovered or played
--   as_of: last day of the recent window
--   kind: track, artist, genre or label
--   item: the track's id, or the artist, genre or label without case
--   name: as people write it
--   recent: plays in the days up to as_of
--   before: plays in as many days before
--   mixes: mixes in both windows
--   growth: 1 is steady, 2 twice the share of plays
--   direction: new (never heard before the recent window), rising, steady or falling
--   rank: by growth within basis and kind, from 1
WITH facts AS (
    SELECT day, track_no, mix_no FROM plays_by_discovered WHERE $basis = 'discovered'
    UNION ALL
    SELECT day, track_no, mix_no FROM plays_by_played WHERE $basis = 'played'
),

plays AS (
    SELECT facts.day, tracks.track_id, facts.mix_no, tracks.label, tracks.genre
    FROM facts
    JOIN work.track_keys USING (track_no)
    JOIN tracks USING (track_id)
    WHERE facts.day > CAST($as_of AS DATE) - 2 * CAST($days AS INTEGER)
        AND facts.day <= CAST($as_of AS DATE)
),

windowed AS (
    SELECT *, day > CAST($as_of AS DATE) - CAST($days AS INTEGER) AS is_recent
    FROM plays
),

totals AS (
    SELECT
        count(*) FILTER (WHERE is_recent) AS recent,
        count(*) FILTER (WHERE NOT is_recent) AS before
    FROM windowed
),

items AS (
    SELECT 'track' AS kind, CAST(track_id AS VARCHAR) AS item, NULL AS name,
        track_id, mix_no, is_recent
    FROM windowed
    UNION ALL
    SELECT 'artist', artist_key, artist, windowed.track_id, mix_no, is_recent
    FROM windowed
    JOIN track_artists USING (track_id)
    UNION ALL
    SELECT 'genre', lower(genre), genre, track_id, mix_no, is_recent
    FROM windowed
    WHERE genre IS NOT NULL
    UNION ALL
    SELECT 'label', lower(label), label, track_id, mix_no, is_recent
    FROM windowed
    WHERE label IS NOT NULL
),

counted AS (
    SELECT
        kind,
        item,
        min(name) AS name,
        count(*) FILTER (WHERE is_recent) AS recent,
        count(*) FILTER (WHERE NOT is_recent) AS before,
        count(DISTINCT mix_no) AS mixes
    FROM items
    GROUP BY kind, item
    HAVING count(DISTINCT mix_no) >= $floor
),

item_firsts AS (
    SELECT 'track' AS kind, CAST(track_id AS VARCHAR) AS item, first_played, first_discovered FROM tracks
    UNION ALL
    SELECT 'artist', artist_key, first_played, first_discovered FROM artists
    UNION ALL
    SELECT 'genre', genre_key, first_played, first_discovered FROM genres
    UNION ALL
    SELECT 'label', label_key, first_played, first_discovered FROM labels
),

scored AS (
    SELECT
        counted.*,
        (counted.recent + $smoothing)
        / (counted.before * coalesce(totals.recent / nullif(totals.before, 0), 1) + $smoothing)
            AS growth,
        CASE $basis WHEN 'played' THEN item_firsts.first_played ELSE item_firsts.first_discovered END
            > CAST($as_of AS DATE) - CAST($days AS INTEGER) AS is_new
    FROM counted
    CROSS JOIN totals
    LEFT JOIN item_firsts USING (kind, item)
)

SELECT
    CAST($basis AS VARCHAR) AS basis,
    CAST($as_of AS DATE) AS as_of,
    scored.kind,
    scored.item,
    coalesce(
        scored.name,
        tracks.artist || ' - ' || tracks.title || coalesce(' (' || tracks.remix || ')', '')
    ) AS name,
    scored.recent,
    scored.before,
    scored.mixes,
    CAST(scored.growth AS DOUBLE) AS growth,
    CASE
        WHEN scored.is_new THEN 'new'
        WHEN scored.growth >= 1.25 THEN 'rising'
        WHEN scored.growth <= 0.8 THEN 'falling'
        ELSE 'steady'
    END AS direction,
    row_number() OVER (
        PARTITION BY scored.kind
        ORDER BY scored.growth DESC, scored.recent DESC, scored.item
    ) AS rank
FROM scored
LEFT JOIN tracks ON scored.kind = 'track' AND CAST(tracks.track_id AS VARCHAR) = scored.item
ORDER BY kind, rank
