-- Entries whose facts are to be written anew: those in scope, and those that became or ceased to be the
-- first play of their track.
-- grain: one entry component
-- key: entry_id
WITH now AS (
    SELECT track_id, first_discovered_entry, first_played_entry
    FROM tracks
    SEMI JOIN work.tracks USING (track_id)
),

moved AS (
    SELECT
        CASE WHEN now.first_discovered_entry IS DISTINCT FROM was.first_discovered_entry
            THEN [now.first_discovered_entry, was.first_discovered_entry] ELSE [] END
        || CASE WHEN now.first_played_entry IS DISTINCT FROM was.first_played_entry
            THEN [now.first_played_entry, was.first_played_entry] ELSE [] END
        AS entries
    FROM now
    FULL JOIN work.firsts AS was ON was.track_id = now.track_id
)

SELECT entry_id FROM work.entries
UNION
SELECT entry_id FROM (SELECT unnest(entries) AS entry_id FROM moved) WHERE entry_id IS NOT NULL
