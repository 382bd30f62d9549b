-- Comma-separated, quoted, with a header: columns found by name or by place.
import city(name: symbol, people: int, founded: date) from "city.csv"
  {csv, header}.
import named(people: int, name: symbol) from "city.csv"
  {csv, columns = (people, name)}.
relation big(name: symbol).
relation old(name: symbol).
relation same(n: int).
big(N) if city(N, P, _) and P > 1000.
old(N) if city{name = N, founded = D} and D < 1900-01-01.
same(count()) if city(N, P, _) and named(P, N).
export big to "big.tsv".
export old to "old.tsv".
export same to "same.tsv".
