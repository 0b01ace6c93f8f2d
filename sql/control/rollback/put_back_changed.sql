-- Changed rows become what they were, if nobody has changed them since.
with back as (
    update {table} t set {assignments}
    from rehome.before_images i
    where i.run_id = $1 and i.flow = $2 and i.move in ('updated', 'marked') and ($3::uuid is null or i.row_id = $3)
      and {is} and {hash} = i.after
    returning i.row_id, i.move
),
done as (
    delete from rehome.before_images i using back
    where i.run_id = $1 and i.flow = $2 and i.row_id = back.row_id and i.move = back.move
)
select count(*) as rows from back
