-- Least distances: min through recursion, on a graph with a cycle.
import edge(from: int, to: int, w: int) from "edge.facts".
relation source(node: int).
relation dist(node: int, d: int).
relation total(d: int).
source(0).
dist(X, min(0)) if source(X).
dist(Y, min(D + W)) if dist(X, D) and edge(X, Y, W).
total(sum(D)) if dist(_, D).
export dist to "dist.tsv".
export total to "total.tsv".
