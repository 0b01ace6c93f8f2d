-- What is staged is new to the planner.
analyze pg_temp.rehome_staged_rows
