-- Another separator, no quoting; an empty table; a missing last newline; a
-- row that comes twice.
import x(a: int, b: symbol, c: float, d: date) from "x.txt" {separator = ";"}.
import nothing(a: int) from "nothing.facts".
relation rows(n: int).
relation none(n: int).
relation sum_of(s: float).
relation text(b: symbol).
rows(N) if N = count{ x(_, _, _, _) }.
none(N) if N = count{ nothing(_) }.
sum_of(sum(C)) if x(_, _, C, _).
text(B) if x(_, B, _, _).
export rows to "rows.tsv".
export none to "none.tsv".
export sum_of to "sum_of.tsv".
export text to "text.tsv".
