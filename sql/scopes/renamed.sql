-- The periods that show a name which is spelled otherwise now.
-- grain: one step, basis and period
-- key: step, basis, period_start
WITH facts AS (
    SELECT 'discovered' AS basis, day, artist_no, guest_nos, label_no, genre_no FROM plays_by_discovered
    UNION ALL
    SELECT 'played', day, artist_no, guest_nos, label_no, genre_no FROM plays_by_played
),

days AS (
    SELECT DISTINCT basis, day
    FROM facts
    WHERE label_no IN (SELECT number FROM work.renamed WHERE kind = 'label')
        OR genre_no IN (SELECT number FROM work.renamed WHERE kind = 'genre')
        OR artist_no IN (SELECT number FROM work.renamed WHERE kind = 'artist')
        OR list_has_any(guest_nos, (SELECT list(number) FROM work.renamed WHERE kind = 'artist'))
)

SELECT 'day' AS step, basis, day AS period_start FROM days
UNION
SELECT 'week', basis, CAST(date_trunc('week', day) AS DATE) FROM days
UNION
SELECT 'month', basis, CAST(date_trunc('month', day) AS DATE) FROM days
