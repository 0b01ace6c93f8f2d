-- What the content types mean, by name: a plan was once a treatmentplan. Several oracles read this.
create table oracle_content_types as
select
    t.id,
    concat_ws('.', t.app_label, t.model)                                                        as written,
    regexp_replace(concat_ws('.', t.app_label, t.model), '^dispatch[.]treatmentplan$', 'dispatch.plan') as model,
    case
        when t.app_label = 'dispatch' then
            case
                when t.model in ('plan', 'treatmentplan') then 'plan'
                when t.model in ('instruction', 'patient') then t.model
                when t.model in ('office', 'doctor', 'patientdoctor', 'role', 'userrole', 'agent') then 'people'
                when t.model in ('file', 'fileinstruction', 'photo') then 'files'
                when t.model in ('jaw', 'bracket', 'scan', 'impression', 'measurement', 'state') then 'clinical'
                when t.model in ('product', 'project', 'payment', 'invoice', 'purchase', 'operation', 'offer',
                                 'discount', 'shipment') then 'business'
                when t.model in ('task', 'template', 'instance', 'schedule', 'event', 'label') then 'workflow'
                when t.model in ('comment', 'record', 'message', 'communication', 'feedback', 'notification')
                    then 'messages'
                when t.model in ('setting', 'metadata', 'preference') then 'system'
                else 'other_model'
            end
        when (t.app_label, t.model) = ('auth', 'user') then 'people'
        when (t.app_label, t.model) in (
            ('auth', 'group'), ('auth', 'permission'), ('admin', 'logentry'), ('authtoken', 'token'),
            ('contenttypes', 'contenttype'), ('sessions', 'session'), ('sites', 'site')
        ) then 'system'
        else 'other_model'
    end                                                                                         as family
from django_content_type t;

alter table oracle_content_types add primary key (id);

-- A right of a group, in names.
create table oracle_role_permissions as
select
    gp.id::bigint                                      as key,
    oracle_outcome('role_permission', gp.id, r.reason) as outcome,
    r.reason                                           as reason,
    case when p.id is not null and t.id is null then array['content_type_unknown'] else '{}' end as warnings,
    case when r.reason is null and not oracle_is_adopted('role_permission', gp.id) then jsonb_build_object(
        'id', oracle_uuid('role_permission', gp.id),
        'legacy_id', gp.id,
        'role_name', g.name,
        'permission_name', p.name,
        'codename', p.codename,
        'model', t.model,
        'metadata', oracle_source(to_jsonb(gp), 'auth_group_permissions') || jsonb_build_object(
            'group_name', g.name, 'permission_name', p.name, 'codename', p.codename, 'content_type', t.written
        ),
        'created_at', null
    ) end                                              as row
from auth_group_permissions gp
left join auth_group g on g.id = gp.group_id
left join auth_permission p on p.id = gp.permission_id
left join oracle_content_types t on t.id = p.content_type_id
cross join lateral (
    select coalesce(
        case when g.name is null then 'missing_group' end,
        case when p.name is null then 'missing_permission' end
    ) as reason
) r;

alter table oracle_role_permissions add primary key (key);
