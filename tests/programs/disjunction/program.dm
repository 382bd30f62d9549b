-- `or` at the top, nested, and below aggregates, where an instance that holds
-- twice counts once.
relation likes(who: symbol, what: symbol).
relation owns(who: symbol, what: symbol).
likes(ann, tea). likes(ann, figs). likes(bob, tea).
owns(ann, figs). owns(bob, boat). owns(carl, tea).
relation linked(who: symbol, what: symbol).
relation picky(who: symbol).
relation n(who: symbol, n: int).
linked(W, X) if likes(W, X) or owns(W, X).
picky(W) if likes(W, X) and (X = figs or owns(W, X) and X != boat
  or not (likes(_, X) or owns(_, X))).
n(W, count()) if likes(W, X) or owns(W, X).
export linked to "linked.tsv".
export picky to "picky.tsv".
export n to "n.tsv".
