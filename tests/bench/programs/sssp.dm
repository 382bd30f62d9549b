-- Least distances from one node, min through recursion; their sum.
import edge(x: int, y: int, w: int) from "edge.facts".
import source(x: int) from "source.facts".
relation dist(x: int, d: int).
dist(X, min(0)) if source(X).
dist(Y, min(D + W)) if dist(X, D) and edge(X, Y, W).
relation total(nodes: int, d: int).
total(count(), sum(D)) if dist(_, D).
export total to "total.tsv".
