-- A payment needs its order, and a method that one of its two texts tells: as a word between other signs, or in
-- Japanese or Thai.
create function oracle_payment_method(said text) returns text
    language sql stable
    as $$
    select v.method
    from (
        values
        (1, 'insurance',     '{insurance,insurer,ins}'::text[],                  '{保険}'::text[]),
        (2, 'paypal',        '{paypal,pay+pal}',                                 '{}'),
        (3, 'card',          '{card,creditcard,mastercard,visa,amex,mc,cc}',     '{カード}'),
        (4, 'cheque',        '{cheque,check,chq,chk}',                           '{}'),
        (5, 'cash',          '{cash}',                                           '{現金,เงินสด}'),
        (6, 'bank_transfer', '{bank,transfer,wire,ach,eft}',                     '{振込,โอนเงิน}')
    ) v (rank, method, words, signs),
    regexp_split_to_array(lower(said), '[^a-z]+') spoken
    where exists (
        select from unnest(v.words) w
        where array_to_string(array[''] || spoken || array[''], '+') like '%+' || w || '+%'
    ) or exists (select from unnest(v.signs) s where position(s in said) > 0)
    order by v.rank
    limit 1
    $$;

create table oracle_payments as
select
    p.id::bigint                              as key,
    oracle_outcome('payment', p.id, r.reason) as outcome,
    r.reason                                  as reason,
    case when m.by_method is null and m.by_reference is not null then array['method_from_reference'] else '{}' end
                                              as warnings,
    case when r.reason is null and not oracle_is_adopted('payment', p.id) then jsonb_build_object(
        'id', oracle_uuid('payment', p.id),
        'legacy_id', p.id,
        'order_id', oracle_uuid('order', p.instruction_id),
        'amount', p.amount,
        'currency', p.currency,
        'method', coalesce(m.by_method, m.by_reference),
        'reference', p.reference,
        'paid_at', p.paid_at,
        'metadata', oracle_source(to_jsonb(p), 'dispatch_payment') || jsonb_build_object(
            'payment_method', coalesce(m.by_method, m.by_reference),
            'payment_method_source', case when m.by_method is null then 'reference' else 'method' end
        ),
        'created_at', p.created_at
    ) end                                     as row
from dispatch_payment p
cross join lateral (
    select oracle_payment_method(p.method) as by_method, oracle_payment_method(p.reference) as by_reference
) m
left join oracle_orders o on o.key = p.instruction_id
cross join lateral (
    select case
        when o.key is null then 'missing_instruction'
        when o.outcome = 'rejected' then 'order_not_migrated'
        when num_nonnulls(m.by_method, m.by_reference) = 0 then 'payment_method_unknown'
    end as reason
) r;

alter table oracle_payments add primary key (key);
