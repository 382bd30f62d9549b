-- A recursive atom with arithmetic in two arguments.
e1(1, 3).
e3(0).
p1(3, X) if e1(Y, X) and p2(Y + 1, X + 2).
p2(Z, 2) if e3(Z) and not (p1(K, 3) and K > 2).
