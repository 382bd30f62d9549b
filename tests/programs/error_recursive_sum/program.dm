-- A sum that feeds itself through recursion is refused.
relation owns(owner: symbol, company: symbol, share: int).
owns(a, b, 60). owns(b, c, 60).
relation controls(x: symbol, y: symbol).
relation voted(x: symbol, y: symbol, n: int).
voted(X, Y, sum(N)) if controls(X, Z) and owns(Z, Y, N).
controls(X, Y) if owns(X, Y, N) and N > 50.
controls(X, Y) if voted(X, Y, N) and N > 50.
export controls to "controls.tsv".
