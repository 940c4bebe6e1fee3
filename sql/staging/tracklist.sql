-- The mixes of the store.
-- grain: one tracklist
-- key: id
SELECT
    CAST(id AS UUID) AS id,
    CAST(title AS VARCHAR) AS title,
    CAST(dj AS VARCHAR) AS dj,
    CAST(played_on AS DATE) AS played_on,
    CAST(source AS VARCHAR) AS source,
    CAST(source_url AS VARCHAR) AS source_url,
    CAST(format AS VARCHAR) AS format,
    CAST(version AS INTEGER) AS version,
    CAST(imported_at AS TIMESTAMP) AS imported_at,
    CAST(revision AS BIGINT) AS revision
FROM incoming
