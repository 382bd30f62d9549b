-- Least distances from one node, min through recursion; their sum.
import edge(x: int, y: int, w: int) from "edge.facts".
import source(x: int) from "source.facts".
relation dist(x: int, d: int).
relation total(s: int).
dist(X, min(0)) if source(X).
dist(Y, min(D + W)) if dist(X, D) and edge(X, Y, W).
total(sum(D)) if dist(_, D).
