-- `-r(...)` is a statement of its own: neither implies nor excludes r(...).
relation joins(who: symbol, what: symbol).
joins(ann, club).
-joins(bob, club).
joins(carl, club). -joins(carl, club).
relation both(who: symbol).
relation open(who: symbol).
relation out(who: symbol).
-joins(W, choir) if -joins(W, club).
both(W) if joins(W, X) and -joins(W, X).
open(W) if joins(W, _) and not -joins(W, _).
out(W) if -joins{who = W, what = choir}.
export both to "both.tsv".
export open to "open.tsv".
export out to "out.tsv".
