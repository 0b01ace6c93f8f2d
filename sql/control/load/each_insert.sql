-- Inserts staged rows in blocks, each in a subtransaction, and those of a block that is refused one by one, noting which are
-- refused. Where many are, blocks are not tried. Errors that are no row's fault end it.
do $rehome$
declare
    staged record;
    at_column text;
    state text;
    broken text;
    of_column text;
    context text;
    inserted bigint;
    rehome_low bigint;
    rehome_high bigint;
    last bigint;
    wanted bigint;
    bad bigint := 0;
    whole boolean;
{declarations}
begin
    select min(rehome_row), max(rehome_row) into rehome_low, last from pg_temp.rehome_each;
    while rehome_low <= last loop
        rehome_high := rehome_low + 99;
        whole := bad < 5;
        if whole then
            begin
                insert into {table} ({columns}) overriding system value
                select {block} from pg_temp.rehome_each block where rehome_row between rehome_low and rehome_high order by rehome_row;
                get diagnostics inserted = row_count;
                select count(*) into wanted from pg_temp.rehome_each where rehome_row between rehome_low and rehome_high;
                if inserted <> wanted then
                    raise exception using errcode = 'triggered_action_exception';
                end if;
            exception when others then
                if left(sqlstate, 2) in ('08', '25', '40', '53', '55', '57', '58', 'XX') then
                    raise;
                end if;
                whole := false;
            end;
        end if;
        bad := 0;
        if not whole then
            for staged in
                select * from pg_temp.rehome_each where rehome_row between rehome_low and rehome_high order by rehome_row
            loop
                begin
{values}
                    at_column := null;
                    insert into {table} ({columns}) overriding system value values ({row});
                    get diagnostics inserted = row_count;
                    if inserted = 0 then
                        bad := bad + 1;
                        insert into pg_temp.rehome_each_refused values (staged.rehome_row, '{dropped}');
                    end if;
                exception when others then
                    get stacked diagnostics state = returned_sqlstate, broken = constraint_name,
                                            of_column = column_name, context = pg_exception_context;
                    if left(state, 2) in ('08', '25', '40', '53', '55', '57', '58', 'XX') then
                        raise;
                    end if;
                    bad := bad + 1;
                    insert into pg_temp.rehome_each_refused values (
                        staged.rehome_row, state, nullif(broken, ''), coalesce(nullif(of_column, ''), at_column), context);
                end;
            end loop;
        end if;
        rehome_low := rehome_high + 1;
    end loop;
end
$rehome$
