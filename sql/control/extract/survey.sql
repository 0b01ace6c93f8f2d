-- For each column in doubt: does it hold a value that its exact type cannot carry?
select array[{tests}] as found from {table}
