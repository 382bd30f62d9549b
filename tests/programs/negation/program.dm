-- Stratified negation: what is not reached, leaves, roots.
relation node(x: int).
relation edge(x: int, y: int).
relation reached(x: int).
relation lost(x: int).
relation leaf(x: int).
relation root(x: int).
node(1). node(2). node(3). node(4). node(5).
edge(1, 2). edge(2, 3). edge(4, 5). edge(5, 4).
reached(1).
reached(Y) if reached(X) and edge(X, Y).
lost(X) if node(X) and not reached(X).
leaf(X) if node(X) and not edge(X, _).
root(X) if node(X) and not edge(_, X).
export lost to "lost.tsv".
export leaf to "leaf.tsv".
export root to "root.tsv".
