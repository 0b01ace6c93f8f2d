/*---
{header}
---*/
{notes}
{with}select
{columns}
from {table} {alias}
