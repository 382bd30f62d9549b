-- Every aggregate in a head.  An instance is one row of the body, `_`
-- included; count(X) counts distinct values.
relation sale(id: int, shop: symbol, item: symbol, price: int).
sale(1, north, tea, 4).
sale(2, north, tea, 4).
sale(3, north, rice, 7).
sale(4, south, salt, 1).
relation sales(shop: symbol, n: int).
relation items(shop: symbol, n: int).
relation turnover(shop: symbol, sum: int).
relation cheapest(shop: symbol, price: int).
relation dearest(shop: symbol, price: int).
relation average(shop: symbol, price: float).
relation prices(shop: symbol, list: term).
relation all(n: int, sum: int).
sales(S, count()) if sale(_, S, _, _).
items(S, count(I)) if sale(_, S, I, _).
turnover(S, sum(P)) if sale(_, S, _, P).
cheapest(S, min(P)) if sale(_, S, _, P).
dearest(S, max(P)) if sale(_, S, _, P).
average(S, mean(P)) if sale(_, S, _, P).
prices(S, list(P)) if sale(_, S, _, P).
all(count(), sum(P)) if sale(_, _, _, P).
export sales to "sales.tsv".
export items to "items.tsv".
export turnover to "turnover.tsv".
export cheapest to "cheapest.tsv".
export dearest to "dearest.tsv".
export average to "average.tsv".
export prices to "prices.tsv".
export all to "all.tsv".
