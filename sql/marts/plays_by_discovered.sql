-- The facts of the statistics on the basis 'discovered', sorted by day so that a period reads only its own rows.
-- Numbers stand for ids and names, which makes them small and quick to count: work.track_keys and
-- work.mix_keys tell whose they are, work.names what they are called. A full build gives them anew.
-- grain: one component of one entry
-- key: entry_id
-- scope: work.plays (entry_id)
-- columns:
--   day: UTC day of the discovery
--   entry_id: see discoveries
--   mix_no: number of the mix
--   dj_no: number of the DJ, null when unknown
--   source_no: number of where the tracklist came from
--   track_no: number of the library track, null while unknown
--   artist_no: number of its first artist
--   guest_nos: numbers of its other artists, null when there are none
--   label_no: number of its label
--   genre_no: number of its genre
--   status: identified, provisional, pending or skipped
--   is_first: the first play of its track on this basis
--   confidence: of the identification, 0 to 1, six digits
--   method: how it was identified
--   providers_no: number of the list of where the identification came from
--   waiting_line: see discoveries
SELECT
    discoveries.discovered_on AS day,
    discoveries.entry_id,
    mix.mix_no,
    mix.dj_no,
    mix.source_no,
    track.track_no,
    track.artist_no,
    track.guest_nos,
    track.label_no,
    track.genre_no,
    CAST(discoveries.status AS ENUM ('identified', 'provisional', 'pending', 'skipped')) AS status,
    coalesce(track.first_discovered_entry = discoveries.entry_id, FALSE) AS is_first,
    CAST(discoveries.confidence AS DECIMAL(7, 6)) AS confidence,
    CAST(discoveries.method AS ENUM ('manual', 'library', 'catalogue', 'api', 'fingerprint')) AS method,
    providers.number AS providers_no,
    discoveries.waiting_line
FROM discoveries
SEMI JOIN work.plays AS scope ON scope.entry_id = discoveries.entry_id
JOIN work.mix_keys AS mix ON mix.tracklist_id = discoveries.tracklist_id
LEFT JOIN work.track_keys AS track ON track.track_id = discoveries.track_id
LEFT JOIN work.names AS providers
    ON providers.kind = 'providers' AND providers.key = array_to_string(discoveries.metadata_sources, ',')
WHERE discoveries.discovered_on IS NOT NULL
ORDER BY discoveries.discovered_on, discoveries.entry_id
