-- How many cliques of four a graph has whose edges lead upwards.
import edge(x: int, y: int) from "edge.facts".
relation cliques(n: int).
cliques(count()) if edge(X, Y) and edge(Y, Z) and edge(X, Z)
  and edge(X, W) and edge(Y, W) and edge(Z, W).
export cliques to "cliques.tsv".
