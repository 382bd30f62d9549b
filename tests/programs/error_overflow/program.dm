-- Integer overflow is an error that names the rule.
relation n(x: int).
n(9223372036854775807).
relation m(x: int).
grow: m(X + 1) if n(X).
export m to "m.tsv".
