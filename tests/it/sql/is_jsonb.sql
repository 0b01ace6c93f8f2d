create function is_jsonb(value text) returns boolean language plpgsql immutable as $$
begin
    perform value::jsonb;
    return true;
exception when others then
    return false;
end $$;
