-- The want lists.
-- grain: one user and track
-- key: id
SELECT
    CAST(id AS UUID) AS id,
    CAST("user" AS VARCHAR) AS "user",
    CAST(library_track_id AS UUID) AS library_track_id,
    CAST(cut AS VARCHAR) AS cut,
    CAST(priority AS INTEGER) AS priority,
    CAST(status AS VARCHAR) AS status,
    CAST(added_at AS TIMESTAMP) AS added_at,
    CAST(purchased_at AS TIMESTAMP) AS purchased_at,
    CAST(purchase_price AS DECIMAL(10, 2)) AS purchase_price,
    CAST(currency AS VARCHAR) AS currency,
    CAST(store AS VARCHAR) AS store,
    CAST(source_tracklist_id AS UUID) AS source_tracklist_id,
    CAST(revision AS BIGINT) AS revision
FROM incoming
