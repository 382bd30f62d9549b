-- query: old(A)
relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
relation old(who: actor).
likely :: old(A) if age(A, Y) and Y > 100.
