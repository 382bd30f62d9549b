member(a, b)
member(c, d).

in abc {
  c1: x states y
}
holds(X) if member(X, _)
