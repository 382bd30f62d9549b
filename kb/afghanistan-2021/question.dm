-- What is asked, by when, and how it will be known. The first horizon is the
-- article's own date; the second is ours: half a year after the day by which
-- the forces are to be gone.

question istanbul_opens "Will Istanbul open by 24 April?"
  process istanbul  by 2021-04-24  resolves "both delegations seated"
  options opens, stalls  in abc.

question war_widens "After the exit: a wider war?"
  process war  by 2022-03-11
  resolves "provincial capitals fought over in three or more regions"
  options widens, contained  in abc.
