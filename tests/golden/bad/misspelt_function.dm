relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
relation r(n: int).
r(rond(Y)) if age(_, Y).
