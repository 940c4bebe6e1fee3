-- How fast music comes in, and how long it stays unknown: 30 days, and the 30 days before them.
-- The days until a track is identified are counted from the first day that it is here on the basis; of tracks
-- that came late in a window some will still be identified, so the recent window is never the whole truth.
-- grain: one window on one basis; windows without data have no row
-- key: basis, stretch
-- refreshed: by refresh_trends ($basis, $as_of, $days)
-- columns:
--   basis: discovered or played
--   stretch: recent or before
--   first_day: of the window
--   last_day: of the window
--   mixes: mixes
--   plays: entries that are a library track
--   tracks: different library tracks
--   new_tracks: tracks whose first play on this basis falls into the window
--   discovery_rate: new tracks of all plays, 0 to 1
--   identified: of the new tracks, those whose version is known by now
--   median_days: days from a new track's first day to its identification, of those identified
--   p90_days: nine of ten were identified within so many days
WITH facts AS (
    SELECT day, track_no, mix_no, is_first FROM plays_by_discovered WHERE $basis = 'discovered'
    UNION ALL
    SELECT day, track_no, mix_no, is_first FROM plays_by_played WHERE $basis = 'played'
),

windowed AS MATERIALIZED (
    SELECT
        *,
        CASE WHEN day > CAST($as_of AS DATE) - CAST($days AS INTEGER) THEN 'recent' ELSE 'before' END
            AS stretch
    FROM facts
    WHERE day > CAST($as_of AS DATE) - 2 * CAST($days AS INTEGER) AND day <= CAST($as_of AS DATE)
),

counted AS (
    SELECT
        stretch,
        count(DISTINCT mix_no) AS mixes,
        count(track_no) AS plays,
        count(DISTINCT track_no) AS tracks,
        count(*) FILTER (WHERE is_first) AS new_tracks
    FROM windowed
    GROUP BY stretch
),

waited AS (
    SELECT
        stretch,
        greatest(date_diff('day', windowed.day, CAST(track.identified_at AS DATE)), 0) AS days
    FROM windowed
    JOIN work.track_keys AS track USING (track_no)
    WHERE windowed.is_first AND track.identified_at IS NOT NULL
),

identified AS (
    SELECT
        stretch,
        count(*) AS identified,
        median(days) AS median_days,
        quantile_cont(days, 0.9) AS p90_days
    FROM waited
    GROUP BY stretch
)

SELECT
    CAST($basis AS VARCHAR) AS basis,
    counted.stretch,
    greatest(
        CAST($as_of AS DATE) + 1 - CAST($days AS INTEGER) * CASE stretch WHEN 'recent' THEN 1 ELSE 2 END,
        DATE '0001-01-01'  -- the first day of a calendar
    ) AS first_day,
    CAST($as_of AS DATE) - CAST($days AS INTEGER) * CASE stretch WHEN 'recent' THEN 0 ELSE 1 END
        AS last_day,
    counted.mixes,
    counted.plays,
    counted.tracks,
    counted.new_tracks,
    counted.new_tracks / nullif(counted.plays, 0) AS discovery_rate,
    coalesce(identified.identified, 0) AS identified,
    identified.median_days,
    identified.p90_days
FROM counted
LEFT JOIN identified USING (stretch)
ORDER BY counted.stretch DESC
