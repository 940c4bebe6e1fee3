-- Entries whose row in discoveries is to be written anew.
-- grain: one entry component
-- key: entry_id
SELECT id AS entry_id FROM staging.tracklist_entry WHERE $full
UNION
SELECT row_id FROM staging.changed WHERE table_name IN ('tracklist_entry', 'track_discovery')
UNION
SELECT entry.id
FROM staging.tracklist_entry AS entry
JOIN staging.changed ON changed.row_id = entry.tracklist_id AND changed.table_name = 'tracklist'
UNION
SELECT discovery.entry_id
FROM staging.track_discovery AS discovery
JOIN staging.changed
    ON changed.row_id = discovery.library_track_id AND changed.table_name = 'library_track'
UNION
SELECT entry.id
FROM staging.tracklist_entry AS entry
JOIN staging.correction AS decision ON decision.line_key = entry.line_key
JOIN staging.changed ON changed.row_id = decision.id AND changed.table_name = 'correction'
