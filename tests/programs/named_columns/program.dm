-- Columns by name: in bodies, heads, facts, under `not`; those left out are
-- like `_`, so that each row counts.
relation trip(id: int, from: symbol, to: symbol, km: int).
trip(1, rome, oslo, 2000).
trip{id = 2, km = 300, to = rome, from = pisa}.
trip(3, rome, pisa, 300).
relation goes(to: symbol, from: symbol).
relation never_left(city: symbol).
relation trips(from: symbol, n: int).
relation lengths(n: int).
goes{from = F, to = T} if trip{from = F, to = T, km = K} and K < 1000.
never_left(C) if trip{to = C} and not trip{from = C}.
trips(F, count()) if trip{from = F}.
lengths(count(K)) if trip{km = K}.
export goes to "goes.tsv".
export never_left to "never_left.tsv".
export trips to "trips.tsv".
export lengths to "lengths.tsv".
