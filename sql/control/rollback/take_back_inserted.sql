-- Inserted rows go, if nobody has changed them since, or refers to them.
with back as (
    delete from {table} t
    using pg_temp.rehome_images i
    where i.number between $1 and $2 and {is} and {hash} = i.after and {unreferenced}
    returning i.place
),
done as (
    delete from rehome.before_images where ctid = any (array(select place from back))
)
select count(*) as rows from back
