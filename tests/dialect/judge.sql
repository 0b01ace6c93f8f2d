-- Owns how PostgreSQL judges an expression, row by row where it fails on some: its value as text, and its type.
-- Must not know: which expressions there are.
create function judged(expression text) returns table (id integer, valid boolean, value text) language plpgsql as $$
declare
    one record;
begin
    begin
        return query execute format('select edges.id, true, ((%s))::text from edges order by edges.id', expression);
        return;
    exception when others then
        null;
    end;
    for one in select edges.id from edges order by edges.id loop
        begin
            return query execute format('select edges.id, true, ((%s))::text from edges where edges.id = %s', expression, one.id);
        exception when others then
            return query select one.id, false, null::text;
        end;
    end loop;
end $$;

create function typed(expression text) returns text language plpgsql as $$
declare
    found text;
begin
    execute format('select pg_typeof(x)::text from (select 1) one left join (select (%s) as x from edges where false) none on true', expression) into found;
    return found;
exception when others then
    return (select case when sqlstate like '42%' then null else 'fails' end);
end $$;

create function alone(expression text, out valid boolean, out value text) language plpgsql as $$
begin
    execute format('select ((%s))::text', expression) into value;
    valid := true;
exception when others then
    valid := false;
end $$;

create function judged(expression text, rest integer) returns table (id integer, valid boolean, value text) language plpgsql as $$
declare
    one record;
begin
    begin
        return query execute format('select edges.id, true, ((%s))::text from edges where edges.id %% 10 = %s order by edges.id', expression, rest);
        return;
    exception when others then
        null;
    end;
    for one in select edges.id from edges where edges.id % 10 = rest order by edges.id loop
        begin
            return query execute format('select edges.id, true, ((%s))::text from edges where edges.id = %s', expression, one.id);
        exception when others then
            return query select one.id, false, null::text;
        end;
    end loop;
end $$;
