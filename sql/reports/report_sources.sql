-- Where the lines of a stretch of time came from, and how far they are identified.
-- grain: one source and status
-- key: source, status
-- columns:
--   source: where the tracklist came from, see tracklists
--   status: identified, provisional, pending or skipped
--   entries: lines, or parts of lines
WITH lines AS (
    SELECT CASE $basis WHEN 'played' THEN played_on ELSE discovered_on END AS day, source, status
    FROM discoveries
)

SELECT source, status, count(*) AS entries
FROM lines
WHERE day BETWEEN coalesce(CAST($since AS DATE), day) AND coalesce(CAST($until AS DATE), day)
GROUP BY source, status
ORDER BY sum(count(*)) OVER (PARTITION BY source) DESC, source, status
