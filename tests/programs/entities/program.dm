-- Columns typed by a relation; an explicit list of who there is.
relation actor(name: symbol).
relation member(who: actor, group: actor).
actor nato "The alliance" alias "North Atlantic Treaty Organization".
actor us "United States".
actor uk "United Kingdom".
member(us, nato). member(uk, nato).
relation alone(a: actor).
alone(A) if actor(A) and not member(A, _) and not member(_, A).
relation pair(a: actor, b: actor).
pair(A, B) if member(A, G) and member(B, G) and A < B.
export alone to "alone.tsv".
export pair to "pair.tsv".
