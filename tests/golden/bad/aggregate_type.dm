relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
relation s(n: int).
s(sum(A)) if age(A, _).
