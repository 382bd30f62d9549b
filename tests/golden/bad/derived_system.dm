relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
today(D) if age(_, Y) and Y > 3 and D = 2021-04-13.
