-- The periods in which entries in scope stand; asked before and after the facts are written anew.
-- grain: one step, basis and period
-- key: step, basis, period_start
WITH days AS (
    SELECT 'discovered' AS basis, day FROM plays_by_discovered WHERE $full
    UNION
    SELECT 'discovered', day FROM plays_by_discovered SEMI JOIN work.plays USING (entry_id)
    UNION
    SELECT 'played', day FROM plays_by_played WHERE $full
    UNION
    SELECT 'played', day FROM plays_by_played SEMI JOIN work.plays USING (entry_id)
)

SELECT 'day' AS step, basis, day AS period_start FROM days
UNION
SELECT 'week', basis, CAST(date_trunc('week', day) AS DATE) FROM days
UNION
SELECT 'month', basis, CAST(date_trunc('month', day) AS DATE) FROM days
