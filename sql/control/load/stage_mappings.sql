-- A place for mapping rows that may be known already.
create temporary table rehome_staged_mappings (like {table}) on commit drop
