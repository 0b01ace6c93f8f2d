-- What a content type stands for, one row a type: id, the names as the source has them (app_label, model), and the name
-- that the model has now (current_model, as app_label.model) with the family it belongs to.
--
-- Types are told by their names, never by their numbers, which drifted. A model that was renamed left a type of its old
-- name behind; its alias is below. Families name what no flow of records takes; a type that is not listed is of the
-- family other.

with alias (former_model, current_model) as (
    values
    ('dispatch.treatmentplan', 'dispatch.plan')
),

families (current_model, family) as (
    values
    ('dispatch.plan',            'plan'),
    ('dispatch.instruction',     'instruction'),
    ('dispatch.patient',         'patient'),

    ('auth.user',                'people'),
    ('dispatch.agent',           'people'),
    ('dispatch.doctor',          'people'),
    ('dispatch.office',          'people'),
    ('dispatch.patientdoctor',   'people'),
    ('dispatch.role',            'people'),
    ('dispatch.userrole',        'people'),

    ('dispatch.file',            'files'),
    ('dispatch.fileinstruction', 'files'),
    ('dispatch.photo',           'files'),

    ('dispatch.bracket',         'clinical'),
    ('dispatch.impression',      'clinical'),
    ('dispatch.jaw',             'clinical'),
    ('dispatch.measurement',     'clinical'),
    ('dispatch.scan',            'clinical'),
    ('dispatch.state',           'clinical'),

    ('dispatch.discount',        'business'),
    ('dispatch.invoice',         'business'),
    ('dispatch.offer',           'business'),
    ('dispatch.operation',       'business'),
    ('dispatch.payment',         'business'),
    ('dispatch.product',         'business'),
    ('dispatch.project',         'business'),
    ('dispatch.purchase',        'business'),
    ('dispatch.shipment',        'business'),

    ('dispatch.event',           'workflow'),
    ('dispatch.instance',        'workflow'),
    ('dispatch.label',           'workflow'),
    ('dispatch.schedule',        'workflow'),
    ('dispatch.task',            'workflow'),
    ('dispatch.template',        'workflow'),

    ('dispatch.comment',         'messages'),
    ('dispatch.communication',   'messages'),
    ('dispatch.feedback',        'messages'),
    ('dispatch.message',         'messages'),
    ('dispatch.notification',    'messages'),
    ('dispatch.record',          'messages'),

    ('admin.logentry',           'system'),
    ('auth.group',               'system'),
    ('auth.permission',          'system'),
    ('authtoken.token',          'system'),
    ('contenttypes.contenttype', 'system'),
    ('dispatch.metadata',        'system'),
    ('dispatch.preference',      'system'),
    ('dispatch.setting',         'system'),
    ('sessions.session',         'system'),
    ('sites.site',               'system')
),

named as (
    select
        t.id, t.app_label, t.model,
        coalesce(a.current_model, t.app_label || '.' || t.model) as current_model
    from source.django_content_type t
    left join alias a on a.former_model = t.app_label || '.' || t.model
)

select n.id, n.app_label, n.model, n.current_model, coalesce(f.family, 'other') as family
from named n
left join families f on f.current_model = n.current_model
