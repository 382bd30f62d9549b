-- Days are counted; a date and a number give a date, two dates a number.
relation visit(who: symbol, day: date).
visit(ann, 2020-02-28).
visit(bob, 2021-02-28).
visit(carl, 2021-12-31).
visit(dora, 1969-12-31).
relation next(who: symbol, day: date).
relation gap(a: symbol, b: symbol, days: int).
relation parts(who: symbol, y: int, m: int, d: int).
relation latest(day: date).
relation recent(who: symbol).
relation same(who: symbol).
next(W, D + 1) if visit(W, D).
gap(A, B, E - D) if visit(A, D) and visit(B, E) and D < E and E < 2021-06-01.
parts(W, year(D), month(D), day(D)) if visit(W, D).
latest(max(D)) if visit(_, D).
recent(W) if visit(W, D) and D >= 2021-02-28.
same(W) if visit(W, D) and days(2021-01-01, D) = 58
  and days_after(D, -58) = 2021-01-01.
export next to "next.tsv".
export gap to "gap.tsv".
export parts to "parts.tsv".
export latest to "latest.tsv".
export recent to "recent.tsv".
export same to "same.tsv".
