-- The rule library, rule by rule, on small made-up talks: a river that two
-- towns share, a mill that uses its water, and a bank that pays.

local sample = require "sample"
local tap = require "tap"

local TALKS <const> = [[
source old { title = "Old", publisher = "Almanac", published = 2021-01-01,
  grade = B }.
source s1 { title = "One", publisher = "Post", published = 2021-04-10,
  grade = B }.
source s2 { title = "Two", publisher = "Times", published = 2021-04-12,
  grade = B }.
in old {
  actor upper "Upper town".
  actor lower "Lower town".
  actor mill "The mill".
  actor bank "The bank".
  actor clerk "The clerk of Upper town".
  actor monk "A monk".
  forces guards "The guards".
  forces mill_guards "The mill's guards".
  forces bank_guards "The bank's guards".
  part_of(mill_guards, guards).
  part_of(bank_guards, guards).
  controls(mill, mill_guards).
  controls(bank, bank_guards).
  process river "The river talks".
  process spring "The spring meeting".
  process feud "The feud".
  part_of(spring, river).
  settles(river, feud).
  issue toll "A toll on the river" scale 0 "none" .. 100 "full".
  proposal draft "The draft".
  measure grants "Grants".
  development flood "A flood".
  consent_needed(upper, river).
  consent_needed(lower, river).
  party(upper, river).
  speaks_for(clerk, upper).
  member(monk, lower).
}
relation weir(at: symbol).
state level(place: symbol, height: int) key (place).
question meets "Does the spring meeting open?" process spring
  by 2021-05-10 resolves "both at the table" options opens, stalls in s1.
question grows "Does the feud grow?" process feud
  by 2021-12-31 resolves "boats sunk" options widens, contained in s1.
]]

-- Is the answer to a goal, on the day, what is wanted?
local function is(text, goal, wanted, name, options)
  local kb, message = sample.open(TALKS .. text, { "outcomes" })
  if not kb then
    tap.diag(message)
    return tap.ok(false, name)
  end
  options = options or {}
  options.at = options.at or "2021-04-30"
  local v = assert(kb:view(options))
  tap.is(sample.answers(v, goal), wanted, name)
  v:close()
  kb:close()
end

-- Claims of one source, or of two.
local function one(text) return "in s1 { " .. text .. " }\n" end
local function two(first, second)
  return one(first) .. "in s2 { " .. second .. " }\n"
end

-- ============================================================ the belief policy

-- ----------------------------------------------------------- later, earlier

local LATER = two("c1: lower states weir(north).", "c2: mill denies weir(north).")
is(LATER, "weir(X)", "", "of two that clash, the later supersedes")
is(LATER, "-weir(X)", "X=north", "and is believed")
is(LATER, "set_aside(C, D, R)", 'C="s1.c1" D="s2.c2" R=superseded',
  "what is set aside stays visible, with the reason")
is(LATER, "weir(X)", "X=north", "the day before, the earlier one stands",
  { at = "2021-04-11" })
is(two("c1: lower states weir(north).", "c2: mill denies weir(south)."),
  "set_aside(C, D, R)", "", "what doesn't clash is let be")
is(two("c1: lower states level(north, 3).", "c2: mill states level(north, 4)."),
  "set_aside(C, D, R)", 'C="s1.c1" D="s2.c2" R=superseded',
  "two values of one key clash")
is(two("c1: upper accepts river.", "c2: upper refuses river."),
  "accepts(A, P)", "", "two that a `never` forbids clash")
is(two("c1: upper accepts spring.", "c2: upper refuses river."),
  "accepts(A, P)", "", "accepting a part and refusing the whole clash")
is(two("c1: upper accepts river.", "c2: upper refuses spring."),
  "accepts(A, P)", "A=upper P=river",
  "refusing a part leaves the acceptance of the whole")

-- ------------------------------------------------------------------ outranking

is(two("c1: upper accepts river.", "c2: mill states refuses(upper, river)."),
  "accepts(upper, X)", "X=river (disputed)",
  "an earlier one that outranks the later: both are disputed")
is(two("c1: upper accepts river.", "c2: mill states refuses(upper, river)."),
  "refuses(upper, X)", "X=river (disputed)", "the later, too")
is(two("c1: upper accepts river.", "c2: mill states refuses(upper, river)."),
  "all_accept(P) or blocked(P)", "P=river (disputed); P=spring (disputed)",
  "and so is what rests on them")
is(one "c1: lower states weir(north). c2: mill denies weir(north).", "weir(X)",
  "X=north (disputed)", "of one day, neither outranks: both are disputed")
is(one "c1: lower states weir(north). c2: mill denies weir(north).",
  "attacks(C, D, R)",
  'C="s1.c1" D="s1.c2" R=contested; C="s1.c2" D="s1.c1" R=contested',
  "each contests the other")
is(one "c1: upper accepts river. c2: mill states refuses(upper, river).",
  "set_aside(C, D, R)", 'C="s1.c2" D="s1.c1" R=outranked',
  "of one day, the one that outranks sets the other aside")
is(one "c1: upper accepts river. c2: mill states refuses(upper, river)."
  .. "\n", "accepts(upper, X)", "X=river", "and is believed")
is(one "c1: lower states weir(north). c2: mill denies weir(north) after c1.",
  "set_aside(C, D, R)", 'C="s1.c1" D="s1.c2" R=superseded',
  "of one day, but ordered: the later supersedes")
is(one("c1: lower states weir(north). c2: mill denies weir(north) after c1."
  .. " c3: monk states weir(north) after c2."), "weir(X)", "X=north",
  "the order of three")

-- -------------------------------------------------------------- an own later word

is(two("c1: upper accepts river grade A1.", "c2: upper refuses river grade E5."),
  "refuses(A, P)", "A=upper P=river",
  "a body's later word supersedes its own, though it is graded lower")
is(two("c1: upper accepts river grade A1.", "c2: clerk for upper refuses river."),
  "accepts(A, P)", "", "whoever speaks for it")
is(two("c1: mill states weir(north) grade A1.", "c2: lower denies weir(north) grade E5."),
  "weir(X)", "X=north (disputed)",
  "another's later word, graded lower, disputes it only")

-- ------------------------------------------------------------------------ ranks

is(one "c1: upper accepts river grade E5. c2: mill states refuses(upper, river) grade A1.",
  "outranks(C, D)", 'C="s1.c1" D="s1.c2"',
  "a word on itself outranks others', whatever their grade")
is(one "c1: clerk accepts river. c2: mill states refuses(clerk, river).",
  "outranks(C, D)", 'C="s1.c1" D="s1.c2"', "a person's word on himself")
is(one "c1: clerk states accepts(upper, river). c2: mill states refuses(upper, river).",
  "outranks(C, D)", 'C="s1.c1" D="s1.c2"',
  "who speaks for a body speaks as itself")
is(one "c1: mill states weir(north) grade B. c2: lower denies weir(north) grade C.",
  "outranks(C, D)", 'C="s1.c1" D="s1.c2"', "then the grade decides")
is(one "c1: mill states weir(north) grade E. c2: lower denies weir(north) grade F.",
  "outranks(C, D)", 'C="s1.c1" D="s1.c2"', "F ranks last")
is(one "c1: mill states weir(north). c2: anonymous \"a guard\" for lower denies weir(north).",
  "outranks(C, D)", 'C="s1.c1" D="s1.c2"',
  "then directness: a body itself before an unnamed speaker")
is(one "c1: monk for lower states weir(north). c2: bank for mill denies weir(north).",
  "outranks(C, D)", 'C="s1.c1" D="s1.c2"', "a member before an outsider")
is(one "c1: bank for mill states weir(north). c2: monk from lower denies weir(north).",
  "outranks(C, D)", 'C="s1.c1" D="s1.c2"', "what is handed on ranks last")
is(one "c1: mill states weir(north) grade B. c2: lower denies weir(north) grade B.",
  "outranks(C, D)", "", "equals don't outrank")

-- ---------------------------------------------------------------------- origins

is(one "c1: monk from lower states weir(north).", "claim{id = C, origin = O}",
  'C="s1.c1" O=lower', "the origin is the end of the chain")
is(one "c1: clerk for upper states weir(north).", "claim{id = C, origin = O}",
  'C="s1.c1" O=upper', "else the body")
is(one "c1: monk states weir(north).", "claim{id = C, origin = O}",
  'C="s1.c1" O=monk', "else the speaker")
is(two("c1: reporter states weir(north).", "c2: reporter states weir(north)."),
  "claim{id = C, origin = O}",
  'C="s1.c1" O="s1.reporter"; C="s2.c2" O="s2.reporter"',
  "reporters are kept apart by source")
local BEARS <const> = [[
bears_on(grows, occurs(flood), widens, "for") judged by me made 2021-01-01.
]]
is(BEARS .. one "c1: mill forecasts occurs(flood). c2: monk from mill forecasts occurs(flood).",
  "N = count{ ground(grows, widens, \"for\", _) }", "N=1",
  "claims of one origin count once")
is(BEARS .. one "c1: mill forecasts occurs(flood). c2: bank forecasts occurs(flood).",
  "N = count{ ground(grows, widens, \"for\", _) }", "N=2",
  "those of two count twice")

-- ------------------------------------------------------- conditions, hedges, days

local UNTIL <const> = one "c1: upper refuses river until withdrawn(mill_guards)."
local LEFT <const> = "withdrawn(mill_guards) on 2021-04-20 in s2.\n"
is(UNTIL, "refuses(A, P)", "A=upper P=river", "until: in force while it is not so")
is(UNTIL .. LEFT, "refuses(A, P)", "", "until: over once it is so")
is(UNTIL .. LEFT, "refuses(A, P)", "A=upper P=river", "until: not a day before",
  { at = "2021-04-19" })
local IF <const> = one "c1: upper accepts river if withdrawn(mill_guards)."
is(IF, "accepts(A, P)", "", "if: not yet in force")
is(IF .. LEFT, "accepts(A, P)", "A=upper P=river", "if: in force once it is so")
is(one "c1: upper accepts river only if withdrawn(mill_guards)." .. LEFT,
  "accepts(A, P)", "", "only if: never by itself")
is(one "c1: upper accepts river only if withdrawn(mill_guards).",
  "believed(C)", 'C="s1.c1"', "though it is believed")
is(one "c1: upper refuses river until withdrawn(mill_guards) and weir(north)."
  .. LEFT, "refuses(A, P)", "A=upper P=river", "until both: one is not enough")
is(one "c1: upper refuses river until withdrawn(mill_guards) or weir(north)."
  .. LEFT, "refuses(A, P)", "", "until either: one is enough")
is(one "c1: upper accepts river if not withdrawn(mill_guards).",
  "accepts(A, P)", "A=upper P=river", "if not")
is(one "c1: mill states weir(north) hedge perhaps.", "weir(X)", "",
  "what is hedged asserts only that it was said")
is(one "c1: mill states weir(north) hedge perhaps.", "states(A, X)",
  "A=mill X=weir(north)", "namely this")
is(one "c1: mill denies weir(north) hedge perhaps.", "denies(A, X)",
  "A=mill X=weir(north)", "a hedged denial, too")
is(one "c1: mill denies weir(north).", "-weir(X)", "X=north",
  "an unhedged denial asserts the negative")
is(one "c1: mill plans withdrawn(mill_guards) by 2021-06-01.", "due(X, D)",
  "X=plans(mill, withdrawn(mill_guards)) D=2021-06-01",
  "`by` gives a day on which it is due")
is(one "c1: mill plans withdrawn(mill_guards) by 2021-04-15.", "plans(A, X)",
  "A=mill X=withdrawn(mill_guards)", "and no end of validity")
is(one "c1: mill states withdrawn(mill_guards) on 2021-05-05.", "withdrawn(X)",
  "", "an event is not before its day")
is(one "c1: mill states withdrawn(mill_guards) on 2021-05-05.", "withdrawn(X)",
  "X=mill_guards", "and is from that day on", { at = "2021-05-05" })
local LEVEL <const> = two("c1: lower states level(north, 3).",
  "c2: lower states level(north, 4).")
is(LEVEL, "level(P, H)", "P=north H=4", "a state holds until the next value")
is(LEVEL, "level(P, H)", "P=north H=3", "that is, until it is said",
  { at = "2021-04-11" })
is(one "c1: mill states weir(north) during 2021-04-11..2021-04-20.", "weir(X)",
  "", "what was said to hold for a time ends")
is(one "c1: mill states weir(north) during 2021-04-11..2021-04-20.", "weir(X)",
  "X=north", "and holds in it", { at = "2021-04-15" })

-- --------------------------------------------------------- whom the view listens to

is(LATER, "weir(X)", "X=north", "a view of one source",
  { sources = { "old", "s1" } })
is(LATER, "weir(X)", "X=north", "a view of one speaker",
  { speakers = { "lower" } })
is(LATER, "-weir(X)", "X=north", "of the other", { speakers = { "mill" } })
is(LATER, "weir(X)", "X=north", "what was published later is not known",
  { known_by = "2021-04-11" })

-- ==================================================================== the core

is("", "part_of(P, W) and process(P)", "P=spring W=river", "part and whole")
is("part_of(river, world) in old.", "part_of(spring, W)", "W=river; W=world",
  "a part of a part is part of the whole")
is("", "deadline(P, D) and process(P)",
  "P=feud D=2021-12-31; P=spring D=2021-05-10", "a horizon is a deadline")
is(one "c1: mill plans withdrawn(mill_guards) by 2021-06-01.",
  "deadline(plans(A, X), D)", "A=mill X=withdrawn(mill_guards) D=2021-06-01",
  "so is what is due")
is("", "step(X, Y)", "X=withdrawn(bank_guards) Y=withdrawn(guards); "
  .. "X=withdrawn(mill_guards) Y=withdrawn(guards)",
  "a part leaving is a step to all leaving")
local ALL <const> = one "c1: upper refuses river until withdrawn(guards)."
is(ALL .. LEFT, "refuses(A, P)", "A=upper P=river",
  "a part leaving is not yet all leaving")
is(ALL .. LEFT .. "withdrawn(bank_guards) on 2021-04-21 in s2.",
  "refuses(A, P)", "", "once every part has left, all have")

-- =================================================================== positions

local REFUSES <const> = one "c1: upper refuses river until withdrawn(guards)."
is(REFUSES, "shuns(A, P, R)", "A=upper P=river R=river; "
  .. "A=upper P=spring R=river", "refusing the whole is refusing each part")
is(one "c1: upper refuses spring.", "shuns(A, P, R)",
  "A=upper P=spring R=spring", "but not the other way round")
is(one "c1: upper accepts river.", "agrees(A, P, R)",
  "A=upper P=river R=river; A=upper P=spring R=river",
  "accepting the whole is accepting each part")
is(REFUSES, "condition(A, R, K)", "A=upper R=river K=withdrawn(guards)",
  "a refusal until something has a condition")
is(one "c1: upper accepts river only if withdrawn(guards).",
  "condition(A, R, K)", "",
  "an acceptance that isn't in force imposes none")
is(REFUSES, "wants(A, X)", "A=upper X=withdrawn(guards)",
  "who makes a condition wants it")
is(one "c1: upper demands weir(north).", "wants(A, X)",
  "A=upper X=weir(north)", "who demands something wants it")
is(one "c1: monk assesses seeks(upper, weir(north)).", "wants(A, X)",
  "A=upper X=weir(north)", "so does, as others read it, who seeks it")
is(one "c1: upper demands weir(north). c2: mill states weir(north).",
  "wants(A, X)", "", "nobody wants what there is")
is(REFUSES, "falls_short(S, K)",
  "S=withdrawn(bank_guards) K=withdrawn(guards); "
  .. "S=withdrawn(mill_guards) K=withdrawn(guards)",
  "a part falls short of the condition")
is(REFUSES .. one "c2: mill plans withdrawn(mill_guards).", "lacking(S, K)",
  "S=withdrawn(bank_guards) K=withdrawn(guards)",
  "what nobody has announced is lacking")
is(REFUSES .. one "c2: bank promises withdrawn(guards).", "lacking(S, K)", "",
  "a promise of the whole is one of each part")
is("", "can_block(A, P) and P = spring", "A=lower P=spring; A=upper P=spring",
  "whose consent is needed can block, parts too")
is(REFUSES, "blocked(P)", "P=river; P=spring", "a refusal blocks")
is(one "c1: mill refuses river.", "blocked(P)", "",
  "but not of one whose consent isn't needed")
is(one "c1: upper accepts river.", "all_accept(P)", "", "one consent is missing")
is(one "c1: upper accepts river. c2: lower accepts spring.", "all_accept(P)",
  "P=spring", "all have accepted, each what it takes")
is(one "c1: upper accepts river. c2: mill refuses river.", "opposed(A, B, X)",
  "A=upper B=mill X=river", "one accepts what the other refuses")
is(one [[c1: bank offers draft. c2: reporter states calls_for(draft, toll).
  c3: lower refuses toll.]], "opposed(A, B, X)", "A=bank B=lower X=toll",
  "one offers what the other refuses")
is("position(upper, toll, 90, 0.5) judged by me made 2021-01-01.\n"
  .. "position(lower, toll, 10, 0.5) judged by me made 2021-01-01.",
  "far_apart(A, B, I, G)", "A=upper B=lower I=toll G=80.0",
  "stances far apart")
is("contrary(weir(north), weir(south)) in old.\n"
  .. one "c1: mill states weir(north). c2: bank states weir(south).",
  "at_odds(C, D)", 'C="s1.c1" D="s1.c2"',
  "contents that can't both be so are at odds")

-- =================================================================== pressures

is(REFUSES, "lever(B, A, F)", "B=bank A=upper F=bank_guards; "
  .. "B=mill A=upper F=mill_guards", "controlling what another wants is a lever")
local GIVEN <const> = REFUSES .. one [[
c2: mill plans withdrawn(mill_guards) by 2021-06-01.
c3: mill refuses bargain_with(mill_guards).]]
is(GIVEN, "given_away(B, F, S, D)", "B=mill F=mill_guards "
  .. "S=withdrawn(mill_guards) D=2021-06-01",
  "dated and not traded: a lever given away")
is(REFUSES .. one "c2: mill plans withdrawn(mill_guards) by 2021-06-01.",
  "given_away(B, F, S, D)", "", "dated only: not given away")
local TIED <const> = REFUSES .. one
  "c2: mill promises withdrawn(mill_guards) if accepts(upper, river)."
is(TIED, "lever_used(B, F, S)",
  "B=mill F=mill_guards S=withdrawn(mill_guards)",
  "a promise under a condition uses the lever, in force or not")
is(one "c2: mill plans withdrawn(mill_guards) until weir(north).",
  "lever_used(B, F, S)", "B=mill F=mill_guards S=withdrawn(mill_guards)",
  "a plan with a condition uses the lever")
is(one "c1: bank promises continues(bank, grants).", "lever_left(A, M)",
  "A=bank M=grants", "a measure kept up is still in hand")
is(GIVEN, "coming(B, S)", "B=mill S=withdrawn(mill_guards)",
  "what is planned and not traded is coming")
is(REFUSES .. one "c2: mill plans withdrawn(mill_guards).", "coming(B, S)", "",
  "an undated plan isn't")
is(one "c2: mill plans withdrawn(mill_guards) by 2021-06-01 until weir(north).",
  "coming(B, S)", "", "nor is one under a condition")
is(GIVEN, "comes_anyway(K)", "K=withdrawn(guards)",
  "a part is coming, nothing holds back the rest")
is(GIVEN .. one "c4: bank refuses withdrawn(bank_guards).", "comes_anyway(K)",
  "", "unless somebody holds back a part")
is(GIVEN .. one "c4: bank plans stays(bank_guards).", "comes_anyway(K)", "",
  "or plans to stay")
is(GIVEN .. one "c4: bank states stays(bank_guards).", "held_back(withdrawn(F))",
  "F=guards", "or stays")
is(GIVEN, "gains_by_waiting(A, P)", "A=upper P=river; A=upper P=spring",
  "whose condition comes anyway gains by waiting")
is(REFUSES, "gains_by_waiting(A, P)", "", "else nobody does")
is("cost_of_delay(upper, river) in s1.", "pays_for_delay(A, P)",
  "A=upper P=river; A=upper P=spring", "delay of the whole is delay of the part")
is(one "c1: bank threatens cost_of_delay(upper, spring).",
  "pays_for_delay(A, P)", "A=upper P=spring", "a threat makes delay costly")
is(one "c1: monk assesses outwaits(upper, mill).", "can_outwait(A, B, E)",
  "A=upper B=mill E=monk", "who is read as the more patient")
local OFFER <const> = one [[
c1: bank offers draft.
c2: reporter states calls_for(draft, toll).
c3: reporter states addressed_to(draft, lower).]]
is(OFFER, "presses(A, B, I)", "A=bank B=lower I=toll",
  "putting a plan before somebody leans on him")
is(OFFER, "resisted(A, B, I)", "", "nobody resists")
local RESISTED <const> = OFFER .. one "c4: lower refuses toll." .. [[
capability(bank, 0.8) judged by me made 2021-01-01.
position(bank, toll, 90, 0.5) judged by me made 2021-01-01.
]]
is(RESISTED, "resisted(A, B, I)", "A=bank B=lower I=toll", "now he does")
is(RESISTED, "pressure(A, B, I, W) and W > 0.39 and W <= 0.4",
  "A=bank B=lower I=toll W=0.4", "pressure is weight times salience",
  { at = "2021-04-10" })
is(RESISTED, "pressure_on(B, I, W) and W < 0.2 and W > 0.1",
  "", "not faded within weeks")
is(RESISTED .. "weak(B) if pressure_on(B, _, W) and W > 0.1 and W < 0.15.\n",
  "weak(B)", "B=lower", "but within months", { at = "2021-07-31" })
is(one "c1: reporter infers presses(bank, lower, toll).",
  "alleged(S, A, B, I)", 'S="s1.reporter" A=bank B=lower I=toll',
  "pressure that somebody only infers")

-- ==================================================================== outcomes

is("", "asks(Q, P, O)", "Q=grows P=feud O=contained; Q=grows P=feud O=widens; "
  .. "Q=meets P=spring O=opens; Q=meets P=spring O=stalls",
  "the options of open questions")
is("", "asks(meets, P, O)", "", "not once the horizon has passed",
  { at = "2021-05-11" })
is(GIVEN, "outcome(P, O)", "P=spring O=stalls",
  "who can block, refuses and gains by waiting holds out")
is(GIVEN, "leading(Q, O)", "Q=meets O=stalls", "and leads")
is(GIVEN .. "cost_of_delay(upper, spring) in s1.", "outcome(P, O)", "",
  "unless delay costs him something")
is(GIVEN, "outcome(P, O)", "", "no outcome after the horizon",
  { at = "2021-05-11" })
is(GIVEN, "ground(meets, stalls, \"for\", R)",
  "R=lever_gone(mill, withdrawn(mill_guards), 2021-06-01); "
  .. "R=refusal_until(upper, river, withdrawn(guards))",
  "grounds: the lever given away, the refusal")
is(GIVEN, "N = count{ ground(meets, opens, against, _) }", "N=2",
  "what favours one option speaks against the other")
is(one "c1: upper refuses river.", "ground(meets, stalls, \"for\", R)",
  "R=refusal(upper, river)", "an outright refusal is another reason")
is(one "c1: bank assesses aims(upper, stall).",
  "ground(meets, stalls, \"for\", R)", "R=stalling_read(bank, upper)",
  "an outsider's reading of the aim")
is(one "c1: lower assesses aims(upper, stall).",
  "ground(meets, stalls, \"for\", R)", "", "a side's reading of it is none")
is(one "c1: upper accepts river. c2: lower accepts river.", "leading(Q, O)",
  "Q=meets O=opens", "all accept: it opens")
is(one "c1: upper accepts river. c2: lower accepts river.",
  "ground(meets, opens, \"for\", R)",
  "R=consent(lower, river); R=consent(upper, river)",
  "each consent is a ground")
is(two("c1: upper accepts river.", "c2: upper refuses river."),
  "lost_ground(Q, O, C, D)", 'Q=meets O=opens C="s1.c1" D="s2.c2"',
  "a consent that was set aside is a ground lost")
is(two("c1: upper refuses river.", "c2: upper accepts river."),
  "lost_ground(Q, O, C, D)", 'Q=meets O=stalls C="s1.c1" D="s2.c2"',
  "so is a refusal")
local SUSTAINED <const> = GIVEN .. "sustains(mill_guards, lower) in old.\n"
is(SUSTAINED, "ground(grows, widens, \"for\", R)",
  "R=no_enforcer(river); R=patron_leaves(mill, mill_guards, lower)",
  "nobody enforces a deal, and a patron leaves")
is(SUSTAINED .. "guarantor(bank, river) in old.",
  "ground(grows, widens, \"for\", R)",
  "R=patron_leaves(mill, mill_guards, lower)", "an enforcer takes one away")
is(BEARS .. one "c1: mill forecasts occurs(flood).",
  "ground(grows, widens, \"for\", R)", "R=said(mill, occurs(flood))",
  "what is said and bears on the question")
is(BEARS .. one "c1: mill warns occurs(flood) if weir(north) hedge fears.",
  "ground(grows, widens, \"for\", R)",
  "R=said_if(mill, occurs(flood), weir(north))",
  "a conditional forecast keeps its condition")
is(BEARS .. one "c1: mill denies occurs(flood).",
  "ground(grows, widens, \"for\", R)", "", "a denial doesn't speak for it")
is([[bears_on(grows, weir(north), widens, against) judged by me made 2021-01-01.
]] .. one "c1: mill states weir(north).", "ground(grows, O, D, R)",
  "O=widens D=against R=said(mill, weir(north))",
  "what speaks against an option speaks for no other")
is(one "c1: upper refuses river until withdrawn(guards)." .. one
  "c2: mill plans withdrawn(mill_guards).", "unknown(X)",
  "X=undated(withdrawn(bank_guards), withdrawn(guards))",
  "unknown: a part that nobody has announced")
is(BEARS .. one "c1: mill warns occurs(flood) if weir(north) hedge fears.",
  "unknown(X)", "X=open_if(weir(north), mill)",
  "unknown: the condition of a forecast")
is(one "c1: reporter states moved(spring, 2021-04-20, 2021-05-10).",
  "unknown(X)", "X=unannounced(spring, 2021-05-10)",
  "unknown: who put a meeting off")
is(one "c1: mill states moved(spring, 2021-04-20, 2021-05-10).",
  "unknown(X)", "", "known, if somebody is named")
is(REFUSES, "watch(X)", "X=consent_of(lower, spring); "
  .. "X=consent_of(upper, spring); X=day_passes(feud, 2021-12-31); "
  .. "X=day_passes(spring, 2021-05-10); X=met_for(withdrawn(guards), upper)",
  "watch: consents, conditions, horizons")
is(GIVEN, "watch(day_passes(withdrawn(F), D))",
  "F=mill_guards D=2021-06-01", "watch: the day a lever is gone")

-- =============================================================== the library

-- The rules name nobody: no entity, no source and no date is written in them,
-- but the date of the rules themselves.
local function text_of(name)
  local file = assert(io.open("scripts/rules/" .. name .. ".lua"))
  local text = file:read "a"
  file:close()
  return text
end

local MODULES <const> = { "core", "belief", "positions", "pressures",
  "outcomes" }
for _, name in ipairs(MODULES) do
  local text = text_of(name):gsub("rules_written%(%d%d%d%d%-%d%d%-%d%d%)", "")
  tap.ok(not text:find "%d%d%d%d%-%d%d%-%d%d", name .. ": no dates")
  tap.ok(not text:lower():find "taliban" and not text:lower():find "afghan"
    and not text:lower():find "istanbul", name .. ": nobody's name")
end

-- Every relation has a doc string, every rule a doc line.
local kb = assert(sample.open(TALKS, { "outcomes" }))
local v = assert(kb:view { at = "2021-04-30" })
assert(v:answers "today(T)")
local undocumented = {}
for _, rule in ipairs(v:rules()) do
  if rule.module and not rule.doc then
    undocumented[#undocumented + 1] = rule.module .. "." .. rule.relation
      .. ":" .. tostring(rule.line)
  end
end
tap.ok(#v:rules() > 100, "rules are counted")
tap.diag("rules of private relations without a doc line: " .. #undocumented)
local public = {}
for _, name in ipairs(undocumented) do
  local relation = name:match "%.(.-):"
  if not text_of(name:match "^[^.]+"):find("private relation " .. relation
    .. "(", 1, true) then public[#public + 1] = name end
end
tap.is(table.concat(public, "\n"), "", "every public rule has a doc line")
kb:close()

tap.done()
