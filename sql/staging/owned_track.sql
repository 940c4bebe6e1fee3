-- The files of the DJ's own collection.
-- grain: one file
-- key: id
SELECT
    CAST(id AS UUID) AS id,
    CAST(source AS VARCHAR) AS source,
    CAST(library_track_id AS UUID) AS library_track_id,
    CAST(revision AS BIGINT) AS revision
FROM incoming
