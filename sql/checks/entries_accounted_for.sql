-- Every entry of the store is in discoveries, and nothing else is.
SELECT coalesce(entry.id, discoveries.entry_id) AS entry_id, entry.id IS NULL AS invented
FROM staging.tracklist_entry AS entry
FULL JOIN discoveries ON discoveries.entry_id = entry.id
WHERE entry.id IS NULL OR discoveries.entry_id IS NULL
