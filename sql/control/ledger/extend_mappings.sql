-- A mappings table that was there before learns which run wrote a row, and keys that are no integers.
alter table {table}
    add column if not exists run_id uuid,
    add column if not exists legacy_key text
