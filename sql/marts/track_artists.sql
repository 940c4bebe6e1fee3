-- Which artists made a track: the bridge for counting and filtering by one artist.
-- Whom nobody knows ("?", "Unknown") is none.
-- grain: one artist of one track
-- key: track_id, artist_key
-- scope: work.tracks (track_id)
-- columns:
--   track_id: the library track
--   artist: as written
--   artist_key: the artist without case and accents; count and join by this
WITH credited AS (
    SELECT
        track.id AS track_id,
        unnest(track.artists) AS artist
    FROM staging.library_track AS track
    SEMI JOIN work.tracks AS scope ON scope.track_id = track.id
)

SELECT
    track_id,
    min(trim(artist)) AS artist,
    lower(strip_accents(trim(artist))) AS artist_key
FROM credited
WHERE trim(artist) <> ''
GROUP BY track_id, lower(strip_accents(trim(artist)))
