-- Where the latest of the runs that build on each other left the sequences of the tables it loaded.
select distinct on (s.sequence) s.sequence, s.after
from rehome.saved_sequences s
join rehome.lineage l on l.of_run = $1 and l.member = s.run_id
join rehome.runs r on r.run_id = s.run_id
where s.after is not null and r.state in ('running', 'done')
order by s.sequence, r.number desc
