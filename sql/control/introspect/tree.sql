with recursive tree as (
    select {alias}.{key} as id, {alias}.{key} as root, 0 as depth
    from {table} {alias}
    left join {table} parent on parent.{key} = {alias}.{parent}
    where parent.{key} is null
    union all
    select {alias}.{key}, tree.root, tree.depth + 1
    from tree
    join {table} {alias} on {alias}.{parent} = tree.id
)
