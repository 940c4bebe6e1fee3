-- An identified entry has a library track, and a confidence between 0 and 1.
SELECT entry_id, status, track_id, confidence
FROM discoveries
WHERE (status = 'identified' AND (track_id IS NULL OR confidence IS NULL))
    OR confidence NOT BETWEEN 0 AND 1
