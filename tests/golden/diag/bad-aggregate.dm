total(sum()) if weight(_, W).
best(max(A, B)) if pair(A, B).
next(1 + max(A)) if n(A).
n(X) if X = count{}.
n(count{ p(X) }) if q.
weight(sum(3)).
n(N) if N = sum{ X }.
