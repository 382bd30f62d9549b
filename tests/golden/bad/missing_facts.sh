cat > p.dm <<END
import edge(x: int, y: int) from "edge.facts".
relation path(x: int, y: int).
path(X, Y) if edge(X, Y).
END
"$D" eval p.dm -F facts
