-- Deleted rows come back as they were.
with back as (
    insert into {table} ({columns}) overriding system value
    select {values}
    from rehome.before_images i
    where i.run_id = $1 and i.flow = $2 and i.move = 'deleted' and ($3::uuid is null or i.row_id = $3)
    returning 1
),
done as (
    delete from rehome.before_images i
    where i.run_id = $1 and i.flow = $2 and i.move = 'deleted' and ($3::uuid is null or i.row_id = $3)
)
select count(*) as rows from back
