-- A string where a number is declared; a number compared with a string.
relation age(who: symbol, years: int).
age(ann, 40).
relation old(who: symbol).
old(W) if age(W, Y) and Y > "forty".
old(W) if age(Y, W) and Y = ann.
