-- What was discovered or played in a day, an ISO week, a month, or ever. One file for the four tables
-- statistics_daily, statistics_weekly, statistics_monthly and statistics_all_time: they differ in $grain only.
-- Periods without data have no row.
-- grain: one basis and period
-- key: basis, period_start
-- refreshed: by refresh_statistics and refresh_all_time ($basis, $grain, $first_day, $last_day, $periods)
-- depends: plays_by_discovered, plays_by_played, tracks, track_artists
-- columns:
--   basis: discovered (when it entered the library, UTC) or played (when the mix was played)
--   period_start: first day; for all time the first day with data
--   period_end: last day; for all time the last day with data
--   entries: components of lines
--   plays: entries that are a library track
--   tracks: different library tracks
--   new_tracks: tracks whose first play on this basis falls into the period
--   artists: different artists
--   labels: different labels
--   mixes: mixes
--   djs: different DJs
--   identified: entries
--   provisional: entries that wait for a person or for news
--   pending: entries not looked at yet
--   skipped: entries that are no track
--   identification_rate: identified of the entries that are not skipped, 0 to 1
--   mean_confidence: of the identified entries, 0 to 1
--   top_tracks: up to 20, most plays first
--   top_artists: up to 10, most plays first
--   top_labels: up to 10, most plays first
--   top_genres: up to 10, most plays first
--   sources: where the tracklists came from, most entries first
--   methods: how the plays were identified, most first
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
    SELECT dated.*
    FROM dated
    SEMI JOIN (SELECT unnest(CAST($periods AS DATE[])) AS period) AS wanted USING (period)
),

totals AS (
    SELECT
        period,
        min(day) AS first_day,
        max(day) AS last_day,
        count(*) AS entries,
        count(track_id) AS plays,
        count(*) FILTER (WHERE is_first) AS new_tracks,
        count(DISTINCT tracklist_id) AS mixes,
        count(DISTINCT lower(dj)) AS djs,
        count(*) FILTER (WHERE status = 'identified') AS identified,
        count(*) FILTER (WHERE status = 'provisional') AS provisional,
        count(*) FILTER (WHERE status = 'pending') AS pending,
        count(*) FILTER (WHERE status = 'skipped') AS skipped,
        round(avg(confidence) FILTER (WHERE status = 'identified'), 6) AS mean_confidence
    FROM scoped
    GROUP BY period
),

track_plays AS MATERIALIZED (
    SELECT
        period,
        track_id,
        count(*) AS plays,
        any_value(label) AS label,
        any_value(genre) AS genre
    FROM scoped
    WHERE track_id IS NOT NULL
    GROUP BY period, track_id
),

artist_plays AS (
    SELECT
        period,
        artist_key,
        min(artist) AS artist,
        sum(plays) AS plays,
        count(*) AS tracks
    FROM track_plays
    JOIN track_artists USING (track_id)
    GROUP BY period, artist_key
),

label_plays AS (
    SELECT
        period,
        min(label) AS label,
        sum(plays) AS plays,
        count(*) AS tracks
    FROM track_plays
    WHERE label IS NOT NULL
    GROUP BY period, lower(label)
),

genre_plays AS (
    SELECT
        period,
        min(genre) AS genre,
        sum(plays) AS plays,
        count(*) AS tracks
    FROM track_plays
    WHERE genre IS NOT NULL
    GROUP BY period, lower(genre)
),

source_entries AS (
    SELECT
        period,
        coalesce(source, 'unknown') AS source,
        count(*) AS entries,
        count(*) FILTER (WHERE status = 'identified') AS identified
    FROM scoped
    GROUP BY period, coalesce(source, 'unknown')
),

method_plays AS (
    SELECT period, method, count(*) AS plays
    FROM scoped
    WHERE method IS NOT NULL AND status = 'identified'
    GROUP BY period, method
),

-- min(…, n) keeps the n smallest: most plays first, then by id or name
chart AS (
    SELECT period, count(*) AS tracks, min(ROW(-plays, track_id), 20) AS top
    FROM track_plays
    GROUP BY period
),

chart_rows AS (
    SELECT period, unnest(top) AS ranked FROM chart
),

track_lists AS (
    SELECT
        chart_rows.period,
        list(
            {
                'track_id': tracks.track_id,
                'artist': tracks.artist,
                'title': tracks.title,
                'remix': tracks.remix,
                'plays': CAST(-struct_extract(ranked, 1) AS BIGINT)
            }
            ORDER BY ranked
        ) AS top_tracks
    FROM chart_rows
    JOIN tracks ON tracks.track_id = struct_extract(ranked, 2)
    GROUP BY chart_rows.period
),

artist_lists AS (
    SELECT
        period,
        count(*) AS artists,
        list_transform(
            min(ROW(-plays, artist, tracks), 10),
            lambda r: {'artist': r[2], 'plays': CAST(-r[1] AS BIGINT), 'tracks': r[3]}
        ) AS top_artists
    FROM artist_plays
    GROUP BY period
),

label_lists AS (
    SELECT
        period,
        count(*) AS labels,
        list_transform(
            min(ROW(-plays, label, tracks), 10),
            lambda r: {'label': r[2], 'plays': CAST(-r[1] AS BIGINT), 'tracks': r[3]}
        ) AS top_labels
    FROM label_plays
    GROUP BY period
),

genre_lists AS (
    SELECT
        period,
        list_transform(
            min(ROW(-plays, genre, tracks), 10),
            lambda r: {'genre': r[2], 'plays': CAST(-r[1] AS BIGINT), 'tracks': r[3]}
        ) AS top_genres
    FROM genre_plays
    GROUP BY period
),

source_lists AS (
    SELECT
        period,
        list(
            {'source': source, 'entries': entries, 'identified': identified}
            ORDER BY entries DESC, source
        ) AS sources
    FROM source_entries
    GROUP BY period
),

method_lists AS (
    SELECT period, list({'method': method, 'plays': plays} ORDER BY plays DESC, method) AS methods
    FROM method_plays
    GROUP BY period
)

SELECT
    CAST($basis AS VARCHAR) AS basis,
    CASE $grain WHEN 'all' THEN totals.first_day ELSE totals.period END AS period_start,
    CASE $grain
        WHEN 'day' THEN totals.period
        WHEN 'week' THEN totals.period + 6
        WHEN 'month' THEN last_day(totals.period)
        ELSE totals.last_day
    END AS period_end,
    totals.entries,
    totals.plays,
    coalesce(chart.tracks, 0) AS tracks,
    totals.new_tracks,
    coalesce(artist_lists.artists, 0) AS artists,
    coalesce(label_lists.labels, 0) AS labels,
    totals.mixes,
    totals.djs,
    totals.identified,
    totals.provisional,
    totals.pending,
    totals.skipped,
    totals.identified / nullif(totals.entries - totals.skipped, 0) AS identification_rate,
    totals.mean_confidence,
    coalesce(track_lists.top_tracks, []) AS top_tracks,
    coalesce(artist_lists.top_artists, []) AS top_artists,
    coalesce(label_lists.top_labels, []) AS top_labels,
    coalesce(genre_lists.top_genres, []) AS top_genres,
    source_lists.sources,
    coalesce(method_lists.methods, []) AS methods
FROM totals
LEFT JOIN chart USING (period)
LEFT JOIN track_lists USING (period)
LEFT JOIN artist_lists USING (period)
LEFT JOIN label_lists USING (period)
LEFT JOIN genre_lists USING (period)
LEFT JOIN source_lists USING (period)
LEFT JOIN method_lists USING (period)
ORDER BY totals.period
