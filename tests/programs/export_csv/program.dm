-- Written with a header, quoted where needed.
relation note(id: int, text: symbol, when: date, x: float).
note(1, "plain", 2021-04-13, 1).
note(2, "with, comma", 2021-04-14, 0.1).
note(3, "with \"quotes\"", 2021-04-15, 1e300).
note(4, "two\nlines", 2021-04-16, -2.5).
relation kept(id: int, text: symbol, when: date, x: float).
kept(I, T, D, X) if note(I, T, D, X).
export kept to "kept.csv" {csv, header}.
