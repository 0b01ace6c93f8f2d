\echo done
