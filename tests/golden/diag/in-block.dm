in abc {
  holds(X) if member(X, _).
  relation p(x).
  in def {
    x states y.
  }
  never p(a).
}
}
member(a, b).
