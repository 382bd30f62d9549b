-- Everyone who knows every language of the office: not (some language that
-- is not known); variables inside stay inside.
relation person(p: symbol).
relation knows(p: symbol, l: symbol).
relation language(l: symbol).
person(ann). person(bob). person(carl).
language(dari). language(pashto).
knows(ann, dari). knows(ann, pashto). knows(bob, dari). knows(carl, french).
relation fluent(p: symbol).
relation mute(p: symbol).
relation partly(p: symbol).
relation again(p: symbol).
fluent(P) if person(P) and not (language(L) and not knows(P, L)).
mute(P) if person(P) and not (knows(P, L) and language(L)).
partly(P) if person(P) and not fluent(P) and not mute(P).
again(P) if person(P) and not not (knows(P, L) and not language(L)).
export fluent to "fluent.tsv".
export mute to "mute.tsv".
export partly to "partly.tsv".
export again to "again.tsv".
