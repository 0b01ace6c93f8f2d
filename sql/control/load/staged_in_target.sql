-- Which of the staged rows the table holds.
select s.rehome_row as id from pg_temp.rehome_staged_update s join {table} t on {equal}
