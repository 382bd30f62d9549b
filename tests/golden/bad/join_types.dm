relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
relation odd(who: actor).
odd(A) if age(A, Y) and actor(Y).
