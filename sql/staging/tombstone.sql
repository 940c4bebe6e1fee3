-- Rows that are no longer in the store.
-- grain: one deleted row
-- key: table_name, row_id
SELECT
    CAST(table_name AS VARCHAR) AS table_name,
    CAST(row_id AS VARCHAR) AS row_id,
    CAST(revision AS BIGINT) AS revision
FROM incoming
