-- What the entries were identified as.
-- grain: one discovery; an entry has at most one
-- key: id
SELECT
    CAST(id AS UUID) AS id,
    CAST(tracklist_id AS UUID) AS tracklist_id,
    CAST(entry_id AS UUID) AS entry_id,
    CAST(library_track_id AS UUID) AS library_track_id,
    CAST(discovery_date AS TIMESTAMP) AS discovery_date,
    CAST(identified_at AS TIMESTAMP) AS identified_at,
    CAST(confidence AS DOUBLE) AS confidence,
    CAST(identification_method AS VARCHAR) AS identification_method,
    from_json(CAST(metadata_sources AS VARCHAR), '["VARCHAR"]') AS metadata_sources,
    from_json(CAST(reasons AS VARCHAR), '["VARCHAR"]') AS reasons,
    CAST(revision AS BIGINT) AS revision
FROM incoming
