-- The first plays of the tracks in scope, before tracks is written anew.
-- grain: one library track
-- key: track_id
SELECT track_id, first_discovered_entry, first_played_entry
FROM tracks
SEMI JOIN work.tracks USING (track_id)
