-- Classification of an EL ontology, by the calculus of Kazakov, Krötzsch and
-- Simančík (JAR 2014); names are encoded as integers.
import isMainClass(c: int) from "isMainClass.facts".
import isSubClass(c: int) from "isSubClass.facts".
import conj(i: int, a: int, b: int) from "conj.facts".
import exists(e: int, r: int, c: int) from "exists.facts".
import subClassOf(c: int, d: int) from "subClassOf.facts".
import subPropChain(a: int, b: int, c: int) from "subPropChain.facts".
import subProp(r: int, s: int) from "subProp.facts".
relation init(c: int).
relation ex(e: int, r: int, c: int).
relation sub(c: int, d: int).
init(C) if isMainClass(C).
init(C) if ex(_, _, C).
sub(C, C) if init(C).
sub(C, 0) if isMainClass(C).
sub(C, D) if sub(C, Y) and conj(Y, D, _).
sub(C, D) if sub(C, Y) and conj(Y, _, D).
sub(C, I) if sub(C, D) and sub(C, E) and conj(I, D, E) and isSubClass(I).
ex(E, R, C) if sub(E, Y) and exists(Y, R, C).
sub(E, Y) if ex(E, R, C) and sub(C, D) and subProp(R, S) and exists(Y, S, D)
  and isSubClass(Y).
ex(E, S, D) if ex(E, R1, C) and ex(C, R2, D) and subProp(R1, S1)
  and subProp(R2, S2) and subPropChain(S1, S2, S).
sub(C, E) if sub(C, D) and subClassOf(D, E).
export sub to "sub.tsv".
export ex to "ex.tsv".
