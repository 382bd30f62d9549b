-- Transitive closure of a graph with a cycle.
relation path(x: int, y: int).
import edge(x: int, y: int) from "edge.facts".
path(X, Y) if edge(X, Y).
path(X, Y) if path(X, Z) and edge(Z, Y).
export path to "path.tsv".
