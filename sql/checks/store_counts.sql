-- The warehouse has as many rows as the store had at the staged revision.
WITH counted AS (
    SELECT 'tracklist' AS table_name, 'tracklists' AS mart, count(*) AS rows FROM tracklists
    UNION ALL SELECT 'tracklist_entry', 'discoveries', count(*) FROM discoveries
    UNION ALL SELECT 'track_discovery', 'discoveries', count(method) FROM discoveries
    UNION ALL SELECT 'library_track', 'tracks', count(*) FROM tracks
    UNION ALL SELECT 'want', 'wants', count(*) FROM wants
)

SELECT table_name, mart, source_counts.rows AS in_store, counted.rows AS in_warehouse
FROM counted
JOIN staging.source_counts USING (table_name)
WHERE source_counts.rows IS DISTINCT FROM counted.rows
