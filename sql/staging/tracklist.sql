-- The mixes of the store. origin is made here, once for all tables: files of a kind are one origin, as the pages
-- of a site are, for a source of its own in every statistic would be no source.
-- grain: one tracklist
-- key: id
SELECT
    CAST(id AS UUID) AS id,
    CAST(title AS VARCHAR) AS title,
    CAST(dj AS VARCHAR) AS dj,
    CAST(played_on AS DATE) AS played_on,
    CAST(source AS VARCHAR) AS source,
    CAST(source_url AS VARCHAR) AS source_url,
    coalesce(
        nullif(lower(regexp_extract(CAST(source_url AS VARCHAR), '(?i)^https?://(?:www\.)?([^/:?#]+)', 1)), ''),
        'files ' || nullif(
            lower(regexp_extract(
                CAST(source AS VARCHAR),
                '(?i)\.(?:txt|cue|csv|tsv|json|m3u8?|md|rtf|nfo|log|html?|xml|nml|xlsx|ods)$'
            )),
            ''
        ),
        nullif(trim(CAST(source AS VARCHAR)), ''),
        'unknown'
    ) AS origin,
    CAST(format AS VARCHAR) AS format,
    CAST(version AS INTEGER) AS version,
    CAST(imported_at AS TIMESTAMP) AS imported_at,
    CAST(revision AS BIGINT) AS revision
FROM incoming
