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
--   days_wanted: days from the list to the purchase, whole ones when only its day is known; null when it came first
WITH bought AS (
    SELECT want_id, max("at") AS "at"
    FROM staging.want_event
    WHERE new_status = 'purchased' AND old_status IS DISTINCT FROM 'purchased'
    GROUP BY want_id
),

purchased AS (
    SELECT
        wants.*,
        want.store,
        want.purchase_price AS price,
        want.currency,
        coalesce(want.purchased_at, bought."at") AS purchased_at,
        -- a day is stored as its midnight
        coalesce(want.purchased_at = date_trunc('day', want.purchased_at), FALSE) AS day_only
    FROM wants
    JOIN staging.want ON want.id = wants.want_id
    LEFT JOIN bought ON bought.want_id = wants.want_id
    WHERE wants.status = 'purchased'
)

SELECT
    want_id,
    "user",
    track_id,
    artist,
    title,
    remix,
    genre,
    label,
    store,
    price,
    currency,
    added_at AS wanted_at,
    purchased_at,
    CASE
        WHEN NOT day_only AND purchased_at >= added_at
            THEN date_diff('second', added_at, purchased_at) / 86400.0
        WHEN day_only AND purchased_at >= date_trunc('day', added_at)
            THEN date_diff('day', added_at, purchased_at)
    END AS days_wanted
FROM purchased
ORDER BY purchased_at, want_id
