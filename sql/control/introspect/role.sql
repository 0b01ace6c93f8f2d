with {role} as (
{named}
)
