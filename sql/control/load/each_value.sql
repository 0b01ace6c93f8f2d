            at_column := {name};
            {variable} := {value};
