-- How many triangles a graph has whose edges lead upwards.
import edge(x: int, y: int) from "edge.facts".
relation triangles(n: int).
triangles(count()) if edge(X, Y) and edge(Y, Z) and edge(X, Z).
export triangles to "triangles.tsv".
