-- What the facts hold of the mixes in scope. A mix keeps its number, a new one gets the next.
-- grain: one mix
-- key: tracklist_id
WITH known AS (
    SELECT tracklist_id, mix_no FROM work.mix_keys SEMI JOIN work.tracklists USING (tracklist_id)
),

scoped AS (
    SELECT tracklist_id, dj, source FROM tracklists SEMI JOIN work.tracklists USING (tracklist_id)
)

SELECT
    scoped.tracklist_id,
    coalesce(
        known.mix_no,
        (SELECT coalesce(max(mix_no), 0) FROM work.mix_keys)
        + row_number() OVER (PARTITION BY known.mix_no IS NULL ORDER BY scoped.tracklist_id)
    ) AS mix_no,
    dj.number AS dj_no,
    source.number AS source_no
FROM scoped
LEFT JOIN known ON known.tracklist_id = scoped.tracklist_id
LEFT JOIN work.names AS dj ON dj.kind = 'dj' AND dj.key = lower(scoped.dj)
LEFT JOIN work.names AS source
    ON source.kind = 'source' AND source.key = scoped.source
