r1: member(a, b).
r2: likely :: member(a, b).
