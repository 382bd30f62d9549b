-- Points-to analysis, inclusion-based (Andersen 1994).
import addr(y: int, x: int) from "addr.facts".
import assign(y: int, x: int) from "assign.facts".
import load(y: int, x: int) from "load.facts".
import store(y: int, x: int) from "store.facts".
relation pt(y: int, x: int).
pt(Y, X) if addr(Y, X).
pt(Y, X) if assign(Y, Z) and pt(Z, X).
pt(Y, W) if load(Y, X) and pt(X, Z) and pt(Z, W).
pt(Z, W) if store(Y, X) and pt(Y, Z) and pt(X, W).
