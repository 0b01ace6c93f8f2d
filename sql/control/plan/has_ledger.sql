-- Has any run been here?
select to_regclass('rehome.runs') is not null as found
