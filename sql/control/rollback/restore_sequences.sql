-- Sequences go back to where they stood, unless others have used them since.
select case when s.before is null
            then pg_catalog.setval(s.sequence::regclass, q.seqstart, false)
            else pg_catalog.setval(s.sequence::regclass, s.before)
       end
from rehome.saved_sequences s
join pg_catalog.pg_sequence q on q.seqrelid = to_regclass(s.sequence)
where s.run_id = $1
  and pg_catalog.pg_sequence_last_value(q.seqrelid) is not distinct from s.after
