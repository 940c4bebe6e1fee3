-- What happened to the wants.
-- grain: one change of a want's status or priority
-- key: id
SELECT
    CAST(id AS UUID) AS id,
    CAST(want_id AS UUID) AS want_id,
    CAST(old_status AS VARCHAR) AS old_status,
    CAST(new_status AS VARCHAR) AS new_status,
    CAST(old_priority AS INTEGER) AS old_priority,
    CAST(new_priority AS INTEGER) AS new_priority,
    CAST("at" AS TIMESTAMP) AS "at",
    CAST("by" AS VARCHAR) AS "by",
    CAST(revision AS BIGINT) AS revision
FROM incoming
