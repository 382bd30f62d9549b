-- What is reached from one node over a million edges.
import edge(x: int, y: int) from "edge.facts".
import source(x: int) from "source.facts".
relation reach(x: int).
reach(X) if source(X).
reach(Y) if reach(X) and edge(X, Y).
