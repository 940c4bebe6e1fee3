-- The facts of both bases hold every entry that has a day, once, and each track has one first play.
WITH compared AS (
    SELECT 'discovered' AS basis, 'entries' AS figure,
        (SELECT count(*) FROM plays_by_discovered) AS found,
        (SELECT count(*) FROM discoveries) AS expected
    UNION ALL
    SELECT 'played', 'entries',
        (SELECT count(*) FROM plays_by_played),
        (SELECT count(*) FROM discoveries WHERE played_on IS NOT NULL)
    UNION ALL
    SELECT 'discovered', 'first plays',
        (SELECT count(*) FROM plays_by_discovered WHERE is_first),
        (SELECT count(DISTINCT track_id) FROM discoveries)
    UNION ALL
    SELECT 'played', 'first plays',
        (SELECT count(*) FROM plays_by_played WHERE is_first),
        (SELECT count(DISTINCT track_id) FROM discoveries WHERE played_on IS NOT NULL)
)

SELECT * FROM compared WHERE found <> expected
