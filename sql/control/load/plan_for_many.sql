-- What follows concerns many rows of tables that the planner does not know yet: they are never searched row by row where
-- they can be hashed.
set enable_nestloop = off;
set work_mem = '64MB'
