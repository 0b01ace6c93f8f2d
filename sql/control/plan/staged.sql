(select u.rehome_row::uuid as rehome_row, u.rehome_key{columns}
  from unnest($1::text[], $2::text[]{parameters}) as u (rehome_row, rehome_key{names}))
