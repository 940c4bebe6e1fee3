-- A component of an entry counts once.
SELECT tracklist_id, position, component, count(*) AS rows
FROM discoveries
GROUP BY tracklist_id, position, component
HAVING count(*) > 1
