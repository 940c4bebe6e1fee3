-- What was bought from the want lists. A purchase that was taken back is not here.
-- grain: one purchased want
-- key: want_id
-- columns:
--   want_id: see wants
--   user: who bought it
--   track_id: see tracks
--   artist: of the track
--   title: of the track
--   remix: the version, null for the original
--   genre: of the track
--   label: of the track
--   store: where it was bought
--   price: in currency
--   currency: three letters
--   wanted_at: UTC, when it came onto the list
--   purchased_at: UTC
--   days_wanted: days from the list to the purchase
WITH bought AS (
    SELECT want_id, max("at") AS "at"
    FROM staging.want_event
    WHERE new_status = 'purchased' AND old_status IS DISTINCT FROM 'purchased'
    GROUP BY want_id
)

SELECT
    wants.want_id,
    wants."user",
    wants.track_id,
    wants.artist,
    wants.title,
    wants.remix,
    wants.genre,
    wants.label,
    want.store,
    want.purchase_price AS price,
    want.currency,
    wants.added_at AS wanted_at,
    coalesce(want.purchased_at, bought."at") AS purchased_at,
    date_diff('second', wants.added_at, coalesce(want.purchased_at, bought."at")) / 86400.0
        AS days_wanted
FROM wants
JOIN staging.want ON want.id = wants.want_id
LEFT JOIN bought ON bought.want_id = wants.want_id
WHERE wants.status = 'purchased'
ORDER BY purchased_at, wants.want_id
