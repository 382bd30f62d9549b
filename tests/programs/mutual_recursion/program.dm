-- Two relations that are defined by each other.
relation even(x: int).
relation odd(x: int).
even(0).
odd(X + 1) if even(X) and X < 10.
even(X + 1) if odd(X) and X < 10.
export even to "even.tsv".
export odd to "odd.tsv".
