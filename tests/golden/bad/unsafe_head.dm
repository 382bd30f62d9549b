relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
relation knows(a: actor, b: actor).
knows(A, B) if age(A, _).
