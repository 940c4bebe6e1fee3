-- What people decided, as far as the warehouse looks at it: lines that are said to be unreleased,
-- and lines whose every decision was taken back.
-- grain: one decision about a line or a track
-- key: id
SELECT
    CAST(id AS UUID) AS id,
    CAST(line_key AS VARCHAR) AS line_key,
    CAST(kind AS VARCHAR) AS kind,
    CAST(library_track_id AS UUID) AS library_track_id,
    CAST(undone_at AS TIMESTAMP) AS undone_at,
    CAST(revision AS BIGINT) AS revision
FROM incoming
