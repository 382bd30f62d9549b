-- Nothing is declared: types come from facts, imports and rules.
import edge(x: symbol, y: symbol) from "edge.facts".
weight(a, 1.5). weight(b, 2).
path(X, Y) if edge(X, Y).
path(X, Y) if path(X, Z) and edge(Z, Y).
heavy(X, W * 2) if weight(X, W) and path(X, _).
export path to "path.tsv".
export heavy to "heavy.tsv".
