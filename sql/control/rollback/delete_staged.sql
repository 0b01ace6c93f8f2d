-- Rows of a first load go, if they are as it left them and nobody refers to them.
delete from {table} t
using pg_temp.rehome_present p
where t.tableoid = p.part and t.ctid = p.place and p.same and {unreferenced}
