-- From claims to facts: what is believed, superseded, disputed, conditional.

local sample = require "sample"
local tap = require "tap"

-- Open TALKS plus text; `at` is the day of the view.
local function view(text, at)
  local kb, message = sample.open(sample.TALKS .. text)
  if not kb then
    tap.diag(message)
    error "the sample has mistakes"
  end
  return assert(kb:view { at = at or "2021-04-30" }), kb
end

local function is(text, goal, wanted, name, at)
  local v, kb = view(text, at)
  tap.is(sample.answers(v, goal), wanted, name)
  kb:close()
end

-- --------------------------------------------------------------- plain facts

is("in s1 { c1: a refuses talks. }", "refuses(X, Y)", "X=a Y=talks",
  "a claim of an act becomes a fact")
is("in s1 { c1: b states refuses(a, talks). }", "refuses(X, Y)",
  "X=a Y=talks", "what another states, too")
is("in s1 { c1: b denies deal(talks). }", "-deal(X)", "X=talks",
  "a denial becomes an explicit negative")
is("in s1 { c1: a refuses talks. }", "refuses(X, Y)", "",
  "not before it was published", "2021-04-09")
is("in s1 { c1: a states withdrawn(troops) on 2021-04-20. }",
  "withdrawn(X)", "", "an event not before its day", "2021-04-15")
is("in s1 { c1: a states withdrawn(troops) on 2021-04-20. }",
  "withdrawn(X)", "X=troops", "and from its day on", "2021-04-20")
is("in s1 { c1: a plans withdrawn(troops) by 2021-09-11. }", "due(X, D)",
  "X=plans(a, withdrawn(troops)) D=2021-09-11", "by gives a due day")

-- ----------------------------------------------------------------- conditions

local REFUSAL = "in s1 { c1: a refuses talks until withdrawn(troops). }\n"
is(REFUSAL, "refuses(a, X)", "X=talks", "until: while it is not so")
is(REFUSAL .. "withdrawn(troops) on 2021-04-15 in s2.", "refuses(a, X)", "",
  "until: no longer when it is so")
is(REFUSAL .. "withdrawn(troops) on 2021-04-15 in s2.", "refuses(a, X)",
  "X=talks", "until: the day before it is", "2021-04-14")

local FORECAST = "in s1 { c1: b forecasts deal(war) if withdrawn(troops) and "
  .. "not deal(talks). }\n"
is(FORECAST, "forecasts(b, X)", "", "if: not by itself")
is(FORECAST .. "withdrawn(troops) on 2021-04-15 in s2.", "forecasts(b, X)",
  "X=deal(war)", "if: once it is so")
is(FORECAST .. "withdrawn(troops) on 2021-04-15 in s2. deal(talks) in s2.",
  "forecasts(b, X)", "", "if: all of it")
is("in s1 { c1: a accepts talks only if withdrawn(troops). }\n"
  .. "withdrawn(troops) on 2021-04-15 in s2.", "accepts(a, X)", "",
  "only if: never by itself")
is("in s1 { c1: a refuses talks until withdrawn(troops) until deal(war). }\n"
  .. "deal(war) in s2.", "refuses(a, X)", "", "two untils: either ends it")
is(FORECAST, "satisfied(X)", "X=not deal(talks)",
  "parts of a condition are looked at")

-- --------------------------------------------------------------------- clashes

local CLASH = "in s1 { c1: a accepts talks. }\nin s2 { c2: a refuses talks. }\n"
is(CLASH, "accepts(a, X)", "", "a body's later word supersedes its own")
is(CLASH, "refuses(a, X)", "X=talks", "and stands")
is(CLASH, "set_aside(C, D, R)", 'C="s1.c1" D="s2.c2" R=superseded',
  "what is set aside stays visible, with the reason")
is("in s1 { c1: b states deal(talks) said 2021-04-01.\n"
  .. "c2: c denies deal(talks) said 2021-04-01. }",
  "deal(X)", "X=talks (disputed)", "two of one day: disputed")
is("in s1 { c1: b states deal(talks) said 2021-04-01.\n"
  .. "c2: c denies deal(talks) said 2021-04-01 after c1. }",
  "deal(X)", "", "of one day, but in order: superseded")
is("in s1 { c1: a accepts talks said 2021-04-01.\n"
  .. "c2: b states refuses(a, talks) said 2021-04-05. }",
  "accepts(a, X)", "X=talks (disputed)",
  "a later word of another against a word on oneself: disputed")
is("in s1 { c1: a accepts talks said 2021-04-01.\n"
  .. "c2: b states refuses(a, talks) said 2021-04-01. }",
  "accepts(a, X)", "X=talks", "of one day a word on oneself outranks")
is("in s1 { c1: b states deal(talks) said 2021-04-01 grade A1.\n"
  .. "c2: c denies deal(talks) said 2021-04-01 grade E4. }",
  "deal(X)", "X=talks", "then the grade decides")

-- ------------------------------------------------------------- states with keys

local DATES = "in s1 { c1: b states scheduled(talks, 2021-04-16). }\n"
is(DATES, "scheduled(P, D)", "P=talks D=2021-04-16", "a keyed state")
is(DATES .. "in s2 { c2: b states scheduled(talks, 2021-04-24). }",
  "scheduled(P, D)", "P=talks D=2021-04-24", "the later value holds")
is(DATES .. "in s2 { c2: b states scheduled(talks, 2021-04-24). }",
  "scheduled(P, D)", "P=talks D=2021-04-16", "the earlier one before that",
  "2021-04-11")
is(DATES .. "scheduled(talks, 2021-05-01) on 2021-04-12 in s2.",
  "scheduled(P, D)", "P=talks D=2021-05-01", "a later fact supersedes a claim")
is(DATES .. "scheduled(talks, 2021-05-01) in s0.",
  "scheduled(P, D)", "P=talks D=2021-04-16",
  "an undated fact gives way to a claim")

-- --------------------------------------------------------------- other policies

local kb = sample.open(sample.TALKS
  .. "in s1 { c1: a accepts talks. c2: b refuses talks. }", { "core" })
tap.is(sample.answers(kb:view { at = "2021-04-30" }, "accepts(A, P)"), "",
  "without a policy nothing is believed")
local credulous = require "dragoman".module "credulous"
credulous:uses "core"
credulous:rules [[
relation believed(claim: symbol).
believed(C) if claim{id = C, body = a}.
]]
assert(kb:use(credulous))
local v = kb:view { at = "2021-04-30" }
tap.is(sample.answers(v, "accepts(A, P)"), "A=a P=talks",
  "another module may decide")
tap.is(sample.answers(v, "refuses(A, P)"), "", "by rules of its own")
kb:close()

local reading = require "dragoman".module "reading"
reading:uses "core"
reading:rules [[
relation believed(claim: symbol).
believed(C) if claim{id = C, body = B} and party(B, _).
]]
kb = sample.open(sample.TALKS .. "in s1 { c1: a accepts talks. }", { "core" })
kb:use(reading)
local rows, message = kb:view({ at = "2021-04-30" }):answers "accepts(A, P)"
tap.ok(not rows, "belief may not read facts that rest on belief")
tap.like(message, "E316", "and is told so")
kb:close()

tap.done()
