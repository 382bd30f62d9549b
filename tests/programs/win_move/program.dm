-- The game of positions: who can't move has lost.  d has no move, so c wins;
-- a and b can go round for ever: disputed.
relation move(from: symbol, to: symbol).
relation win(position: symbol).
move(a, b).  move(b, a).  move(b, c).  move(c, d).  move(e, a).  move(e, d).
win(X) if move(X, Y) and not win(Y).
export win to "win.tsv".
