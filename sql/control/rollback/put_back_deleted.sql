-- Deleted rows come back as they were.
with back as (
    insert into {table} ({columns}) overriding system value
    select {values}
    from pg_temp.rehome_images i
    where i.number between $1 and $2
    returning 1
),
done as (
    delete from rehome.before_images
    where ctid = any (array(select i.place from pg_temp.rehome_images i where i.number between $1 and $2))
)
select count(*) as rows from back
