-- `div` and `mod` round down; `/` divides floats; the ends of 64 bits.
relation pair(x: int, y: int).
pair(7, 2). pair(-7, 2). pair(7, -2). pair(-7, -2).
relation result(x: int, y: int, div: int, mod: int).
relation ratio(x: int, y: int, r: float).
relation ends(x: int).
relation half(x: float).
relation zero(x: float).
result(X, Y, X div Y, X mod Y) if pair(X, Y).
ratio(X, Y, X / Y) if pair(X, Y) and X > 0.
ends(9223372036854775807 - X) if X = 0.
ends(-9223372036854775807 - X) if X = 1.
half(F * 0.5) if F = 3.0.
zero(0.0 * F) if F = -1.0.
export result to "result.tsv".
export ratio to "ratio.tsv".
export ends to "ends.tsv".
export half to "half.tsv".
export zero to "zero.tsv".
