-- People of one generation in a family tree.
relation parent(child: symbol, parent: symbol).
relation same(x: symbol, y: symbol).
parent(ann, dora).   parent(bob, dora).
parent(carl, erik).  parent(dora, fay).  parent(erik, fay).
parent(gus, fay).
same(X, Y) if parent(X, P) and parent(Y, P) and X != Y.
same(X, Y) if parent(X, P) and same(P, Q) and parent(Y, Q).
export same to "same.tsv".
