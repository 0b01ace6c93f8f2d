-- Inserts staged rows one by one and notes those that are refused. Errors that are no row's fault end it.
do $rehome$
declare
    staged record;
    at_column text;
    state text;
    broken text;
    of_column text;
    context text;
    inserted bigint;
{declarations}
begin
    for staged in select * from pg_temp.rehome_each order by rehome_row loop
        begin
{values}
            at_column := null;
            insert into {table} ({columns}) overriding system value values ({row});
            get diagnostics inserted = row_count;
            if inserted = 0 then
                insert into pg_temp.rehome_each_refused values (staged.rehome_row, '{dropped}');
            end if;
        exception when others then
            get stacked diagnostics state = returned_sqlstate, broken = constraint_name, of_column = column_name,
                                    context = pg_exception_context;
            if left(state, 2) in ('08', '25', '40', '53', '55', '57', '58', 'XX') then
                raise;
            end if;
            insert into pg_temp.rehome_each_refused
            values (staged.rehome_row, state, nullif(broken, ''), coalesce(nullif(of_column, ''), at_column), context);
        end;
    end loop;
end
$rehome$
