relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
relation old(who: actor).
old(A) if agge(A, Y) and Y > 100.
