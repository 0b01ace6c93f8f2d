-- Is there a row to take out at all?
select exists ({bad}) as any_bad
