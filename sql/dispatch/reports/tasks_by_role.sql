/*---
title = "Tasks by technician role"
chart = "bar"
about = "Technicians: those whose role it is. By technicians: tasks of the role that any technician has."
---*/

with staff as (
    select t.technician_role_id, count(*) as technicians
    from migrated.technicians t
    where t.technician_role_id is not null
    group by t.technician_role_id
),

work as (
    select
        t.technician_role_id,
        count(*)                                                          as tasks,
        count(t.technician_id)                                            as by_technicians,
        count(t.profile_id)                                               as by_others,
        count(*) filter (where t.status = 'completed')                    as completed
    from migrated.tasks t
    group by t.technician_role_id
)

select
    r.code                                                                as role,
    coalesce(s.technicians, 0)                                            as technicians,
    coalesce(w.tasks, 0)                                                  as tasks,
    coalesce(w.by_technicians, 0)                                         as by_technicians,
    coalesce(w.by_others, 0)                                              as by_others,
    coalesce(w.completed, 0)                                              as completed
from migrated.technician_roles r
left join staff s on s.technician_role_id = r.id
left join work  w on w.technician_role_id = r.id
order by tasks desc, role
