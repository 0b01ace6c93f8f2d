-- Tables that hold nothing but what the run brought.
truncate table {tables}
