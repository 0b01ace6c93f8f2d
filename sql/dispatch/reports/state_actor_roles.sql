/*---
title = "Case states by the role of who changed them"
chart = "bar"
about = "A user may be both: a doctor who is a patient counts as doctor. The system is whoever is not known."
---*/

with actors as (
    select
        s.state,
        s.actor_id,
        case
            when s.actor_id is null    then 'system'
            when d._key is not null    then 'doctor'
            when t._key is not null    then 'patient'
            when p.is_staff            then 'staff'
            else                            'other'
        end as role
    from migrated.case_states s
    left join migrated.profiles p on p.id         = s.actor_id
    left join migrated.doctors  d on d.profile_id = s.actor_id
    left join migrated.patients t on t.profile_id = s.actor_id
)

select
    a.role                                                                as role,
    count(*)                                                              as states,
    count(*) filter (where a.state = 'treatment_active')                  as treatment_active,
    count(*) filter (where a.state = 'case_closed')                       as case_closed,
    count(distinct a.actor_id)                                            as users
from actors a
group by a.role
order by states desc, role
