-- What asking the online providers cost, and what it brought.
-- grain: one provider and UTC day; days on which nobody asked it have no row
-- key: provider, day
-- columns:
--   provider: musicbrainz, discogs, spotify, beatport …
--   day: UTC
--   requests: sent, by all processes
--   answered: answers with something in them
--   misses: answers that it knows nothing
--   cache_hits: answers without a request
--   stale: kept answers served because it could not be asked
--   failures: requests it failed
--   refused: requests it refused (quota, credentials, or the question)
--   found_lines: lines that its answers identified
--   waited: seconds spent waiting for its quota
--   hit_rate: share of answers that needed no request, 0 to 1; null without answers
--   requests_per_line: requests for each line identified; null when there is none
SELECT
    provider,
    "day",
    requests,
    answered,
    misses,
    cache_hits,
    stale,
    failures,
    refused,
    found_lines,
    waited,
    (cache_hits + stale) / nullif(answered + misses + cache_hits + stale, 0) AS hit_rate,
    requests / nullif(found_lines, 0) AS requests_per_line
FROM staging.provider_use
ORDER BY "day", provider
