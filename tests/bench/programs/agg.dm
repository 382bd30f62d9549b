-- Count and sum of a million rows in 50,000 groups.
import sale(id: int, g: int, v: int) from "sale.facts".
relation byg(g: int, c: int, s: int).
byg(G, count(), sum(V)) if sale(_, G, V).
