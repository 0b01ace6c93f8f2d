-- A place for whole source rows of what is in the quarantine.
set local enable_nestloop = off;
drop table if exists pg_temp.rehome_staged_sources;
create temporary table rehome_staged_sources (legacy_key text not null, source_row jsonb not null) on commit drop
