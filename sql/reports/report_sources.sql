-- Where the lines of a stretch of time came from, and how far they are identified.
-- grain: one source and status
-- key: source, status
-- columns:
--   source: the site of the tracklist's page, or what its source is called; all files of a kind are one source
--   status: identified, provisional, pending or skipped
--   entries: lines, or parts of lines
WITH named AS (
    SELECT
        tracklist_id,
        CASE
            WHEN source_url LIKE 'http%' THEN regexp_extract(source_url, '^https?://(www\.)?([^/:?#]+)', 2)
            WHEN regexp_matches(source, '\.\w{2,5}$') THEN 'files ' || lower(regexp_extract(source, '\.\w+$'))
            ELSE coalesce(source, 'unknown')
        END AS source
    FROM tracklists
),

lines AS (
    SELECT
        CASE $basis WHEN 'played' THEN discoveries.played_on ELSE discoveries.discovered_on END AS day,
        named.source,
        discoveries.status
    FROM discoveries
    JOIN named USING (tracklist_id)
)

SELECT source, status, count(*) AS entries
FROM lines
WHERE day BETWEEN coalesce(CAST($since AS DATE), day) AND coalesce(CAST($until AS DATE), day)
GROUP BY source, status
ORDER BY sum(count(*)) OVER (PARTITION BY source) DESC, source, status
