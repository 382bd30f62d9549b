-- A double negation over the rule's own head: p has no support; with a local
-- variable shared (q) it is a loop through negation.
e(1). e(2).
p(X) if e(X) and not (e(X) and not p(X)).
q(X) if e(X) and not (e(Y) and Y = X and not q(Y)).
r(X) if e(X) and (p(X) or not q(X)).
