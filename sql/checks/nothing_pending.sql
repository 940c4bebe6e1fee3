-- No step is behind the facts: what changed was refreshed everywhere.
SELECT step, basis, period_start FROM work.pending
UNION ALL
SELECT 'build_marts', table_name, NULL FROM staging.changed
