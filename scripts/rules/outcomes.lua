-- Outcomes: questions with a horizon and options, the grounds for and against
-- each option, the option that the rules arrive at, what is unknown and what
-- to watch.
--
-- Options whose names these rules understand, for any process:
--   opens    the process starts by the horizon
--   stalls   it does not, because somebody holds out
--   widens   the conflict that talks were to settle grows
-- A ground for any other option comes from `bears_on` or a rule of your own.
--
-- A ground is ground(question, option, direction, reason). The reason is a
-- term; phrase(functor, text) says how it reads, so a module that brings a
-- new reason brings its phrase, and no report needs changing.

local m = require "dragoman".module "outcomes"

m:doc "Questions, grounds for and against their options, what to watch."
m:uses "pressures"

m:rules [[
relation asks(question: symbol, process: process, option: symbol)
  "The option is open: the question's horizon is not past.".
-- An option is open until the horizon has passed.
asks(Q, P, O) if question(Q, _, P, H, _) and question_option(Q, O)
                 and today(T) and T <= H.

relation favours(question: symbol, option: symbol, reason: term)
  "A reason speaks for an option.".
relation disfavours(question: symbol, option: symbol, reason: term)
  "A reason speaks against an option and for no other one.".

-- What favours an option is a ground for it.
ground(Q, O, "for", R) if favours(Q, O, R).
-- What disfavours an option is a ground against it.
ground(Q, O, against, R) if disfavours(Q, O, R).
-- Options exclude each other: what favours one speaks against the others.
ground(Q, O, against, R) if favours(Q, N, R) and asks(Q, _, O) and N != O.
]]

-- Stalling. A veto player who gains by waiting and does not pay for it holds
-- out: the side with the lower cost of time waits (Rubinstein 1982; Fearon
-- 1995 on why a deal now cannot bind the side that will be stronger later).
m:rules [[
relation holds_out(actor: actor, process: process)
  "Refuses, can block, gains by waiting and does not pay for it.".
-- Refuses, can block, gains by waiting, pays nothing for it
-- (Rubinstein 1982; Fearon 1995).
holds_out(A, P) if shuns(A, P, _) and can_block(A, P)
                   and gains_by_waiting(A, P) and not pays_for_delay(A, P).

-- A process stalls if a side that can block it holds out.
outcome(P, stalls) if asks(_, P, stalls) and holds_out(_, P).

term refusal(actor: actor, matter: term).
term refusal_until(actor: actor, matter: term, condition: term).
term lever_gone(actor: actor, step: term, day: date).
term stalling_read(reader: actor, actor: actor).

-- A side that can block refuses outright.
favours(Q, stalls, refusal(A, R)) if asks(Q, P, stalls) and shuns(A, P, R)
                                     and can_block(A, P)
                                     and not conditional(A, R).
-- A side that can block refuses until its condition is met.
favours(Q, stalls, refusal_until(A, R, K))
  if asks(Q, P, stalls) and shuns(A, P, R) and can_block(A, P)
     and condition(A, R, K).
-- The lever over a side that can block is given away (Kenwick).
favours(Q, stalls, lever_gone(B, S, D))
  if asks(Q, P, stalls) and can_block(A, P) and lever(B, A, F)
     and given_away(B, F, S, D).
-- An outsider reads the aim of a side that can block as winning time.
favours(Q, stalls, stalling_read(E, A))
  if asks(Q, P, stalls) and can_block(A, P) and assesses(E, aims(A, stall))
     and not interested(E, P).

relation interested(reader: actor, process: process)
  "The reader is itself a side of the process.".
-- Who can block is a side.
interested(E, P) if can_block(E, P).
-- A party is a side.
interested(E, P) if party(E, Q) and within(P, Q).
]]

-- Opening: everybody whose consent is needed has given it (a veto player
-- analysis again; ripeness is necessary, not sufficient: Zartman 2000).
m:rules [[
-- A process opens if everybody who can block it accepts (Tsebelis 2002).
outcome(P, opens) if asks(_, P, opens) and all_accept(P).

term consent(actor: actor, matter: term).
-- With the consent of all, each consent speaks for opening.
favours(Q, opens, consent(A, R)) if asks(Q, P, opens) and all_accept(P)
                                    and can_block(A, P) and agrees(A, P, R).

relation lost_ground(question: symbol, option: symbol, claim: symbol,
                     by: symbol)
  "A claim that would speak for the option, had it not been set aside.".
-- An acceptance that was set aside.
lost_ground(Q, opens, C, D) if set_aside(C, D, _) and asks(Q, P, opens)
                               and claim{id = C, atom = accepts(A, R)}
                               and within(P, R) and can_block(A, P).
-- A refusal that was set aside.
lost_ground(Q, stalls, C, D) if set_aside(C, D, _) and asks(Q, P, stalls)
                                and claim{id = C, atom = refuses(A, R)}
                                and within(P, R) and can_block(A, P).
]]

-- War after all. A deal that asks a side to disarm seldom holds unless a third
-- party enforces it (Walter 1997); a patron who leaves takes the protected
-- side's strength along (Kenwick, interveners 1946-2010).
m:rules [[
term no_enforcer(talks: process).
term patron_leaves(patron: actor, means: symbol, protected: symbol).

-- No third party would enforce a deal (Walter 1997).
favours(Q, widens, no_enforcer(P))
  if asks(Q, W, widens) and settles(P, W) and coming(_, S) and spends(S, F)
     and sustains(F, _) and not guarantor(_, P).
-- A patron takes away what sustains one side (Kenwick).
favours(Q, widens, patron_leaves(B, F, A))
  if asks(Q, W, widens) and settles(_, W) and coming(B, S) and spends(S, F)
     and sustains(F, A).
]]

-- What people said that bears on a question: a judgement says what it means
-- for which option; here it is found and turned into a ground, by origin.
m:rules [[
term said(speaker: symbol, content: term).
term said_if(speaker: symbol, content: term, condition: term).

private relation voiced(claim: symbol, origin: symbol, content: term).
voiced(C, O, X) if claim{id = C, act = A, origin = O, content = X}
                   and A != denies and believed(C).
private relation has_if(claim: symbol).
has_if(C) if claim_condition(C, "if", _).

private relation reason(question: symbol, option: symbol,
                        direction: symbol, reason: term).
reason(Q, N, D, said(O, X)) if bears_on(Q, X, N, D) and asks(Q, _, N)
                               and voiced(C, O, X) and not has_if(C).
reason(Q, N, D, said_if(O, X, K)) if bears_on(Q, X, N, D) and asks(Q, _, N)
                                     and voiced(C, O, X)
                                     and claim_condition(C, "if", K).
-- Somebody says what speaks for the option.
favours(Q, N, R) if reason(Q, N, "for", R).
-- Somebody says what speaks against the option.
disfavours(Q, N, R) if reason(Q, N, against, R).
]]

-- Where a question stands. `leading` is an option that the rules arrive at
-- and no other option of the question rivals.
m:rules [[
relation leading(question: symbol, option: symbol)
  "The one option that the rules arrive at.".
private relation rivalled(question: symbol, option: symbol).
rivalled(Q, O) if asks(Q, P, O) and asks(Q, P, N) and outcome(P, N)
                  and N != O.
-- The rules arrive at this option and at no other.
leading(Q, O) if asks(Q, P, O) and outcome(P, O) and not rivalled(Q, O).
]]

-- What nobody knows, and what to watch for.
m:fn("functor", function(term)
  return type(term) == "table" and term.name or tostring(term)
end)

m:fn("is_reporter", function(speaker)
  return speaker:find("reporter", 1, true) and 1 or 0
end)

m:rules [[
term undated(step: term, condition: term).
term open_if(condition: term, speaker: symbol).

relation unknown(matter: term)
  "Something that the grounds turn on and nobody has spoken to.".
-- A part of a condition that nobody has announced.
unknown(undated(S, K)) if lacking(S, K).
-- A condition of a forecast that nobody has spoken to.
unknown(open_if(K, O)) if bears_on(_, X, _, _) and voiced(C, O, X)
                          and claim_condition(C, "if", K)
                          and functor(K) != "and" and functor(K) != "or"
                          and not satisfied(K) and not foreseen(K).

term unannounced(process: process, day: date).

private relation attributed(process: process, day: date).
attributed(P, D) if claim{id = C, speaker = S, atom = moved(P, _, D)}
                    and believed(C) and is_reporter(S) = 0.
-- A process was put off, and no speaker is named for it.
unknown(unannounced(P, D)) if asks(_, P, _) and moved(P, _, D)
                              and not attributed(P, D).

term consent_of(actor: actor, process: process).
term met_for(condition: term, actor: actor).
term day_passes(matter: term, day: date).

relation watch(matter: term)
  "Something whose coming about would change the picture.".
-- A consent that is needed and not given.
watch(consent_of(A, P)) if asks(_, P, opens) and can_block(A, P)
                           and not agrees(A, P, _).
-- An actor's condition that is not met.
watch(met_for(K, A)) if condition(A, _, K) and not satisfied(K).
-- A horizon.
watch(day_passes(P, D)) if asks(_, P, _) and deadline(P, D).
-- The day on which a lever is gone.
watch(day_passes(S, D)) if given_away(_, _, S, D) and today(T) and T < D.
]]

-- How they read.
m:rules [[
phrase("opens", "it opens").
phrase("stalls", "it stalls").
phrase("widens", "it widens").

phrase("asks", "open question: {1}").
phrase("holds_out", "{1} [holds|hold] out over {2}").
phrase("leading", "{2} leads on: {1}").
phrase("ground", "{3} {2}: {4}").
phrase("favours", "for {2}: {3}").
phrase("disfavours", "against {2}: {3}").
phrase("interested", "{1} [is|are] a side of {2}").
phrase("voiced", "{2} [says|say]: {3}").
phrase("reason", "{3} {2}: {4}").
phrase("bears_on", "{2:noun} speaks {4} {3}").

phrase("refusal", "{1} [refuses|refuse] {2:noun}").
phrase("refusal_until", "{1} [refuses|refuse] {2:noun} until {3}").
phrase("lever_gone", "{1} [has|have] dated {2:noun} and won't trade on it").
phrase("stalling_read", "{1}: {2} [plays|play] for time").
phrase("consent", "{1} [accepts|accept] {2:noun}").
phrase("no_enforcer", "nobody would enforce a deal in {1}").
phrase("patron_leaves",
       "{1} [takes|take] away {2}, which [sustains|sustain] {3}").
phrase("said", "{1}: {2}").
phrase("said_if", "{1}: {2}, if {3}").
phrase("undated", "the date of {1:noun}").
phrase("open_if", "whether {1} (a condition of {2})").
phrase("unannounced", "who put {1} off to {2}").
phrase("consent_of", "{1} [accepts|accept] {2}").
phrase("met_for", "{1} (a condition of {2})").
phrase("day_passes", "{2} passes ({1:noun})").

assumed_as("interested", "{1} [is|are] no side of {2}").
assumed_as("has_if", "no condition goes with {1}").
assumed_as("conditional", "the refusal of {2:noun} by {1} names no condition").
assumed_as("rivalled", "no other option is arrived at").
assumed_as("attributed", "nobody is named who put {1} off to {2}").
]]

-- The library's own date: a view read before it is hindsight.
m:rules [[
relation rules_written(day: date)
  "When these rules were written.".
rules_written(2026-11-23).
]]

return m
