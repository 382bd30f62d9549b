weight(12ab, a).
weight(.5, b).
weight(1.2.3, c).
weight(9223372036854775808, d).
weight(1e999, e).
left(X) if X = 10-3.
