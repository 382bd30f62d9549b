-- Division by zero is an error that names the rule.
relation n(x: int, y: int).
n(1, 0).
relation m(x: int).
share: m(X div Y) if n(X, Y).
export m to "m.tsv".
