-- Transitive closure, from the left.
import edge(x: int, y: int) from "edge.facts".
relation path(x: int, y: int).
path(X, Y) if edge(X, Y).
path(X, Y) if path(X, Z) and edge(Z, Y).
