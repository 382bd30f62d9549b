relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
relation older(a: actor).
older(A) if age(A, X) and X > Y.
