-- One identity is one library track.
SELECT identity_key, disambiguator, count(*) AS rows
FROM tracks
GROUP BY identity_key, disambiguator
HAVING count(*) > 1
