-- Same generation in a tree.
import edge(x: int, y: int) from "edge.facts".
relation sg(x: int, y: int).
sg(X, Y) if edge(P, X) and edge(P, Y) and X != Y.
sg(X, Y) if edge(A, X) and sg(A, B) and edge(B, Y).
