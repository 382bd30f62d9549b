relation actor(name: symbol).
actor us "United States".
actor uk "United Kingdom".
relation age(who: actor, years: int).
relation n(a: actor, k: int).
n(A, 1) if actor(A).
n(A, count()) if n(A, K) and actor(B) and not n(B, K).
