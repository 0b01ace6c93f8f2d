-- django_content_type: the 51 of _content_types.sql.
select cast(id as int) as id, app_label, model
from sample._content_types
