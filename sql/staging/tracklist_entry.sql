-- The lines of the mixes, taken apart; what the parser made of them.
-- grain: one component of one line
-- key: id
SELECT
    CAST(id AS UUID) AS id,
    CAST(tracklist_id AS UUID) AS tracklist_id,
    CAST(position AS INTEGER) AS position,
    CAST(component AS INTEGER) AS component,
    CAST(cue_seconds AS INTEGER) AS cue_seconds,
    CAST(raw_line AS VARCHAR) AS raw_line,
    from_json(CAST(artists AS VARCHAR), '["VARCHAR"]') AS artists,
    CAST(title AS VARCHAR) AS title,
    CAST(version AS VARCHAR) AS version,
    CAST(cut AS VARCHAR) AS cut,
    CAST(is_id AS BOOLEAN) AS is_id,
    CAST(unreleased AS BOOLEAN) AS unreleased,
    CAST(layered AS BOOLEAN) AS layered,
    CAST(mashup AS BOOLEAN) AS mashup,
    CAST(line_key AS VARCHAR) AS line_key,
    CAST(status AS VARCHAR) AS status,
    CAST(skip_reason AS VARCHAR) AS skip_reason,
    CAST(revision AS BIGINT) AS revision
FROM incoming
