-- Count and sum of a million rows in 50,000 groups; what they add up to.
import sale(id: int, g: int, v: int) from "sale.facts".
relation byg(g: int, c: int, s: int).
byg(G, count(), sum(V)) if sale(_, G, V).
relation total(groups: int, c: int, s: int).
total(count(), sum(C), sum(S)) if byg(_, C, S).
export total to "total.tsv".
