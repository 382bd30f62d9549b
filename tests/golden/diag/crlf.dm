member(a, b
member(c, d).
actor x "y
