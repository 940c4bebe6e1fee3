-- Days, weeks and months each sum up to all time, and all time to the facts.
WITH sums AS (
    SELECT 'day' AS grain, * FROM statistics_daily
    UNION ALL SELECT 'week', * FROM statistics_weekly
    UNION ALL SELECT 'month', * FROM statistics_monthly
),

periods AS (
    SELECT
        grain, basis, sum(entries) AS entries, sum(plays) AS plays, sum(new_tracks) AS new_tracks,
        sum(identified) AS identified, sum(provisional) AS provisional, sum(pending) AS pending,
        sum(skipped) AS skipped
    FROM sums
    GROUP BY grain, basis
    UNION ALL
    SELECT 'facts', 'discovered', count(*), count(track_no), count(*) FILTER (WHERE is_first),
        count(*) FILTER (WHERE status = 'identified'), count(*) FILTER (WHERE status = 'provisional'),
        count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'skipped')
    FROM plays_by_discovered HAVING count(*) > 0
    UNION ALL
    SELECT 'facts', 'played', count(*), count(track_no), count(*) FILTER (WHERE is_first),
        count(*) FILTER (WHERE status = 'identified'), count(*) FILTER (WHERE status = 'provisional'),
        count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'skipped')
    FROM plays_by_played HAVING count(*) > 0
),

grains AS (
    SELECT grain, basis
    FROM (SELECT unnest(['day', 'week', 'month', 'facts']) AS grain)
    CROSS JOIN (SELECT basis FROM statistics_all_time UNION SELECT basis FROM periods)
)

SELECT
    grain,
    basis,
    ever.entries AS entries_ever,
    periods.entries,
    ever.new_tracks AS new_tracks_ever,
    periods.new_tracks
FROM grains
LEFT JOIN periods USING (grain, basis)
LEFT JOIN statistics_all_time AS ever USING (basis)
WHERE (ever.entries, ever.plays, ever.new_tracks, ever.identified, ever.provisional, ever.pending,
        ever.skipped)
    IS DISTINCT FROM (periods.entries, periods.plays, periods.new_tracks, periods.identified,
        periods.provisional, periods.pending, periods.skipped)
    OR ever.tracks <> ever.new_tracks
    OR ever.entries <> ever.identified + ever.provisional + ever.pending + ever.skipped
