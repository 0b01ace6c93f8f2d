-- Changed rows become what they were, if nobody has changed them since.
with back as (
    update {table} t set {assignments}
    from pg_temp.rehome_images i
    where i.number between $1 and $2 and {is} and {hash} = i.after
    returning i.place
),
done as (
    delete from rehome.before_images where ctid = any (array(select place from back))
)
select count(*) as rows from back
