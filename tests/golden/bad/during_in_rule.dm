-- query: fought(A)
relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
state at_war(who: actor).
relation fought(who: actor).
fought(A) if at_war(A) during 2001-10-07..2021-08-30.
