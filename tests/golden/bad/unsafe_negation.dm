relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
relation young(who: actor).
young(A) if actor(A) and not age(A, Y) and Y < 30.
