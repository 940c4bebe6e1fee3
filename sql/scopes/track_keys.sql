-- What the facts hold of the tracks in scope. A track keeps its number, a new one gets the next; in a full
-- build the most played get the lowest, so that the charts of most periods find their names close together.
-- grain: one library track
-- key: track_id
WITH known AS (
    SELECT track_id, track_no FROM work.track_keys SEMI JOIN work.tracks USING (track_id)
),

scoped AS (
    SELECT tracks.*
    FROM tracks
    SEMI JOIN work.tracks AS scope ON scope.track_id = tracks.track_id
),

credited AS (
    SELECT track_artists.track_id, list(artist.number ORDER BY artist.number) AS artist_nos
    FROM track_artists
    SEMI JOIN work.tracks AS scope ON scope.track_id = track_artists.track_id
    JOIN work.names AS artist ON artist.kind = 'artist' AND artist.key = track_artists.artist_key
    GROUP BY track_artists.track_id
)

SELECT
    scoped.track_id,
    coalesce(
        known.track_no,
        (SELECT coalesce(max(track_no), 0) FROM work.track_keys)
        + row_number() OVER (PARTITION BY known.track_no IS NULL ORDER BY scoped.plays DESC, scoped.track_id)
    ) AS track_no,
    credited.artist_nos[1] AS artist_no,
    nullif(credited.artist_nos[2:], []) AS guest_nos,
    label.number AS label_no,
    genre.number AS genre_no,
    scoped.artist,
    scoped.title,
    scoped.remix,
    scoped.unreleased,
    scoped.identified_at,
    scoped.first_discovered_entry,
    scoped.first_played_entry
FROM scoped
LEFT JOIN known ON known.track_id = scoped.track_id
LEFT JOIN credited ON credited.track_id = scoped.track_id
LEFT JOIN work.names AS label ON label.kind = 'label' AND label.key = lower(scoped.label)
LEFT JOIN work.names AS genre ON genre.kind = 'genre' AND genre.key = lower(scoped.genre)
ORDER BY track_no
