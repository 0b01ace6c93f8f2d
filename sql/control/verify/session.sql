-- Reads much, writes nothing, and groups in memory.
set default_transaction_read_only = on;
set work_mem = '128MB'
