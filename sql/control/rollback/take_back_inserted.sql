-- Inserted rows go, if nobody has changed them since, or refers to them.
with back as (
    delete from {table} t
    using rehome.before_images i
    where i.run_id = $1 and i.flow = $2 and i.move = 'inserted' and ($3::uuid is null or i.row_id = $3)
      and {is} and {hash} = i.after and {unreferenced}
    returning i.row_id
),
done as (
    delete from rehome.before_images i using back
    where i.run_id = $1 and i.flow = $2 and i.row_id = back.row_id and i.move = 'inserted'
)
select count(*) as rows from back
