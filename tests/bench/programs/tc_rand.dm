-- Transitive closure of a random graph: 2,000 nodes, 8,000 edges.
import edge(x: int, y: int) from "edge.facts".
relation path(x: int, y: int).
path(X, Y) if edge(X, Y).
path(X, Y) if path(X, Z) and edge(Z, Y).
