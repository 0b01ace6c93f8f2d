not exists (select from {child} c where {equal})
