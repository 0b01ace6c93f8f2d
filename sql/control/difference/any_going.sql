-- Is there any?
select exists (select from pg_temp.rehome_going) as any
