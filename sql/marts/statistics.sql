-- What was discovered or played in a day, an ISO week, a month, or ever. One file for the four tables
-- statistics_daily, statistics_weekly, statistics_monthly and statistics_all_time: they differ in $grain only.
-- Periods without data have no row. Of equal plays the first by id or name comes first.
-- grain: one basis and period
-- key: basis, period_start
-- refreshed: by refresh_statistics and refresh_all_time ($basis, $grain, $first_day, $last_day, $periods)
-- columns:
--   basis: discovered (when it entered the library, UTC) or played (when the mix was played)
--   period_start: first day; for all time the first day with data
--   period_end: last day; for all time the last day with data
--   entries: components of lines
--   plays: entries that are a library track
--   tracks: different library tracks, provisional ones as well
--   new_tracks: tracks whose first play on this basis falls into the period, provisional ones as well
--   artists: different artists, of provisional tracks as well
--   labels: different labels
--   mixes: mixes
--   djs: different DJs
--   identified: entries
--   provisional: entries that wait for a person or for news
--   pending: entries not looked at yet
--   skipped: entries that are no track
--   review_backlog: different lines of the period that wait in the review queue now, when this was computed
--   identification_rate: identified of the entries that are not skipped, 0 to 1
--   mean_confidence: of the identified entries, 0 to 1, six digits
--   top_tracks: up to 20, most plays first
--   top_artists: up to 10, most plays first
--   top_labels: up to 10, most plays first
--   top_genres: up to 10, most plays first
--   sources: where the tracklists came from, most entries first
--   methods: how the plays were identified, most first; rate is of the entries that are not skipped
--   providers: where that came from, most first; an identification may have several
WITH facts AS (
    SELECT * FROM plays_by_discovered
    WHERE $basis = 'discovered' AND day BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
    UNION ALL
    SELECT * FROM plays_by_played
    WHERE $basis = 'played' AND day BETWEEN CAST($first_day AS DATE) AND CAST($last_day AS DATE)
),

dated AS (
    SELECT
        CASE $grain
            WHEN 'day' THEN day
            WHEN 'week' THEN CAST(date_trunc('week', day) AS DATE)
            WHEN 'month' THEN CAST(date_trunc('month', day) AS DATE)
            ELSE CAST($first_day AS DATE)
        END AS period,
        *
    FROM facts
),

scoped AS MATERIALIZED (
    SELECT dated.* EXCLUDE (entry_id)
    FROM dated
    SEMI JOIN (SELECT unnest(CAST($periods AS DATE[])) AS period) AS wanted USING (period)
),

-- a few rows a period; what can be added up is added up from these
cube AS MATERIALIZED (
    SELECT
        period,
        source_no,
        status,
        method,
        providers_no,
        count(*) AS entries,
        count(track_no) AS plays,
        count(*) FILTER (WHERE is_first) AS new_tracks,
        sum(confidence) AS confidence
    FROM scoped
    GROUP BY period, source_no, status, method, providers_no
),

totals AS (
    SELECT
        period,
        CAST(sum(entries) AS BIGINT) AS entries,
        CAST(sum(plays) AS BIGINT) AS plays,
        CAST(sum(new_tracks) AS BIGINT) AS new_tracks,
        CAST(coalesce(sum(entries) FILTER (WHERE status = 'identified'), 0) AS BIGINT) AS identified,
        CAST(coalesce(sum(entries) FILTER (WHERE status = 'provisional'), 0) AS BIGINT) AS provisional,
        CAST(coalesce(sum(entries) FILTER (WHERE status = 'pending'), 0) AS BIGINT) AS pending,
        CAST(coalesce(sum(entries) FILTER (WHERE status = 'skipped'), 0) AS BIGINT) AS skipped,
        nullif(sum(entries) FILTER (WHERE status <> 'skipped'), 0) AS to_identify,
        sum(confidence) FILTER (WHERE status = 'identified') AS confidence
    FROM cube
    GROUP BY period
),

counted AS (
    SELECT
        period,
        min(day) AS first_day,
        max(day) AS last_day,
        count(DISTINCT mix_no) AS mixes,
        count(DISTINCT dj_no) AS djs,
        count(DISTINCT waiting_line) AS review_backlog
    FROM scoped
    GROUP BY period
),

track_plays AS MATERIALIZED (
    SELECT
        period,
        track_no,
        label_no,
        genre_no,
        artist_no,
        count(*) AS plays,
        any_value(guest_nos) AS guest_nos
    FROM scoped
    WHERE track_no IS NOT NULL
    GROUP BY period, track_no, label_no, genre_no, artist_no
),

-- an item is an artist, a label or a genre
item_plays AS MATERIALIZED (
    SELECT period, 'artist' AS kind, number, sum(plays) AS plays, count(*) AS tracks
    FROM (
        SELECT period, artist_no AS number, plays FROM track_plays
        UNION ALL
        SELECT period, unnest(guest_nos), plays FROM track_plays WHERE guest_nos IS NOT NULL
    )
    WHERE number IS NOT NULL
    GROUP BY period, number
    UNION ALL
    SELECT period, 'label', label_no, sum(plays), count(*)
    FROM track_plays
    WHERE label_no IS NOT NULL
    GROUP BY period, label_no
    UNION ALL
    SELECT period, 'genre', genre_no, sum(plays), count(*)
    FROM track_plays
    WHERE genre_no IS NOT NULL
    GROUP BY period, genre_no
),

-- the plays of the last one that can be in a list: names are looked up of those with as many only
track_floor AS MATERIALIZED (
    SELECT period, count(*) AS tracks, list_min(max(plays, 20)) AS plays
    FROM track_plays
    GROUP BY period
),

item_floor AS (
    SELECT period, kind, count(*) AS items, list_min(max(plays, 10)) AS plays
    FROM item_plays
    GROUP BY period, kind
),

track_top AS MATERIALIZED (
    SELECT track_plays.period, track_plays.track_no, track_plays.plays
    FROM track_plays
    JOIN track_floor USING (period)
    WHERE track_plays.plays >= track_floor.plays
),

item_top AS MATERIALIZED (
    SELECT item_plays.*, item_floor.items
    FROM item_plays
    JOIN item_floor USING (period, kind)
    WHERE item_plays.plays >= item_floor.plays
),

track_lists AS (
    SELECT
        period,
        list(
            {'track_id': track_id, 'artist': artist, 'title': title, 'remix': remix, 'plays': plays}
            ORDER BY plays DESC, track_id
        )[:20] AS top_tracks
    FROM track_top
    JOIN work.track_keys USING (track_no)
    GROUP BY period
),

item_lists AS (
    SELECT
        period,
        any_value(items) FILTER (WHERE kind = 'artist') AS artists,
        any_value(items) FILTER (WHERE kind = 'label') AS labels,
        list({'artist': name, 'plays': CAST(plays AS BIGINT), 'tracks': tracks} ORDER BY plays DESC, name)
            FILTER (WHERE kind = 'artist')[:10] AS top_artists,
        list({'label': name, 'plays': CAST(plays AS BIGINT), 'tracks': tracks} ORDER BY plays DESC, name)
            FILTER (WHERE kind = 'label')[:10] AS top_labels,
        list({'genre': name, 'plays': CAST(plays AS BIGINT), 'tracks': tracks} ORDER BY plays DESC, name)
            FILTER (WHERE kind = 'genre')[:10] AS top_genres
    FROM (SELECT item_top.*, names.name FROM item_top JOIN work.names USING (number))
    GROUP BY period
),

-- how many entries came from where and how they were identified
shares AS (
    SELECT
        period,
        'source' AS kind,
        name,
        sum(entries) AS entries,
        coalesce(sum(entries) FILTER (WHERE status = 'identified'), 0) AS identified
    FROM cube
    JOIN work.names ON names.number = cube.source_no
    GROUP BY period, name
    UNION ALL
    SELECT period, 'method', CAST(method AS VARCHAR), sum(entries), sum(entries)
    FROM cube
    WHERE status = 'identified'
    GROUP BY period, method
    UNION ALL
    SELECT period, 'provider', provider, sum(entries), sum(entries)
    FROM (
        SELECT cube.period, cube.entries, unnest(string_split(names.name, ',')) AS provider
        FROM cube
        JOIN work.names ON names.number = cube.providers_no
        WHERE cube.status = 'identified' AND names.name <> ''
    )
    GROUP BY period, provider
),

share_lists AS (
    SELECT
        shares.period,
        list(
            {
                'source': name,
                'entries': CAST(shares.entries AS BIGINT),
                'identified': CAST(shares.identified AS BIGINT)
            }
            ORDER BY shares.entries DESC, name
        ) FILTER (WHERE kind = 'source') AS sources,
        list(
            {
                'method': name,
                'plays': CAST(shares.identified AS BIGINT),
                'rate': shares.identified / totals.to_identify
            }
            ORDER BY shares.identified DESC, name
        ) FILTER (WHERE kind = 'method') AS methods,
        list(
            {
                'provider': name,
                'plays': CAST(shares.identified AS BIGINT),
                'rate': shares.identified / totals.to_identify
            }
            ORDER BY shares.identified DESC, name
        ) FILTER (WHERE kind = 'provider') AS providers
    FROM shares
    JOIN totals USING (period)
    GROUP BY shares.period
)

SELECT
    CAST($basis AS VARCHAR) AS basis,
    CASE $grain WHEN 'all' THEN counted.first_day ELSE totals.period END AS period_start,
    CASE $grain
        WHEN 'day' THEN totals.period
        WHEN 'week' THEN least(totals.period + 6, DATE '9999-12-31')  -- the last day of a calendar
        WHEN 'month' THEN last_day(totals.period)
        ELSE counted.last_day
    END AS period_end,
    totals.entries,
    totals.plays,
    coalesce(track_floor.tracks, 0) AS tracks,
    totals.new_tracks,
    coalesce(item_lists.artists, 0) AS artists,
    coalesce(item_lists.labels, 0) AS labels,
    counted.mixes,
    counted.djs,
    totals.identified,
    totals.provisional,
    totals.pending,
    totals.skipped,
    counted.review_backlog,
    totals.identified / totals.to_identify AS identification_rate,
    round(CAST(totals.confidence AS DOUBLE) / nullif(totals.identified, 0), 6) AS mean_confidence,
    coalesce(track_lists.top_tracks, []) AS top_tracks,
    coalesce(item_lists.top_artists, []) AS top_artists,
    coalesce(item_lists.top_labels, []) AS top_labels,
    coalesce(item_lists.top_genres, []) AS top_genres,
    share_lists.sources,
    coalesce(share_lists.methods, []) AS methods,
    coalesce(share_lists.providers, []) AS providers
FROM totals
JOIN counted USING (period)
JOIN share_lists USING (period)
LEFT JOIN track_floor USING (period)
LEFT JOIN track_lists USING (period)
LEFT JOIN item_lists USING (period)
ORDER BY totals.period
