-- Mixes whose row in tracklists is to be written anew.
-- grain: one mix
-- key: tracklist_id
SELECT id AS tracklist_id FROM staging.tracklist WHERE $full
UNION
SELECT row_id FROM staging.changed WHERE table_name = 'tracklist'
UNION
SELECT tracklist_id FROM discoveries SEMI JOIN work.entries USING (entry_id)
UNION
SELECT entry.tracklist_id
FROM staging.tracklist_entry AS entry
SEMI JOIN work.entries AS scope ON scope.entry_id = entry.id
