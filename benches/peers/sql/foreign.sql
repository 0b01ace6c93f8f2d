-- The source's tables as foreign tables of the target, in the schema `source`.
create extension postgres_fdw;
create server source foreign data wrapper postgres_fdw
    options (host '127.0.0.1', port '{port}', dbname 'legacy', fetch_size '10000', use_remote_estimate 'true');
create user mapping for current_user server source options (user '{scene}');
create schema source;
import foreign schema public
    limit to (
        dispatch_notification, dispatch_task, dispatch_file, dispatch_record, django_content_type, plan_root,
        map_profile, map_technician, map_technician_role, map_order, map_case, map_treatment_plan
    )
    from server source into source;
import foreign schema {scene} from server source into source;
analyze;
