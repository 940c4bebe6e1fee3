-- What asking the online providers cost and brought. It lies in the providers' own database and has no
-- revision, so it is read whole.
-- grain: one provider and UTC day
-- key: provider, day
SELECT
    CAST(provider AS VARCHAR) AS provider,
    CAST("day" AS DATE) AS "day",
    CAST(requests AS BIGINT) AS requests,
    CAST(answered AS BIGINT) AS answered,
    CAST(misses AS BIGINT) AS misses,
    CAST(cache_hits AS BIGINT) AS cache_hits,
    CAST(stale AS BIGINT) AS stale,
    CAST(failures AS BIGINT) AS failures,
    CAST(refused AS BIGINT) AS refused,
    CAST(found_lines AS BIGINT) AS found_lines,
    CAST(waited AS DOUBLE) AS waited
FROM incoming
