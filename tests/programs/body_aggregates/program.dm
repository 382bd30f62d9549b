-- Aggregates over braces: of nothing, count and sum are 0, the others fail.
relation shop(name: symbol).
relation sale(shop: symbol, price: int).
shop(north). shop(south). shop(empty).
sale(north, 4). sale(north, 7). sale(south, 5).
relation n(shop: symbol, n: int).
relation total(shop: symbol, sum: int).
relation best(shop: symbol, price: int).
relation above(shop: symbol).
relation busy(shop: symbol).
relation twice(shop: symbol, sum: int).
n(S, N) if shop(S) and N = count{ sale(S, _) }.
total(S, T) if shop(S) and T = sum{ P : sale(S, P) }.
best(S, M) if shop(S) and M = max{ P : sale(S, P) }.
-- Dearer than the mean of all: 16 / 3.
above(S) if sale(S, P) and M = mean{ Q : sale(_, Q) } and P > M.
busy(S) if shop(S) and count{ sale(S, P) and P > 3 } >= 2.
twice(S, T) if shop(S) and T = sum{ P * 2 : sale(S, P) and not P = 7 }.
export n to "n.tsv".
export total to "total.tsv".
export best to "best.tsv".
export above to "above.tsv".
export busy to "busy.tsv".
export twice to "twice.tsv".
