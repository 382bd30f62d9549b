-- min joins across the rules of a relation; sums do not join.
relation train(to: symbol, price: int).
relation bus(to: symbol, price: int).
train(rome, 30). train(oslo, 80). bus(rome, 12). bus(bern, 20). bus(bern, 25).
relation least(to: symbol, price: int).
relation costs(to: symbol, n: int).
least(T, min(P)) if train(T, P).
least(T, min(P)) if bus(T, P).
costs(T, sum(P)) if train(T, P).
costs(T, sum(P)) if bus(T, P).
export least to "least.tsv".
export costs to "costs.tsv".
