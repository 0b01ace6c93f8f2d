-- Has another flow of this run the same entity?
select exists (select from rehome.flows f where f.run_id = $1 and f.entity = $2 and f.flow <> $3) as known
