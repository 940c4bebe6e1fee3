-- From wanted to bought: what became of the wants.
-- grain: one value of one dimension; dimension 'all' has one row
-- key: dimension, value
-- refreshed: by refresh_conversion
-- columns:
--   dimension: all, month (of the want), genre, label, dj or source
--   value: the month as YYYY-MM, or the genre, label, dj, source; 'unknown' where the store has none
--   wants: wants that were ever added
--   wanted: still wanted
--   purchased: bought
--   unavailable: cannot be bought
--   conversion_rate: purchased of all wants, 0 to 1
--   median_days: median days from the list to the purchase
--   spent: what was paid, a sum for each currency
WITH outcomes AS (
    SELECT
        wants.status,
        strftime(wants.added_at, '%Y-%m') AS month,
        wants.genre,
        wants.label,
        wants.dj,
        wants.source,
        purchases.days_wanted,
        purchases.price,
        purchases.currency
    FROM wants
    LEFT JOIN purchases USING (want_id)
),

by_dimension AS (
    SELECT
        unnest(['all', 'month', 'genre', 'label', 'dj', 'source']) AS dimension,
        coalesce(unnest(['all', month, genre, label, dj, source]), 'unknown') AS value,
        status,
        days_wanted,
        price,
        currency
    FROM outcomes
),

paid AS (
    SELECT dimension, value, currency, sum(price) AS amount
    FROM by_dimension
    WHERE price IS NOT NULL
    GROUP BY dimension, value, currency
),

spent AS (
    SELECT
        dimension,
        value,
        list({'currency': currency, 'amount': amount} ORDER BY currency) AS spent
    FROM paid
    GROUP BY dimension, value
),

counted AS (
    SELECT
        dimension,
        value,
        count(*) AS wants,
        count(*) FILTER (WHERE status = 'wanted') AS wanted,
        count(*) FILTER (WHERE status = 'purchased') AS purchased,
        count(*) FILTER (WHERE status = 'unavailable') AS unavailable,
        count(*) FILTER (WHERE status = 'purchased') / count(*) AS conversion_rate,
        median(days_wanted) AS median_days
    FROM by_dimension
    GROUP BY dimension, value
)

SELECT
    counted.*,
    coalesce(spent.spent, []) AS spent
FROM counted
LEFT JOIN spent USING (dimension, value)
ORDER BY dimension, wants DESC, value
