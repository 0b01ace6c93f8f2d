/*---
source      = "dispatch_payment"
key         = "id"
entity      = "payment"
accept      = 0.99
description = "What was paid for an order, to the cent, and how."

[remedies]
payment_method_unknown = "Look the payment up at the bank and write its method; or add the spelling to the rule."
missing_instruction    = "Restore the instruction in the source, or point the rows to another one."
order_not_migrated     = "Recover the order, and they follow."
---*/

-- A payment belongs to its order; money without an order that is there goes to the quarantine and is not lost sight of.
-- Amount and currency are kept as they are.
--
-- How it was paid is told by the free text of the method, or, where that says nothing, by the reference
-- (method_from_reference). Both were typed by hand: what counts are whole words of a to z, in small letters or
-- capitals, whatever other sign stands around them, and Japanese and Thai words wherever they stand. Of several the
-- first in the order below wins: an insurer who wires is insurance, a PayPal card is PayPal, a bank card is a card, a
-- check from the bank is a cheque. Where neither text says anything: payment_method_unknown.

with said as (
    select p.id, 'method' as place, lower(p.method) as words from source.dispatch_payment p
    union all
    select p.id, 'reference' as place, lower(p.reference) as words from source.dispatch_payment p
),

told as (
    select
        s.id,
        s.place,
        case
            when regexp_like(s.words, '(^|[^a-z])(insurance|insurer|ins)([^a-z]|$)|保険')
                then 'insurance'
            when regexp_like(s.words, '(^|[^a-z])pay[^a-z]*pal([^a-z]|$)')
                then 'paypal'
            when regexp_like(s.words, '(^|[^a-z])(card|creditcard|mastercard|visa|amex|mc|cc)([^a-z]|$)|カード')
                then 'card'
            when regexp_like(s.words, '(^|[^a-z])(cheque|check|chq|chk)([^a-z]|$)')
                then 'cheque'
            when regexp_like(s.words, '(^|[^a-z])cash([^a-z]|$)|現金|เงินสด')
                then 'cash'
            when regexp_like(s.words, '(^|[^a-z])(bank|transfer|wire|ach|eft)([^a-z]|$)|振込|โอนเงิน')
                then 'bank_transfer'
        end                                                    as method
    from said s
),

resolved as (
    select
        m.id,
        coalesce(m.method, r.method)                           as method,
        m.method is null and r.method is not null              as is_from_reference
    from told m
    left join told r on r.id = m.id and r.place = 'reference'
    where m.place = 'method'
)

select
    p.id                                                       as _key,
    case
        when i.id is null     then reject('missing_instruction', 'orders', p.instruction_id)
        when o._key is null   then reject('order_not_migrated', 'orders', p.instruction_id)
        when r.method is null then reject('payment_method_unknown')
        else                       migrate()
    end                                                        as _outcome,
    warnings(r.is_from_reference, 'method_from_reference')     as _warnings,
    p.id                                                       as legacy_id,
    legacy_uuid('order', i.id)                                 as order_id,
    p.amount                                                   as amount,
    p.currency                                                 as currency,
    r.method                                                   as method,
    p.reference                                                as reference,
    p.paid_at                                                  as paid_at,
    json_merge(
        row_json(p._row),
        json_object(
            'payment_method', r.method,
            'payment_method_source', case when r.is_from_reference then 'reference' else 'method' end
        )
    )                                                          as metadata,
    p.created_at                                               as created_at
from source.dispatch_payment p
left join resolved                    r on r.id   = p.id
left join source.dispatch_instruction i on i.id   = p.instruction_id
left join migrated.orders             o on o._key = i.id
