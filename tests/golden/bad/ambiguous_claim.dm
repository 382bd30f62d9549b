relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
source abc { title = "A", publisher = "ABC", published = 2021-04-13 }.
source bbc { title = "A", publisher = "ABC", published = 2021-04-13 }.
c1: us states age(uk, 300) in abc.
c1: us states age(uk, 301) in bbc.
age(uk, 300) judged by me because c1.
