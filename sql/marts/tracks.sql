-- The library, with how often and when each track was heard.
-- grain: one version of a track
-- key: track_id
-- scope: work.tracks (track_id)
-- columns:
--   track_id: the library track
--   artist: all artists, as one text; one by one in track_artists
--   title: without the version
--   remix: the version, null for the original
--   label: record label
--   catalog_number: of the label
--   release_date: YYYY, YYYY-MM or YYYY-MM-DD
--   genre: main genre
--   bpm: beats per minute
--   key: musical key
--   duration: seconds
--   isrcs: recording codes
--   provisional: true while nobody is certain what it is
--   unreleased: provisional, and a line names it ID or it is said to be unreleased
--   owned: a file of the DJ's collection is this track
--   plays: entries that are this track
--   mixes: mixes it was heard in
--   djs: DJs who played it
--   first_discovered: UTC day
--   last_discovered: UTC day
--   first_played: day of the earliest mix with a date
--   last_played: day of the latest mix with a date
--   identified_at: UTC time since when it is known what it is, null while that is not certain
--   first_dj: who played it on its first day; null without a date, and when others or an unknown DJ did as well
--   taken_up: first day that another DJ than first_dj played it
--   first_discovered_entry: the entry that brought it into the library
--   first_played_entry: the entry in the earliest mix with a date
--   identity_key: what makes two credits the same track
--   disambiguator: tells two different tracks of one credit apart
--   created_at: UTC
WITH heard AS (
    SELECT
        track_id,
        count(*) AS plays,
        count(DISTINCT tracklist_id) AS mixes,
        min(discovered_on) AS first_discovered,
        max(discovered_on) AS last_discovered,
        min(played_on) AS first_played,
        max(played_on) AS last_played,
        min(identified_at) AS identified_at,
        bool_or(is_id OR unreleased) AS unreleased,
        min(ROW(discovered_at, entry_id)) AS first_discovery,
        min(ROW(played_on, entry_id)) FILTER (WHERE played_on IS NOT NULL) AS first_play
    FROM discoveries
    SEMI JOIN work.tracks USING (track_id)
    GROUP BY track_id
),

dj_plays AS (
    SELECT track_id, min(dj) AS dj, min(played_on) AS day
    FROM discoveries
    SEMI JOIN work.tracks USING (track_id)
    GROUP BY track_id, lower(dj)
),

followed AS (
    SELECT
        track_id,
        count(dj) AS djs,
        min({'day': day, 'dj': dj}, 2) FILTER (WHERE day IS NOT NULL AND dj IS NOT NULL) AS first_two,
        min(day) FILTER (WHERE dj IS NULL) AS first_unknown
    FROM dj_plays
    GROUP BY track_id
),

led AS (
    SELECT
        track_id,
        djs,
        first_two[1].dj AS first_dj,
        first_two[2].day AS taken_up,
        first_two[1].day < coalesce(least(first_two[2].day, first_unknown), 'infinity') AS alone
    FROM followed
),

owned AS (
    SELECT DISTINCT library_track_id AS track_id
    FROM staging.owned_track
    WHERE library_track_id IS NOT NULL
)

SELECT
    track.id AS track_id,
    track.artist,
    track.title,
    track.remix,
    track.label,
    track.catalog_number,
    track.release_date,
    track.genre,
    track.bpm,
    track."key",
    track.duration,
    track.isrcs,
    track.provisional,
    track.provisional AND coalesce(heard.unreleased, FALSE) AS unreleased,
    owned.track_id IS NOT NULL AS owned,
    coalesce(heard.plays, 0) AS plays,
    coalesce(heard.mixes, 0) AS mixes,
    coalesce(led.djs, 0) AS djs,
    heard.first_discovered,
    heard.last_discovered,
    heard.first_played,
    heard.last_played,
    heard.identified_at,
    CASE WHEN led.alone THEN led.first_dj END AS first_dj,
    CASE WHEN led.alone THEN led.taken_up END AS taken_up,
    struct_extract(heard.first_discovery, 2) AS first_discovered_entry,
    struct_extract(heard.first_play, 2) AS first_played_entry,
    track.identity_key,
    track.disambiguator,
    track.created_at
FROM staging.library_track AS track
SEMI JOIN work.tracks AS scope ON scope.track_id = track.id
LEFT JOIN heard ON heard.track_id = track.id
LEFT JOIN led ON led.track_id = track.id
LEFT JOIN owned ON owned.track_id = track.id
