relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
actor taliban "The Taliban".
age(talbian, 27).
