-- How many constraints and indexes are away until a run ends.
select count(*) as away from rehome.saved_ddl
