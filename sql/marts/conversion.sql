-- From wanted to bought: what became of the wants that are on a list. What was taken off one is not counted.
-- grain: one value of one dimension; dimension 'all' has one row
-- key: dimension, value
-- refreshed: by refresh_conversion
-- columns:
--   dimension: all, month (of the want), priority (now), genre, label, dj, source; of what was bought: store, price
--   value: the month as YYYY-MM, the price as currency and band (EUR 1 to 1.99), or the name; 'unknown' without one
--   wants: wants of any status that are on a list
--   wanted: still wanted
--   purchased: bought
--   unavailable: cannot be bought
--   conversion_rate: purchased of all wants, 0 to 1; null for store and price, which only a purchase has
--   median_days: median days from the list to the purchase
--   p90_days: nine of ten purchases came within so many days
--   spent: what was paid, a sum for each currency
WITH outcomes AS (
    SELECT
        wants.status,
        strftime(wants.added_at, '%Y-%m') AS month,
        CAST(wants.priority AS VARCHAR) AS priority,
        wants.genre,
        wants.label,
        wants.dj,
        wants.source,
        purchases.store,
        CASE WHEN purchases.price IS NOT NULL THEN coalesce(purchases.currency, '?') || CASE
            WHEN purchases.price < 1 THEN ' under 1'
            WHEN purchases.price < 2 THEN ' 1 to 1.99'
            WHEN purchases.price < 5 THEN ' 2 to 4.99'
            WHEN purchases.price < 10 THEN ' 5 to 9.99'
            ELSE ' 10 and more'
        END END AS band,
        purchases.days_wanted,
        purchases.price,
        purchases.currency
    FROM wants
    LEFT JOIN purchases USING (want_id)
),

by_dimension AS (
    SELECT
        unnest(['all', 'month', 'priority', 'genre', 'label', 'dj', 'source']) AS dimension,
        coalesce(unnest(['all', month, priority, genre, label, dj, source]), 'unknown') AS value,
        status,
        days_wanted,
        price,
        currency
    FROM outcomes
    UNION ALL
    SELECT
        unnest(['store', 'price']),
        coalesce(unnest([store, band]), 'unknown'),
        status,
        days_wanted,
        price,
        currency
    FROM outcomes
    WHERE status = 'purchased'
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
        CASE WHEN dimension NOT IN ('store', 'price')
            THEN count(*) FILTER (WHERE status = 'purchased') / count(*) END AS conversion_rate,
        median(days_wanted) AS median_days,
        quantile_cont(days_wanted, 0.9) AS p90_days
    FROM by_dimension
    GROUP BY dimension, value
)

SELECT
    counted.*,
    coalesce(spent.spent, []) AS spent
FROM counted
LEFT JOIN spent USING (dimension, value)
ORDER BY dimension, wants DESC, value
