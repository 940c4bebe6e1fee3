-- The want lists as they are now; what was taken off a list is not here.
-- grain: one user and track
-- key: want_id
-- columns:
--   want_id: the want
--   user: whose want list
--   track_id: see tracks
--   artist: of the track
--   title: of the track
--   remix: the version, null for the original
--   label: of the track
--   genre: of the track
--   cut: original, extended or radio
--   priority: 1 to 5, 5 is most wanted
--   status: wanted, purchased or unavailable
--   added_at: UTC
--   added_by: a user, or rule:NAME
--   tracklist_id: the mix it was wanted from, null without one
--   dj: of that mix
--   source: of that mix, see tracklists
--   changes: how often its status or priority changed
WITH history AS (
    SELECT
        want_id,
        arg_min("by", ROW("at", id)) AS added_by,
        count(*) FILTER (WHERE old_status IS NOT NULL) AS changes
    FROM staging.want_event
    GROUP BY want_id
)

SELECT
    want.id AS want_id,
    want."user",
    want.library_track_id AS track_id,
    tracks.artist,
    tracks.title,
    tracks.remix,
    tracks.label,
    tracks.genre,
    want.cut,
    want.priority,
    want.status,
    want.added_at,
    history.added_by,
    mix.id AS tracklist_id,
    mix.dj,
    mix.origin AS source,
    coalesce(history.changes, 0) AS changes
FROM staging.want
LEFT JOIN tracks ON tracks.track_id = want.library_track_id
LEFT JOIN staging.tracklist AS mix ON mix.id = want.source_tracklist_id
LEFT JOIN history ON history.want_id = want.id
ORDER BY want.added_at, want.id
