-- Value flow and aliases, mutually recursive (Zheng & Rugina, POPL 2008).
import assign(x: int, y: int) from "assign.facts".
import dereference(x: int, y: int) from "dereference.facts".
relation vf(x: int, y: int).
relation ma(x: int, y: int).
relation va(x: int, y: int).
vf(Y, X) if assign(Y, X).
vf(X, Y) if assign(X, Z) and ma(Z, Y).
vf(X, Y) if vf(X, Z) and vf(Z, Y).
ma(X, W) if dereference(Y, X) and va(Y, Z) and dereference(Z, W).
va(X, Y) if vf(Z, X) and vf(Z, Y).
va(X, Y) if vf(Z, X) and ma(Z, W) and vf(W, Y).
vf(X, X) if assign(X, _).
vf(X, X) if assign(_, X).
ma(X, X) if assign(_, X).
ma(X, X) if assign(X, _).
