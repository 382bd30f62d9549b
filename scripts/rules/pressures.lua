-- Pressures: levers had, used and given away; what waiting gains and costs;
-- who leans on whom.

local m = require "dragoman".module "pressures"

m:doc "Levers, waiting, and who leans on whom over what, and how hard."
m:uses "positions"

-- Pressure fades: a word that is three months old weighs a third.
m:fn("faded", function(said, today)
  return math.exp(-(today.day - said.day) / 90.0)
end)

-- Levers. What one side wants and the other controls is the other's lever
-- (Schelling 1960, chapter 2). Carrying the step out spends it, and a lever
-- whose surrender is dated and not traded is given away: the concession comes
-- before anything is given for it (Kenwick, settlements under military
-- interveners 1946-2010, less durable as leverage fades; Linebarger and others,
-- 32 conflicts 1960-2004, interveners who negotiate to cut their losses).
m:rules [[
relation spends(step: term, means: symbol)
  "Taking the step uses the means up.".
-- Withdrawing forces uses them up as a means.
spends(withdrawn(F), F) if forces(F).

-- Controlling a part of what another wants is a lever (Schelling 1960).
lever(B, A, F) if wants(A, K) and step(S, K) and spends(S, F)
                  and controls(B, F) and A != B.
-- Controlling what another wants is a lever (Schelling 1960).
lever(B, A, F) if wants(A, K) and spends(K, F) and controls(B, F)
                  and A != B.

relation untraded(actor: actor, means: symbol)
  "The actor says that it will not bargain with the means.".
-- Who refuses to bargain with a means does not trade on it.
untraded(B, F) if refuses(B, bargain_with(F)).

relation given_away(actor: actor, means: symbol, step: term, day: date)
  "A lever whose surrender is planned for a day and asks nothing in return.".
-- A surrender that is dated and not traded: the concession comes first,
-- and the leverage drops (Kenwick; Linebarger and others).
given_away(B, F, S, D) if plans(B, S) and spends(S, F)
                          and due(plans(B, S), D) and untraded(B, F).

relation lever_used(actor: actor, means: symbol, step: term)
  "The actor ties the step to what the other side does.".
-- A step tied to a condition uses the lever.
lever_used(B, F, S) if controls(B, F) and spends(S, F) and tied(B, S).
-- A promise of the whole, tied to a condition, uses the lever.
lever_used(B, F, K) if controls(B, F) and spends(S, F) and step(S, K)
                       and tied(B, K).

relation lever_left(actor: actor, means: symbol)
  "A means that the actor says it will keep up.".
-- A measure that is promised to go on is still in hand.
lever_left(B, M) if promises(B, continues(B, M)).
]]

-- Is what they wait for coming anyway?
m:rules [[
relation tied(actor: actor, step: term)
  "The actor's plan or promise depends on a condition.".
-- A plan under a condition.
tied(B, S) if claim{id = C, atom = plans(B, S)} and believed(C)
              and claim_condition(C, _, _).
-- A promise under a condition.
tied(B, S) if claim{id = C, atom = promises(B, S)} and believed(C)
              and claim_condition(C, _, _).

relation coming(actor: actor, step: term)
  "The actor plans the step and asks nothing for it.".
-- A planned step that its planner will not trade on.
coming(B, S) if plans(B, S) and spends(S, F) and untraded(B, F).
-- A dated plan on which no condition is known.
coming(B, S) if plans(B, S) and due(plans(B, S), _) and not tied(B, S).

relation held_back(condition: term)
  "Somebody says that a part of what the condition needs will not happen.".
-- Somebody refuses a part of it.
held_back(K) if step(S, K) and refuses(_, S).
-- Somebody refuses it.
held_back(K) if refuses(_, K).
-- A part of the forces stays.
held_back(withdrawn(W)) if part_of(P, W) and stays(P).
-- A part of the forces is to stay.
held_back(withdrawn(W)) if part_of(P, W) and plans(_, stays(P)).
-- A part of the forces is promised to stay.
held_back(withdrawn(W)) if part_of(P, W) and promises(_, stays(P)).

relation comes_anyway(condition: term)
  "The condition is on its way to being met, whatever its holder does.".
-- All that the condition asks is coming, unasked.
comes_anyway(K) if condition(_, _, K) and coming(_, K).
-- A part of what the condition asks is coming and nothing holds back the rest.
comes_anyway(K) if condition(_, _, K) and coming(_, S) and step(S, K)
                   and not held_back(K).
]]

-- Waiting. Whose condition comes about anyway, without a price, gains by
-- waiting; the more patient side gets more (Rubinstein 1982). A deadline makes
-- sides settle if both lose by missing it; if one does, the other waits
-- (Roth, Murnighan and Schoumaker 1988).
m:rules [[
relation gains_by_waiting(actor: actor, process: process)
  "What the actor waits for is coming while the process stands still.".
-- What the actor waits for comes anyway: patience pays (Rubinstein 1982).
gains_by_waiting(A, P) if shuns(A, P, R) and condition(A, R, K)
                          and comes_anyway(K).

relation pays_for_delay(actor: actor, process: process)
  "Delay costs the actor something, or somebody threatens that it will.".
-- Delay has a known cost for the actor.
pays_for_delay(A, P) if within(P, Q) and cost_of_delay(A, Q).
-- Somebody threatens to make delay costly.
pays_for_delay(A, P) if within(P, Q)
                        and threatens(_, cost_of_delay(A, Q)).

relation can_outwait(actor: actor, other: actor, reader: actor)
  "Somebody reads the actor as able to wait the other out.".
-- Somebody reads the actor as able to outwait another.
can_outwait(A, B, E) if assesses(E, outwaits(A, B)).
state outwaits(actor: actor, other: actor)
  "The actor loses less by waiting than the other.".
]]

-- Leaning on somebody: putting on the table, or demanding, what he refuses.
m:rules [[
-- Putting a plan before somebody is leaning on him over its contents.
presses(A, B, I) if offers(A, T) and calls_for(T, I) and addressed_to(T, B)
                    and A != B.
-- Demanding the contents of a plan is leaning over them.
presses(A, B, I) if demands(A, calls_for(T, I)) and addressed_to(T, B)
                    and A != B.

relation resisted(actor: actor, target: actor, issue: issue)
  "The target of the pressure refuses what it is leant on for.".
-- The one leant on refuses.
resisted(A, B, I) if presses(A, B, I) and refuses(B, I).

relation alleged(reader: actor, actor: actor, target: actor, issue: issue)
  "Somebody infers that an actor leans on another.".
-- Pressure that somebody only infers.
alleged(S, A, B, I) if infers(S, presses(A, B, I)).

-- Weight is capability times salience, fading with time.
pressure(A, B, I, W * S * faded(D, T))
  if resisted(A, B, I) and capability(A, W) and position(A, I, _, S)
     and offers(A, X) and calls_for(X, I)
     and claim{atom = offers(A, X), said = D} and today(T).

relation pressure_on(target: actor, issue: issue, weight: float)
  "All that leans on an actor over an issue.".
-- All pressure on an actor over an issue, added up.
pressure_on(B, I, sum(W)) if pressure(_, B, I, W).
]]

-- How they read.
m:rules [[
phrase("lever", "{1} [has|have] a lever over {2}: {3}").
phrase("spends", "{1:noun} uses up {2} as a means").
phrase("untraded", "{1} won't trade on {2}").
phrase("given_away", "{1} [gives|give] {2} away as a lever by {4}").
phrase("lever_left", "{1} [keeps|keep] up {2}").
phrase("tied", "{1} [ties|tie] {2:noun} to a condition").
phrase("coming", "{1} [plans|plan] {2:noun} and [asks|ask] nothing for it").
phrase("held_back", "somebody holds back a part of {1:noun}").
phrase("comes_anyway", "{1:noun} is coming anyway").
phrase("gains_by_waiting", "{1} [gains|gain] by waiting").
phrase("pays_for_delay", "{1} [pays|pay] for delay").
phrase("outwaits", "{1} can wait {2} out").
phrase("resisted", "{1} [leans|lean] on {2} over {3}, who [refuses|refuse]").
phrase("pressure_on", "{1} [is|are] pressed over {2}, by {3}").

assumed_as("pays_for_delay", "waiting costs {1} nothing").
assumed_as("held_back", "nothing stands in the way of {1:noun}").
assumed_as("tied", "{1} [asks|ask] nothing in return for {2:noun}").
]]

return m
