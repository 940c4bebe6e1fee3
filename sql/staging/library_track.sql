-- The library. The store's derived columns (counts, first and last dates) stay behind: they change with
-- every discovery, and the warehouse computes its own.
-- grain: one version of a track
-- key: id
SELECT
    CAST(id AS UUID) AS id,
    CAST(artist AS VARCHAR) AS artist,
    CAST(artists AS VARCHAR[]) AS artists,
    CAST(title AS VARCHAR) AS title,
    CAST(remix AS VARCHAR) AS remix,
    CAST(label AS VARCHAR) AS label,
    CAST(catalog_number AS VARCHAR) AS catalog_number,
    CAST(release_date AS VARCHAR) AS release_date,
    CAST(genre AS VARCHAR) AS genre,
    CAST(bpm AS DOUBLE) AS bpm,
    CAST("key" AS VARCHAR) AS "key",
    CAST(duration AS DOUBLE) AS duration,
    from_json(CAST(isrcs AS VARCHAR), '["VARCHAR"]') AS isrcs,
    CAST(identity_key AS VARCHAR) AS identity_key,
    CAST(disambiguator AS VARCHAR) AS disambiguator,
    CAST(provisional AS BOOLEAN) AS provisional,
    CAST(created_at AS TIMESTAMP) AS created_at,
    CAST(revision AS BIGINT) AS revision
FROM incoming
