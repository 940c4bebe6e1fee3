-- The names that the facts hold as numbers, each as it is shown: of several spellings the first by letter.
-- Names that nothing bears any more are not here; they keep their number.
-- grain: one name of a kind
-- key: kind, key
SELECT 'artist' AS kind, artist_key AS key, artist AS name FROM artists
UNION ALL
SELECT 'label', label_key, label FROM labels
UNION ALL
SELECT 'genre', genre_key, genre FROM genres
UNION ALL
SELECT 'dj', lower(dj), min(dj) FROM tracklists WHERE dj IS NOT NULL GROUP BY lower(dj)
UNION ALL
SELECT DISTINCT 'source', source, source FROM tracklists
UNION ALL
SELECT 'providers', providers, providers
FROM (
    SELECT DISTINCT array_to_string(metadata_sources, ',') AS providers
    FROM discoveries
    WHERE metadata_sources IS NOT NULL AND ($full OR entry_id IN (SELECT entry_id FROM work.entries))
)
