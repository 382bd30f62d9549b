-- Positions: who wants, accepts and refuses what, on which condition, who can
-- block it, and where positions clash.

local m = require "dragoman".module "positions"

m:doc "Stated, conditional and clashing positions; who can block."
m:uses "core"
m:uses "belief"

-- A refusal of the whole is a refusal of each part; so is an acceptance.
m:rules [[
relation within(part: symbol, whole: symbol)
  "A process is within itself and within all that it is part of.".
-- A process is within itself.
within(P, P) if process(P).
-- A meeting is within the talks that it is part of.
within(P, Q) if process(P) and process(Q) and part_of(P, Q).

relation shuns(actor: actor, process: process, refused: term)
  "Refuses the process, or something that it is part of.".
-- Refusing the whole is refusing each part of it.
shuns(A, P, R) if refuses(A, R) and within(P, R).

relation agrees(actor: actor, process: process, accepted: term)
  "Accepts the process, or something that it is part of.".
-- Accepting the whole is accepting each part of it.
agrees(A, P, R) if accepts(A, R) and within(P, R).
]]

-- Conditional positions: `until` and `only if` are necessary conditions.
m:rules [[
-- A refusal until something is a refusal on that condition.
condition(A, R, K) if refuses(A, R) and claim{id = C, atom = refuses(A, R)}
                      and believed(C) and claim_condition(C, "until", K).
-- An acceptance only if something is one on that condition.
condition(A, R, K) if accepts(A, R) and claim{id = C, atom = accepts(A, R)}
                      and believed(C) and claim_condition(C, "only_if", K).

relation conditional(actor: actor, matter: term)
  "The actor's refusal of the matter, believed or not, has a condition.".
-- A refusal that names a condition is conditional.
conditional(A, R) if claim{id = C, atom = refuses(A, R)}
                     and claim_condition(C, "until", _).

relation wants(actor: actor, content: term)
  "An actor's own condition or demand, or what others read as its aim.".
-- Who makes something a condition wants it.
wants(A, K) if condition(A, _, K) and not satisfied(K).
-- Who demands something wants it.
wants(A, X) if demands(A, X) and not satisfied(X).
-- Others read it as what the actor seeks.
wants(A, X) if assesses(_, seeks(A, X)) and not satisfied(X).
]]

-- Part and whole: what would bring a condition nearer without meeting it.
m:rules [[
relation falls_short(part: term, condition: term)
  "Bringing this about is a step, but does not meet the condition.".
-- A part of what a condition asks does not meet it.
falls_short(S, K) if condition(_, _, K) and step(S, K) and not satisfied(K).

relation lacking(part: term, condition: term)
  "A step towards a condition that nobody has said will be taken.".
-- A part of what a condition asks that nobody has announced.
lacking(S, K) if falls_short(S, K) and not foreseen(S).

relation foreseen(content: term)
  "Somebody plans or promises it.".
-- Who plans it announces it.
foreseen(X) if plans(_, X).
-- Who promises it announces it.
foreseen(X) if promises(_, X).
-- Announcing the whole announces each part.
foreseen(X) if step(X, Y) and foreseen(Y).
]]

-- Veto players (Tsebelis 2002; Cunningham 2006: the more of them, the longer
-- the war): whose consent is needed can block.
m:rules [[
relation can_block(actor: actor, process: process)
  "The process cannot go ahead without this actor's consent.".
-- Whose consent is needed can block (Tsebelis 2002; Cunningham 2006).
can_block(A, P) if consent_needed(A, Q) and within(P, Q).

relation withheld(process: process)
  "Somebody whose consent is needed has not given it.".
-- Somebody who can block has not accepted.
withheld(P) if can_block(A, P) and not consents(A, P).
private relation consents(actor: actor, process: process).
consents(A, P) if agrees(A, P, _).

relation blocked(process: process)
  "Somebody who can block the process refuses it.".
-- Somebody who can block refuses.
blocked(P) if can_block(A, P) and shuns(A, P, _).

relation all_accept(process: process)
  "Everybody whose consent is needed has accepted.".
-- Everybody who can block accepts and nobody of them refuses.
all_accept(P) if can_block(_, P) and not withheld(P) and not blocked(P).
]]

-- Clashing positions.
m:rules [[
relation opposed(one: actor, other: actor, matter: term)
  "One accepts or offers what the other refuses.".
-- One accepts what the other refuses.
opposed(A, B, X) if accepts(A, X) and refuses(B, X) and A != B.
-- One puts on the table what the other refuses.
opposed(A, B, X) if offers(A, T) and calls_for(T, X) and refuses(B, X)
                    and A != B.

relation far_apart(one: actor, other: actor, issue: issue, gap: float)
  "Stances on an issue that lie further apart than half its usual scale.".
-- Stances more than 50 apart.
far_apart(A, B, I, S - R) if position(A, I, S, _) and position(B, I, R, _)
                             and S - R > 50.0.

relation at_odds(one: symbol, other: symbol)
  "Believed claims whose contents cannot both be so.".
-- Two believed claims say what cannot both be so.
at_odds(C, D) if contrary(X, Y)
                 and claim{id = C, content = X} and believed(C)
                 and claim{id = D, content = Y} and believed(D).
]]

-- How they read.
m:rules [[
phrase("within", "{1} [is|are] within {2}").
phrase("shuns", "{1} [refuses|refuse] {2}").
phrase("agrees", "{1} [accepts|accept] {2}").
phrase("wants", "{1} [wants|want] {2:noun}").
phrase("can_block", "{1} can block {2}").
phrase("blocked", "somebody who can block {1} refuses").
phrase("withheld", "somebody withholds a consent that {1} [needs|need]").
phrase("all_accept", "everybody whose consent {1} [needs|need] accepts").
phrase("falls_short", "{1:noun} alone falls short of {2:noun}").
phrase("foreseen", "somebody has announced {1:noun}").

phrase("consents", "{1} [consents|consent] to {2}").
assumed_as("consents", "{1} [has|have] not consented to {2}").
assumed_as("withheld", "nobody withholds a consent that {1} [needs|need]").
assumed_as("blocked", "nobody who can block {1} refuses").
assumed_as("foreseen", "nobody has announced {1:noun}").
]]

return m
