-- Everything that was played, and what it was found to be.
-- grain: one component of one entry; lines that are no track are here too, with their reason
-- key: entry_id
-- scope: work.entries (entry_id)
-- columns:
--   entry_id: the entry component
--   tracklist_id: the mix, see tracklists
--   position: line of the mix, from 1
--   component: part of the line, from 1 (a mashup has several)
--   cue_seconds: start within the mix, seconds
--   raw_line: the line as written
--   status: identified, provisional, pending or skipped
--   waiting_line: normal form of the line while it waits in the review queue, else null
--   skip_reason: why a skipped line is no track
--   track_id: the library track, null while unknown, see tracks
--   artist: of the library track
--   title: of the library track
--   remix: the version, null for the original
--   label: of the library track
--   genre: of the library track
--   cut: original, extended or radio, as the line says
--   confidence: of the identification, 0 to 1
--   method: manual, library, catalogue, api or fingerprint
--   metadata_sources: where the identification came from
--   reasons: why it was identified so
--   discovered_at: UTC time of the discovery; of the import for a line without one
--   discovered_on: UTC day of discovered_at
--   identified_at: UTC time since when it is known what it is, null while that is not certain
--   played_on: day of the mix, null when unknown
--   dj: who played it
--   mix: title of the mix
--   source: where the tracklist came from, see tracklists
--   is_id: artist or title unknown in the line
--   unreleased: said to be unreleased, by the line or by a person
--   layered: played over the line before
--   mashup: part of a mashup
WITH decided AS (
    SELECT
        line_key,
        bool_or(kind = 'unreleased' AND undone_at IS NULL) AS unreleased,
        bool_and(undone_at IS NOT NULL) AS taken_back
    FROM staging.correction
    WHERE line_key IS NOT NULL
    GROUP BY line_key
)

SELECT
    entry.id AS entry_id,
    entry.tracklist_id,
    entry.position,
    entry.component,
    entry.cue_seconds,
    entry.raw_line,
    entry.status,
    CASE
        WHEN decided.unreleased THEN NULL
        WHEN entry.status = 'provisional' OR (entry.status = 'pending' AND decided.taken_back)
            THEN entry.line_key
    END AS waiting_line,
    entry.skip_reason,
    track.id AS track_id,
    track.artist,
    track.title,
    track.remix,
    track.label,
    track.genre,
    entry.cut,
    discovery.confidence,
    discovery.identification_method AS method,
    discovery.metadata_sources,
    discovery.reasons,
    coalesce(discovery.discovery_date, mix.imported_at) AS discovered_at,
    CAST(coalesce(discovery.discovery_date, mix.imported_at) AS DATE) AS discovered_on,
    discovery.identified_at,
    mix.played_on,
    mix.dj,
    mix.title AS mix,
    mix.origin AS source,
    entry.is_id,
    entry.unreleased OR coalesce(decided.unreleased, FALSE) AS unreleased,
    entry.layered,
    entry.mashup
FROM staging.tracklist_entry AS entry
SEMI JOIN work.entries AS scope ON scope.entry_id = entry.id
JOIN staging.tracklist AS mix ON mix.id = entry.tracklist_id
LEFT JOIN staging.track_discovery AS discovery ON discovery.entry_id = entry.id
LEFT JOIN staging.library_track AS track ON track.id = discovery.library_track_id
LEFT JOIN decided ON decided.line_key = entry.line_key
ORDER BY entry.tracklist_id, entry.position, entry.component
