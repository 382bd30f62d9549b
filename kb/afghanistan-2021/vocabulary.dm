-- Words special to this case. The words that talks of every kind share are in
-- the rule module `core` (scripts/rules/core.lua).

relation place(name: symbol) "A town where something takes place.".

-- Talks ------------------------------------------------------------------

state backs(actor: actor, process: process)
  "An outside power wants the process and helps it along.".
state hosts(place: place, process: process) "Where a process takes place.".
state lasts(process: process, days: int)
  "How many days a meeting is to take.".
state complements(part: process, other: process)
  "A meeting is meant to speed up and round off other talks.".
state under_way(process: process) "The two sides are meeting.".
state delayed(process: process) "A process starts later than planned.".
state stalled(process: process) "A process makes no headway.".
event fails(process: process) "A process has come to nothing.".
state headway(process: process) "A process makes real progress.".
event agenda_set(process: process) "The sides have agreed on an agenda.".
state takes_up(process: process, proposal: proposal)
  "What a meeting is to negotiate.".
state tables_own_ideas(actor: actor, process: process)
  "A side brings proposals of its own.".
state needed_for_deal(actor: actor, process: process)
  "There is no deal in the process without this side.".
state prepares(actor: actor, other: actor, process: process)
  "Helps another to get ready for a meeting.".
event follows(later: term, earlier: term)
  "One thing came after another, and is reported as its result.".
state delays(actor: actor, process: process)
  "An actor drags its feet over a process.".

-- Who does what ------------------------------------------------------------

event met(one: actor, other: actor, place: place)
  "Two have met (the day is the last one).".
event spoke(one: actor, other: actor) "Two have talked by telephone.".
event called(caller: actor, other: actor) "One has telephoned the other.".
state elected(actor: actor) "Holds office by democratic election.".
state convened(actor: actor, body: actor) "Has called a body into being.".
state shares_view(actor: actor, other: actor, content: term)
  "Two bodies expect the same.".
state hurries(actor: actor, process: process)
  "Tries to make a process more urgent.".
state full_weight(actor: actor, measure: measure)
  "Puts all its weight behind a measure.".

-- War and forces -----------------------------------------------------------

state can_defend(forces: forces) "Forces are able to hold the country.".
state defends(forces: forces) "Forces have been defending the people.".
state overrun(forces: forces) "Forces lose the fight.".
state ready_to_fight(actor: actor) "Is prepared to go on fighting.".
state resists(forces: forces, actor: actor) "Forces fight an actor back.".
state fights(actor: actor) "Turns all its attention to the war.".
state returns_by_force(actor: actor) "Takes power back by arms.".
state military_victory(actor: actor, loser: actor) "Decides the war.".
state aids(actor: actor, forces: forces) "Comes to the help of forces.".
state deters(actor: actor, other: actor)
  "Keeps another from an offensive by measures short of force.".
state protects(actor: actor, development: development)
  "Works to keep what has been won.".
state shifts_balance(process: process)
  "The weight of the sides at the table changes.".
state precipitous(step: term) "A step is taken in haste.".
state worsens(conflict: process) "A conflict gets bloodier.".
state gamble(actor: actor, step: term) "Taking the step is a risk.".
state knows(actor: actor, content: term) "Is aware of it.".
state keeps_guarantees(actor: actor)
  "Keeps the guarantees that it gave when it signed.".
state awaits_decision(actor: actor, step: term)
  "Has said that no decision on the step is taken yet.".
event falls_to(place: place, actor: actor) "A place is taken.".

-- Things said of in refusals and acceptances -------------------------------

term decision_on(actor: actor, means: symbol)
  "Whatever the actor decides about its means.".
term comment_on(content: term) "Speaking in public about something.".
term secure_outcome_with(means: symbol)
  "Using a means to make sure how talks end.".

-- How some of them read --------------------------------------------------------

phrase("can_defend", "{1} [is|are] able to hold the country").
phrase("overrun", "{1} [loses|lose] the fight").
phrase("called", "{1} [calls|call] {2}").
phrase("precipitous", "{1:noun} is hasty").
phrase("keeps_guarantees", "{1} [keeps|keep] the guarantees given").
phrase("delays", "{1} [delays|delay] {2}").
phrase("military_victory", "{1} [beats|beat] {2}").
noun("military_victory", "a decisive victory over {2}").
phrase("returns_by_force", "{1} [takes|take] power back by force").
noun("returns_by_force", "a return to power by force").
phrase("comment_on", "comment on {1:noun}").
phrase("decision_on", "whatever {1} [decides|decide] on {2}").

-- Holding the country and losing the fight cannot both be so.
contrary(can_defend(F), overrun(F)) if forces(F).
