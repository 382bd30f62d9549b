-- Float sums are exact before they are rounded, so no order can show.
import x(id: int, v: float) from "x.facts".
relation total(s: float).
relation mean_of(s: float).
relation big(s: int).
total(sum(V)) if x(_, V).
mean_of(M) if M = mean{ V : x(_, V) }.
-- An int sum may pass 64 bits on its way.
big(sum(V)) if (V = 9223372036854775807 or V = 5 or V = -6).
export total to "total.tsv".
export mean_of to "mean_of.tsv".
export big to "big.tsv".
