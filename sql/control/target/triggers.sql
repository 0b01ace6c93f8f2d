-- The triggers of these tables that fire when rows are inserted, and the tables that their functions seem to write to: as far
-- as the source text of a function tells.
select
    t.tgrelid                                                as relation,
    t.tgname::text                                           as name,
    t.tgtype & 1 = 1                                         as each_row,
    n.nspname || '.' || p.proname                            as function,
    array(
        select distinct lower(found.part[1])
        from pg_catalog.regexp_matches(
            p.prosrc, '(?:insert\s+into|update(?!\s+set)|delete\s+from|merge\s+into)\s+(?:only\s+)?([a-z0-9_."]+)', 'gi'
        ) as found (part)
        order by 1
    )                                                        as writes
from pg_catalog.pg_trigger t
join pg_catalog.pg_proc p on p.oid = t.tgfoid
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where t.tgrelid = any ($1)
  and not t.tgisinternal
  and t.tgenabled in ('O', 'A')
  and t.tgtype & 4 = 4
order by t.tgrelid, t.tgname
