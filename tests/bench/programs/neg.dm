-- The difference of two relations of a million rows; who has no successor.
import a(x: int, y: int) from "a.facts".
import b(x: int, y: int) from "b.facts".
relation d(x: int, y: int).
relation noout(x: int).
d(X, Y) if a(X, Y) and not b(X, Y).
noout(Y) if a(_, Y) and not a(Y, _).
