-- auth_permission: 204, four for each content type.
with actions (no, action) as (values (0, 'add'), (1, 'change'), (2, 'delete'), (3, 'view'))
select
    cast((t.ordinal - 1) * 4 + a.no + 1 as int) as id,
    concat('Can ', a.action, ' ', t.model) as name,
    cast(t.id as int) as content_type_id,
    concat(a.action, '_', t.model) as codename
from sample._content_types t
cross join actions a
