-- The hash of a record that is known on both sides: where the processor has another order of bytes, it is another one.
select pg_catalog.hash_record_extended(
    row('known'::text collate "C", '\x00ff'::bytea, '00010203-0405-0607-0809-0a0b0c0d0e0f'::uuid, null::text), $1
) as hash
