-- The chunks that runs which build on each other have claimed.
select c.run_id, c.flow, c.chunk, c.rows, c.refused
from rehome.chunks c
join rehome.lineage l on l.of_run = $1 and l.member = c.run_id
