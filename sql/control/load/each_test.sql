            at_column := {name};
            if ({value})::{type} is null then null; end if;
