-- What the one who writes the pipe by hand has prepared in the legacy database, outside of what is timed:
-- the UUIDs of all profiles and messages, and only messages whose context jsonb accepts.
create extension if not exists "uuid-ossp";

create or replace function is_jsonb(value text) returns boolean language plpgsql immutable as $$
begin
    perform value::jsonb;
    return true;
exception when others then
    return false;
end $$;

create unlogged table map_profile as
select id as legacy_id, uuid_generate_v5('{namespace}', 'profile:int:' || id) as id from auth_user;
alter table map_profile add primary key (legacy_id);

create unlogged table map_system_message as
select id as legacy_id, uuid_generate_v5('{namespace}', 'system_message:int:' || id) as id
from dispatch_notification
where coalesce(template_context, '') = '' or is_jsonb(template_context)
order by id;
alter table map_system_message add primary key (legacy_id);

vacuum analyze;
