-- Who made the tracks of the library. Every artist of a track counts, guests as well.
-- grain: one artist
-- key: artist_key
-- columns:
--   artist_key: the artist without case and accents
--   artist: as people write it; of several spellings the first by letter
--   tracks: versions in the library, provisional ones as well
--   owned: of these, in the DJ's collection
--   plays: entries that are one of them
--   first_discovered: UTC day
--   last_discovered: UTC day
--   first_played: day of the earliest mix with a date
--   last_played: day of the latest mix with a date
SELECT
    track_artists.artist_key,
    min(track_artists.artist) AS artist,
    count(*) AS tracks,
    count(*) FILTER (WHERE tracks.owned) AS owned,
    CAST(sum(tracks.plays) AS BIGINT) AS plays,
    min(tracks.first_discovered) AS first_discovered,
    max(tracks.last_discovered) AS last_discovered,
    min(tracks.first_played) AS first_played,
    max(tracks.last_played) AS last_played
FROM track_artists
JOIN tracks USING (track_id)
GROUP BY track_artists.artist_key
ORDER BY track_artists.artist_key
