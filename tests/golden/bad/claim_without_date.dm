relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
c1: us states age(uk, 300).
