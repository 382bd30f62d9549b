-- Why: proofs as trees for people and as data.

local sample = require "sample"
local tap = require "tap"

local CASE = sample.TALKS .. [[
relation weight(who: actor, n: int).
in s1 {
  c1 para 3: d for a via radio refuses talks until withdrawn(troops).
  c2 para 4: reporter states plans(a, withdrawn(troops)) by 2021-09-11.
  c3 para 5: b accepts talks.
}
in s2 {
  c4 para 1: b refuses talks.
}
party(a, talks) in s0.
weight(a, 3) judged by me because c1.
weight(b, 4) judged by me.
loose(talks).
stuck(P) if party(A, P) and refuses(A, P) and not deal(P).
total(sum(N)) if weight(_, N).
r7: both(P) if refuses(a, P) and refuses(b, P).
-- Somebody is heavy.
heavy(A) if weight(A, N) and N > 3.
shown(P) if loose(P).
free(P) if process(P) and not party(_, P).
]]

local kb, message = sample.open(CASE)
if not kb then tap.diag(message) end
local view = assert(kb:view { at = "2021-04-30" })

local function why(goal)
  local found, problem = view:why(goal)
  if not found then tap.diag(problem) end
  return found
end

-- The kinds of a tree: rule(claim assumption).
local function shape(node)
  local parts = {}
  for i, child in ipairs(node.children) do parts[i] = shape(child) end
  return node.kind .. (#parts > 0 and "(" .. table.concat(parts, " ") .. ")"
    or "")
end

-- -------------------------------------------------------------------- shapes

local w = why "stuck(talks)"
tap.is(shape(w.root), "rule(background claim(assumption) assumption)",
  "a fact, a claim under its condition, an absence")
local claim = w.root.children[2]
tap.is(claim.claim.id, "s1.c1", "the claim")
tap.is(claim.claim.speaker .. " " .. claim.claim.body .. " "
  .. claim.claim.channel .. " " .. claim.claim.para .. " "
  .. tostring(claim.claim.said), "d a radio 3 2021-04-10",
  "who, for whom, through what, where, when")
tap.is(claim.atom, "refuses(a, talks)", "what it makes true")
tap.is(claim.children[1].atom, "satisfied(withdrawn(troops))",
  "what it waits for")
tap.is(w.root.children[3].relation, "deal", "what was looked for")
tap.is(w.root.children[1].source.publisher, "P0", "the source of background")
tap.is(#w:leaves(), 4, "leaves: the claim with its condition counts, too")

w = why "heavy(b)"
tap.is(shape(w.root), "rule(judgement)", "a judgement")
tap.is(w.root.children[1].judgement.by, "me", "whose")
tap.is(w.root.rule.doc, "Somebody is heavy.", "the comment of the rule")
tap.is(w.root.tests[1], "4 > 3", "comparisons are kept aside")
tap.is(shape(why("total(N)").root), "aggregate(judgement judgement)",
  "an aggregate and its rows")
tap.is(shape(why("shown(talks)").root), "rule(fact)",
  "a fact that nothing backs")
tap.is(shape(why("free(war)").root), "rule(fact assumption)",
  "an absence with an open column")
tap.is(why("free(war)").root.children[2].atom, "party(_, war)",
  "is shown as written")
tap.is(why("both(talks)").root.rule.name, "r7", "a label names the rule")
tap.is(shape(why("refuses(b, talks)").root), "claim", "a fact of a claim")
tap.is(why("refuses(b, talks)").root.set_aside[1].id, "s1.c3",
  "what was set aside for it")
tap.is(shape(why("due(X, D)").root), "rule(claim)",
  "several literals over one claim are one leaf")
tap.is(shape(why("refuses(a, P) and party(a, P)").root),
  "rule(claim(assumption) background)", "a formula")
tap.is(shape(why("claim{id = \"s1.c2\"}").root), "claim", "a claim itself")
tap.is(why("believed(\"s1.c2\")").root.kind, "rule",
  "why a claim is believed unfolds the policy")

local none, problem, code = view:why "stuck(war)"
tap.is(none, nil, "what is false has no proof")
tap.is(code, "not_found", "and says so")
tap.like(problem, "no claim, fact or rule found gives stuck%(war%)", "in words")
tap.like(select(2, view:why "stucc(war)"), "did you mean `stuck`",
  "a misspelt goal")

-- ------------------------------------------------------------------ disputed

local s = assert(view:suppose
  "+ x: d for a denies refuses(a, talks) said 2021-04-10 grade B.")
w = s:why "stuck(talks)"
tap.is(w.root.truth, "disputed", "a disputed answer has a proof")
tap.is(w.root.children[2].disputed_with[1].id, "x", "and names the rival")
tap.like(tostring(w), "DISPUTED", "in the text, too")
s:close()

-- ---------------------------------------------------------------------- text

local text = tostring(why "stuck(talks)")
tap.like(text, "^stuck%(talks%)\n|%- ",
  "the tree begins with the goal")
tap.like(text, "\n|  |  c1 .*radio.*10 Apr 2021.*par 3", "a claim")
tap.like(text, "ASSUMPTION no claim found that deal%(talks%)",
  "an assumption, in the words of an analyst")
tap.like(text, "ASSUMPTION not so yet: Troops leave",
  "worded by the rules where they say how")
tap.like(text, "s0.*P0, 1 Jan 2021", "what is background says whose")
local widest = 0
for line in text:gmatch "[^\n]+" do widest = math.max(widest, #line) end
tap.ok(widest <= 80, "80 columns")
tap.like(tostring(why "heavy(b)"), "judgement: me's coding$", "a judgement")
tap.like(tostring(why "due(X, D)"), "c2 .*reporter.*10 Apr 2021.*par 4", "an unnamed voice")
local everything = tostring(why "both(talks)") .. text
tap.ok(not everything:find "@" and not everything:find "claim_depends"
  and not everything:find "believed", "no step of lowering shows")

local json = why("stuck(talks)"):json()
tap.like(json, '"kind": "assumption"', "as JSON")
tap.like(json, '"said": "2021%-04%-10"', "with dates as text")

kb:close()
tap.done()
