relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
source abc { title = "A", publisher = "ABC", published = 2021-04-13 }.
in abc {
  c1: us states 300.
}
