-- The core vocabulary: the words in which knowledge, rules and bargaining
-- models of talks and conflicts meet. It names nobody. A knowledge base adds
-- the relations that are special to its case in a file of its own.

local m = require "dragoman".module "core"

m:doc "The words that knowledge, rules and bargaining models share."

-- What there is ---------------------------------------------------------

m:rules [[
relation actor(name: symbol)
  "Somebody who acts or speaks: a person, a body, a state, an armed group.".
relation process(name: symbol)
  "Talks, a conference, a war: what goes on between actors and has an end.".
relation issue(name: symbol)
  "A matter that actors want settled one way or another.".
relation forces(name: symbol)
  "Armed forces, or a part of them.".
relation proposal(name: symbol)
  "A text or plan that an actor has put on the table.".
relation development(name: symbol)
  "Something that may come about and that people speak of beforehand.".
relation measure(name: symbol)
  "A means of policy other than armed forces: aid, diplomacy, sanctions.".
]]

-- Who is who ------------------------------------------------------------

m:rules [[
asserted relation member(actor: actor, group: actor)
  "Who belongs to what.".
asserted relation speaks_for(speaker: actor, body: actor)
  "Whose word counts as the word of which body.".
asserted relation part_of(part: symbol, whole: symbol)
  "What is a part of what: forces of forces, a meeting of a process.".
-- What is part of a part is part of the whole.
part_of(A, C) if part_of(A, B) and part_of(B, C).

relation party(actor: actor, process: process)
  "Who is one of the sides of a process.".
relation consent_needed(actor: actor, process: process)
  "Without whose consent the process cannot go ahead: a veto player.".
relation guarantor(actor: actor, process: process)
  "A third party that would enforce what the process agrees.".
relation settles(talks: process, conflict: process)
  "Which talks are meant to end which conflict.".
relation controls(actor: actor, means: symbol)
  "Who commands which forces or measures.".
state sustains(means: symbol, actor: symbol)
  "Forces or measures without which an actor would be weaker.".
]]

-- Where they stand ------------------------------------------------------

m:rules [[
state position(actor: actor, issue: issue, stance: float, salience: float)
  key (actor, issue)
  "Where an actor stands on an issue, on its scale, and how much it cares.".
state capability(actor: actor, weight: float)
  key (actor)
  "An actor's weight in the conflict, all its means together.".
]]

-- What is said and done: the acts ---------------------------------------

m:rules [[
state states(actor: actor, content: term)
  "Says that something is so, with a hedge.".
state denies(actor: actor, content: term)
  "Says that something is not so, with a hedge.".
state assesses(actor: actor, content: term)
  "Gives something as its own reading of the facts.".
state forecasts(actor: actor, content: term)
  "Says that something will come about.".
state plans(actor: actor, content: term)
  "Means to do something.".
state promises(actor: actor, content: term)
  "Binds itself to something that others want.".
state threatens(actor: actor, content: term)
  "Says that it will do something that others do not want.".
state demands(actor: actor, content: term)
  "Wants somebody else to do something.".
state offers(actor: actor, content: term)
  "Puts something on the table.".
state accepts(actor: actor, content: term)
  "Agrees to something.".
state refuses(actor: actor, content: term)
  "Will not do, attend or agree to something.".
state warns(actor: actor, content: term)
  "Says that something bad may come about.".
state infers(actor: actor, content: term)
  "Concludes something from other things, in its own voice.".

never accepts(A, P) and refuses(A, P).
never accepts(A, P) and refuses(A, Q) and part_of(P, Q).
]]

-- What the acts are about -----------------------------------------------

m:rules [[
term bargain_with(means: symbol)
  "Giving up or keeping a means according to what the other side gives.".

event withdrawn(forces: forces)
  "Forces have left the country.".
state stays(forces: forces)
  "Forces remain in the country.".
event deal(process: process)
  "The talks have ended in an agreement.".
event occurs(development: development)
  "A development that was spoken of has come about.".
state scheduled(process: process, day: date) key (process)
  "The day on which a meeting is to begin.".
event moved(process: process, old: date, new: date)
  "A meeting was put off from one day to another.".
state aims(actor: actor, aim: symbol)
  "What an actor is after in a process; `stall` is to win time.".
state seeks(actor: actor, content: term)
  "What an actor wants to see come about.".
state calls_for(proposal: proposal, issue: issue)
  "What a proposal contains.".
state addressed_to(proposal: proposal, actor: actor)
  "To whom a proposal was handed.".
state continues(actor: actor, measure: measure)
  "A measure is kept up.".
state cost_of_delay(actor: actor, process: process)
  "Delay of the process costs the actor something.".
state presses(actor: actor, target: actor, issue: issue)
  "An actor leans on another over an issue.".
]]

-- Conditions, plans, deadlines, levers, pressure --------------------------

m:rules [[
relation condition(actor: actor, matter: term, condition: term)
  "What an actor makes its refusal of a matter depend on.".
relation satisfied(condition: term)
  "A condition that is met as of the view's date.".
relation due(content: term, day: date)
  "The day by which something that was said is to come about.".
relation deadline(matter: term, day: date)
  "A day after which things stand differently: dated plans, questions.".
relation lever(holder: actor, target: actor, means: symbol)
  "A means of the holder whose use the target wants or fears.".
relation pressure(source: actor, target: actor, issue: issue, weight: float)
  "Who leans on whom, over what, and how hard (weights are judgements).".

-- What was said to come about by a day is due on it.
due(X, D) if claim{id = C, atom = X} and believed(C) and claim_due(C, D).
-- What is due has a deadline.
deadline(X, D) if due(X, D).
-- A question's horizon is a deadline of its process.
deadline(P, D) if question(_, _, P, D, _).

relation step(part: term, whole: term)
  "Bringing about the part goes some of the way to the whole.".
-- A part of the forces leaving is a step to all of them leaving.
step(withdrawn(P), withdrawn(W)) if forces(W) and part_of(P, W).

private relation not_yet_out(whole: symbol).
not_yet_out(W) if part_of(P, W) and forces(P) and not made_of_parts(P)
                  and not out(P).
private relation out(part: symbol).
out(P) if withdrawn(P).
out(P) if part_of(P, W) and withdrawn(W).
private relation made_of_parts(whole: symbol).
made_of_parts(W) if part_of(_, W).
-- All forces are out once each known part of them is.
satisfied(withdrawn(W)) if forces(W) and made_of_parts(W)
                           and not not_yet_out(W).
]]

-- Questions and their outcomes --------------------------------------------

m:rules [[
relation outcome(process: process, option: symbol)
  "The option that the rules arrive at for a process.".
relation ground(question: symbol, option: symbol, direction: symbol,
                reason: term)
  "A reason that speaks `for` or `against` an option of a question.".
relation bears_on(question: symbol, content: term, option: symbol,
                  direction: symbol)
  "If somebody says the content, it speaks for or against the option.".
relation resolution(question: symbol, option: symbol)
  "How a question ended.".
relation contrary(one: term, other: term)
  "Two contents that cannot both be so, though no key or `never` says it.".
]]

-- How names, terms and facts read: used by reports, by no rule. In a text
-- {1}, {2} stand for the arguments, {1:noun} for one read as a thing, and
-- [refuses|refuse] for the verb that agrees with the argument before it.

m:rules [[
relation phrase(functor: symbol, text: symbol)
  "How a term or fact reads as a clause.".
relation noun(functor: symbol, text: symbol)
  "How a term reads as a thing.".
relation assumed_as(relation: symbol, text: symbol)
  "How the absence of a fact of the relation reads as an assumption.".
relation plural(name: symbol)
  "The label of the name takes its verb in the plural.".

phrase("member", "{1} [is|are] part of {2}").
phrase("speaks_for", "{1} [speaks|speak] for {2}").
phrase("part_of", "{1} [is|are] part of {2}").
phrase("party", "{1} [is|are] a side of {2}").
phrase("consent_needed", "{2} [needs|need] the consent of {1}").
phrase("guarantor", "{1} would enforce a deal in {2}").
phrase("settles", "{1} [is|are] meant to settle {2}").
phrase("controls", "{1} [controls|control] {2}").
phrase("sustains", "{1} [sustains|sustain] {2}").

phrase("states", "{1} [says|say]: {2}").
phrase("denies", "{1} [denies|deny]: {2}").
phrase("assesses", "{1} [judges|judge]: {2}").
phrase("forecasts", "{1} [expects|expect] {2:noun}").
phrase("plans", "{1} [plans|plan] {2:noun}").
phrase("promises", "{1} [promises|promise] {2:noun}").
phrase("threatens", "{1} [threatens|threaten] {2:noun}").
phrase("demands", "{1} [demands|demand] {2:noun}").
phrase("offers", "{1} [offers|offer] {2:noun}").
phrase("accepts", "{1} [accepts|accept] {2:noun}").
phrase("refuses", "{1} [refuses|refuse] {2:noun}").
phrase("warns", "{1} [warns|warn] of {2:noun}").
phrase("infers", "{1} [infers|infer]: {2}").

phrase("bargain_with", "trading on {1}").
phrase("withdrawn", "{1} [leaves|leave]").
noun("withdrawn", "the exit of {1}").
phrase("stays", "{1} [stays|stay]").
noun("stays", "{1} staying").
phrase("deal", "there is a deal in {1}").
noun("deal", "a deal in {1}").
phrase("occurs", "{1}").
phrase("scheduled", "{1} [is|are] to begin on {2}").
phrase("moved", "{1} [was|were] put off from {2} to {3}").
phrase("aims", "{1} [aims|aim] to {2}").
noun("aims", "the aim of {1} to {2}").
phrase("seeks", "{1} [seeks|seek] {2:noun}").
phrase("calls_for", "{1} [asks|ask] for {2}").
phrase("addressed_to", "{1} [was|were] put to {2}").
phrase("continues", "{1} [keeps|keep] up {2}").
noun("continues", "keeping up {2}").
phrase("cost_of_delay", "delay of {2} costs {1} something").
phrase("presses", "{1} [leans|lean] on {2} over {3}").
phrase("condition", "{1} [makes|make] {3:noun} a condition").
phrase("due", "{1}, by {2}").
phrase("deadline", "{1:noun}, by {2}").
phrase("step", "{1:noun} is a step to {2:noun}").
phrase("satisfied", "it is so: {1}").
phrase("outcome", "{1} {2}").
phrase("position", "{1} [stands|stand] at {3} on {2} (salience {4})").
phrase("capability", "{1} [carries|carry] a weight of {2}").
phrase("and", "{1} and {2}").
phrase("or", "{1} or {2}").
phrase("not", "without {1:noun}").

assumed_as("withdrawn", "{1} [has|have] not left yet").
assumed_as("satisfied", "not so yet: {1}").
assumed_as("guarantor", "nobody would enforce a deal in {2}").
]]

return m
