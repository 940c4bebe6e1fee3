-- What is played more, or less, than before: 30 days against the 30 days before them.
-- growth compares shares of all plays, so that a month with many mixes does not lift everything:
-- (recent + smoothing) / (before * total recent / total before + smoothing). Items heard in fewer mixes
-- than the floor, over both windows, are left out: two plays are not a trend. With a window in which nothing was
-- played there is nothing to compare, and no row.
-- DJs are counted by what they play first: a track that one DJ had played before every other counts for
-- that DJ on the day when another one takes it up. They have trends on the basis played only.
-- grain: one track, unreleased track, artist, genre, label, source or DJ on one basis
-- key: basis, kind, item
-- refreshed: by refresh_trends ($basis, $as_of, $days, $smoothing, $floor)
-- columns:
--   basis: discovered or played
--   as_of: last day of the recent window
--   kind: track, unreleased (of the tracks those nobody can buy yet), artist, genre, label, source or dj
--   item: the track's id, or the name without case
--   name: as people write it
--   recent: plays in the days up to as_of; of a DJ the tracks that others took up
--   before: the same in as many days before
--   mixes: mixes in both windows; of a DJ the tracks
--   growth: 1 is steady, 2 twice the share of plays
--   direction: new (never heard before the recent window; a source: no mix of it), rising, steady or falling
--   rank: by growth within basis and kind, from 1
WITH facts AS NOT MATERIALIZED (
    SELECT day, track_no, artist_no, guest_nos, label_no, genre_no, source_no, mix_no, is_first
    FROM plays_by_discovered
    WHERE $basis = 'discovered'
    UNION ALL
    SELECT day, track_no, artist_no, guest_nos, label_no, genre_no, source_no, mix_no, is_first
    FROM plays_by_played
    WHERE $basis = 'played'
),

-- read once by each kind with its own column: a copy of it, or all kinds in one, takes twice as long
windowed AS NOT MATERIALIZED (
    SELECT *, day > CAST($as_of AS DATE) - CAST($days AS INTEGER) AS is_recent
    FROM facts
    WHERE day > CAST($as_of AS DATE) - 2 * CAST($days AS INTEGER)
        AND day <= CAST($as_of AS DATE)
        AND track_no IS NOT NULL
),

credits AS NOT MATERIALIZED (
    SELECT artist_no, mix_no, is_recent FROM windowed
    UNION ALL
    SELECT unnest(guest_nos), mix_no, is_recent FROM windowed WHERE guest_nos IS NOT NULL
),

-- by mix first: to count different mixes in the same step takes half as long again
counted AS (
    SELECT
        'track' AS kind,
        track_no AS number,
        CAST(sum(recent) AS BIGINT) AS recent,
        CAST(sum(before) AS BIGINT) AS before,
        count(*) AS mixes,
        bool_or(is_first) AS is_first
    FROM (
        SELECT
            track_no,
            mix_no,
            count(*) FILTER (WHERE is_recent) AS recent,
            count(*) FILTER (WHERE NOT is_recent) AS before,
            bool_or(is_first AND is_recent) AS is_first
        FROM windowed
        WHERE track_no IS NOT NULL
        GROUP BY track_no, mix_no
    )
    GROUP BY track_no
    UNION ALL
    SELECT
        'artist' AS kind,
        artist_no AS number,
        CAST(sum(recent) AS BIGINT) AS recent,
        CAST(sum(before) AS BIGINT) AS before,
        count(*) AS mixes,
        FALSE AS is_first
    FROM (
        SELECT
            artist_no,
            mix_no,
            count(*) FILTER (WHERE is_recent) AS recent,
            count(*) FILTER (WHERE NOT is_recent) AS before
        FROM credits
        WHERE artist_no IS NOT NULL
        GROUP BY artist_no, mix_no
    )
    GROUP BY artist_no
    UNION ALL
    SELECT
        'genre' AS kind,
        genre_no AS number,
        CAST(sum(recent) AS BIGINT) AS recent,
        CAST(sum(before) AS BIGINT) AS before,
        count(*) AS mixes,
        FALSE AS is_first
    FROM (
        SELECT
            genre_no,
            mix_no,
            count(*) FILTER (WHERE is_recent) AS recent,
            count(*) FILTER (WHERE NOT is_recent) AS before
        FROM windowed
        WHERE genre_no IS NOT NULL
        GROUP BY genre_no, mix_no
    )
    GROUP BY genre_no
    UNION ALL
    SELECT
        'label' AS kind,
        label_no AS number,
        CAST(sum(recent) AS BIGINT) AS recent,
        CAST(sum(before) AS BIGINT) AS before,
        count(*) AS mixes,
        FALSE AS is_first
    FROM (
        SELECT
            label_no,
            mix_no,
            count(*) FILTER (WHERE is_recent) AS recent,
            count(*) FILTER (WHERE NOT is_recent) AS before
        FROM windowed
        WHERE label_no IS NOT NULL
        GROUP BY label_no, mix_no
    )
    GROUP BY label_no
    UNION ALL
    SELECT
        'source' AS kind,
        source_no AS number,
        CAST(sum(recent) AS BIGINT) AS recent,
        CAST(sum(before) AS BIGINT) AS before,
        count(*) AS mixes,
        FALSE AS is_first
    FROM (
        SELECT
            source_no,
            mix_no,
            count(*) FILTER (WHERE is_recent) AS recent,
            count(*) FILTER (WHERE NOT is_recent) AS before
        FROM windowed
        WHERE source_no IS NOT NULL
        GROUP BY source_no, mix_no
    )
    GROUP BY source_no
),

kept AS MATERIALIZED (
    SELECT * FROM counted WHERE mixes >= $floor
),

named_tracks AS MATERIALIZED (
    SELECT
        CAST(track.track_id AS VARCHAR) AS item,
        track.artist || ' - ' || track.title || coalesce(' (' || track.remix || ')', '') AS name,
        kept.recent,
        kept.before,
        kept.mixes,
        kept.is_first AS is_new,
        track.unreleased
    FROM kept
    JOIN work.track_keys AS track ON track.track_no = kept.number
    WHERE kept.kind = 'track'
),

named_others AS (
    SELECT
        kept.kind,
        names.key AS item,
        names.name,
        kept.recent,
        kept.before,
        kept.mixes,
        CASE $basis WHEN 'played' THEN firsts.first_played ELSE firsts.first_discovered END
            > CAST($as_of AS DATE) - CAST($days AS INTEGER) AS is_new
    FROM kept
    JOIN work.names ON names.number = kept.number
    LEFT JOIN (
        SELECT 'artist' AS kind, artist_key AS key, first_played, first_discovered FROM artists
        UNION ALL
        SELECT 'genre', genre_key, first_played, first_discovered FROM genres
        UNION ALL
        SELECT 'label', label_key, first_played, first_discovered FROM labels
        UNION ALL
        SELECT 'source', source, min(played_on), CAST(min(imported_at) AS DATE)
        FROM tracklists
        GROUP BY source
    ) AS firsts ON firsts.kind = kept.kind AND firsts.key = names.key
    WHERE kept.kind <> 'track'
),

djs AS (
    SELECT
        'dj' AS kind,
        lower(tracks.first_dj) AS item,
        count(*) FILTER (WHERE tracks.taken_up > CAST($as_of AS DATE) - CAST($days AS INTEGER)) AS recent,
        count(*) FILTER (
            WHERE tracks.taken_up <= CAST($as_of AS DATE) - CAST($days AS INTEGER)
                AND tracks.taken_up > CAST($as_of AS DATE) - 2 * CAST($days AS INTEGER)
        ) AS before,
        min(tracks.taken_up) > CAST($as_of AS DATE) - CAST($days AS INTEGER) AS is_new
    FROM tracks
    WHERE $basis = 'played' AND tracks.taken_up <= CAST($as_of AS DATE)
    GROUP BY lower(tracks.first_dj)
),

found AS (
    SELECT 'track' AS kind, * EXCLUDE (unreleased) FROM named_tracks
    UNION ALL
    SELECT 'unreleased', * EXCLUDE (unreleased) FROM named_tracks WHERE unreleased
    UNION ALL
    SELECT * FROM named_others
    UNION ALL
    SELECT djs.kind, djs.item, names.name, djs.recent, djs.before, djs.recent + djs.before, djs.is_new
    FROM djs
    JOIN work.names ON names.kind = 'dj' AND names.key = djs.item
    WHERE djs.recent + djs.before >= $floor
),

totals AS (
    SELECT
        'plays' AS of,
        count(*) FILTER (WHERE is_recent) AS recent,
        count(*) FILTER (WHERE NOT is_recent) AS before
    FROM windowed
    UNION ALL
    SELECT 'taken up', CAST(sum(recent) AS BIGINT), CAST(sum(before) AS BIGINT) FROM djs
),

scored AS (
    SELECT
        found.*,
        (found.recent + $smoothing)
        / (found.before * totals.recent / totals.before + $smoothing) AS growth
    FROM found
    JOIN totals ON totals.of = CASE found.kind WHEN 'dj' THEN 'taken up' ELSE 'plays' END
    WHERE totals.recent > 0 AND totals.before > 0
)

SELECT
    CAST($basis AS VARCHAR) AS basis,
    CAST($as_of AS DATE) AS as_of,
    kind,
    item,
    name,
    recent,
    before,
    mixes,
    CAST(growth AS DOUBLE) AS growth,
    CASE
        WHEN is_new THEN 'new'
        WHEN growth >= 1.25 THEN 'rising'
        WHEN growth <= 0.8 THEN 'falling'
        ELSE 'steady'
    END AS direction,
    row_number() OVER (PARTITION BY kind ORDER BY growth DESC, recent DESC, item) AS rank
FROM scored
ORDER BY kind, rank
