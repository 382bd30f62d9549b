-- query: old(A)
relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
relation old(who: actor).
r1: old(A) if age(A, _).
r2: old(A) if actor(A).
r2 beats r1.
