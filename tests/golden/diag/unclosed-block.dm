in abc {
  c1: x states y.
  c2: x states z.
