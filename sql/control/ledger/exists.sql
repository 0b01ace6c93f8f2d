-- Is the ledger whole in this database? A copy of the schema may lack a table, an older version a column.
select not exists (
    select from (values
        ('epoch', 'target_id'), ('runs', 'rules'), ('lineage', 'member'), ('chunks', 'run_id'), ('flows', 'begun_at'), ('flows', 'open_for'),
        ('quarantine', 'cause_key'), ('quarantine', 'taken_out'), ('existing', 'fate'), ('saved_ddl', 'holds'),
        ('resolved', 'reject'), ('before_images', 'altered'), ('kept', 'waiting'), ('conflicts', 'decided'),
        ('former_mappings', 'mapping'), ('saved_sequences', 'after'), ('left_rows', 'why'), ('tables_left', 'structure')
    ) as needed (relation, attribute)
    where not exists (
        select from pg_catalog.pg_attribute a
        where a.attrelid = to_regclass('rehome.' || needed.relation) and a.attname = needed.attribute
          and not a.attisdropped
    )
) as made
