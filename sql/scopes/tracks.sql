-- Library tracks whose row in tracks is to be written anew: changed ones, and those that won or lost a play.
-- grain: one library track
-- key: track_id
SELECT id AS track_id FROM staging.library_track WHERE $full
UNION
SELECT row_id FROM staging.changed WHERE table_name IN ('library_track', 'owned_track')
UNION
SELECT track_id FROM discoveries SEMI JOIN work.entries USING (entry_id) WHERE track_id IS NOT NULL
UNION
SELECT library_track_id
FROM staging.track_discovery
SEMI JOIN work.entries USING (entry_id)
WHERE library_track_id IS NOT NULL
