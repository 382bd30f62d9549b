-- From what was said to what is taken for true: the belief policy.
--
-- The lowering gives clash(C1, C2), about(C, A), claim{...} and turns
-- believed(C) into facts. These rules read claims and `asserted` relations
-- only. To replace the policy, load another module that derives `believed`
-- and `set_aside` instead of this one.
--
-- The policy, in words:
--   A claim counts from the day its atom begins until the day it ends.
--   Of two claims that clash, the later one (day, then `after`) supersedes the
--   earlier one, unless the earlier one outranks it. Then both are disputed,
--   and so are two of one day of which neither outranks the other. Of two of
--   one day, unordered, the one that outranks sets the other aside.
--   A voice's later word always supersedes its own earlier word.
--   Rank: a word on oneself before a word on others; then the reliability
--   grade; then directness.

local m = require "dragoman".module "belief"

m:doc "Which claims are believed, which are set aside and why."
m:uses "core"

-- Speakers without a name are kept per source; their symbols say which kind.
m:fn("is_unnamed", function(speaker)
  return (speaker:find("anonymous", 1, true)
    or speaker:find("reporter", 1, true)) and 1 or 0
end)

m:rules [[
relation believed(claim: symbol)
  "A claim that nothing believed defeats.".
relation set_aside(claim: symbol, by: symbol, reason: symbol)
  "A claim that is not believed, the one that defeats it, and how.".
relation outranks(one: symbol, other: symbol)
  "Clashing claims of which the first one has more weight.".
relation supersedes(newer: symbol, older: symbol)
  "Clashing claims of which the first one replaces the second.".
relation attacks(one: symbol, other: symbol, reason: symbol)
  "Believing the first claim would defeat the second, for this reason.".

private relation candidate(claim: symbol).
candidate(C) if claim{id = C, begins = B, ends = E}
                and today(T) and B <= T and T < E.

private relation rivals(one: symbol, other: symbol).
rivals(C, D) if clash(C, D) and candidate(C) and candidate(D) and C != D.
]]

-- Whose voice it is, and whether it speaks of itself.
m:rules [[
private relation voice(claim: symbol, actor: symbol).
voice(C, B) if claim{id = C, body = B} and B != none.
voice(C, S) if claim{id = C, speaker = S, body = none}.

private relation on_itself(claim: symbol).
on_itself(C) if about(C, A) and voice(C, A).
on_itself(C) if about(C, A) and voice(C, V) and speaks_for(V, A).

private relation own_word(claim: symbol, rank: int).
own_word(C, 1) if on_itself(C).
own_word(C, 0) if claim{id = C} and not on_itself(C).
]]

-- Grades: NATO Admiralty code, reliability of the source (AJP-2.1). F, cannot
-- be judged, and no grade at all rank last.
m:rules [[
private relation grade_order(grade: symbol, rank: int).
grade_order("A", 5).
grade_order("B", 4).
grade_order("C", 3).
grade_order("D", 2).
grade_order("E", 1).

private relation graded(claim: symbol).
graded(C) if claim{id = C, reliability = R} and grade_order(R, _).

private relation grade_rank(claim: symbol, rank: int).
grade_rank(C, N) if claim{id = C, reliability = R} and grade_order(R, N).
grade_rank(C, 0) if claim{id = C} and not graded(C).
]]

-- Directness: 2 the body itself or one who speaks for it, by name; 1 somebody
-- else's word for it, or an unnamed speaker's; 0 handed on through others.
m:rules [[
private relation relayed(claim: symbol).
relayed(C) if claim_from(C, _, _).

private relation first_hand(claim: symbol).
first_hand(C) if claim{id = C, speaker = S, body = S} and is_unnamed(S) = 0.
first_hand(C) if claim{id = C, speaker = S, body = none}
                 and is_unnamed(S) = 0.
first_hand(C) if claim{id = C, speaker = S, body = B} and speaks_for(S, B).
first_hand(C) if claim{id = C, speaker = S, body = B} and member(S, B).

private relation directness(claim: symbol, rank: int).
directness(C, 0) if relayed(C).
directness(C, 2) if first_hand(C) and not relayed(C).
directness(C, 1) if claim{id = C} and not first_hand(C) and not relayed(C).

private relation weight(claim: symbol, own: int, grade: int, direct: int).
weight(C, O, G, D) if own_word(C, O) and grade_rank(C, G)
                      and directness(C, D).

-- A word on oneself outranks a word on others.
outranks(C1, C2) if rivals(C1, C2) and weight(C1, O1, _, _)
                    and weight(C2, O2, _, _) and O1 > O2.
-- The better grade outranks (NATO AJP-2.1, reliability).
outranks(C1, C2) if rivals(C1, C2) and weight(C1, O, G1, _)
                    and weight(C2, O, G2, _) and G1 > G2.
-- The more direct word outranks.
outranks(C1, C2) if rivals(C1, C2) and weight(C1, O, G, D1)
                    and weight(C2, O, G, D2) and D1 > D2.
]]

-- Which came later.
m:rules [[
private relation ordered(later: symbol, earlier: symbol).
ordered(C2, C1) if claim_after(C2, C1).
ordered(C3, C1) if ordered(C3, C2) and claim_after(C2, C1).

private relation later(later: symbol, earlier: symbol).
later(C2, C1) if rivals(C2, C1) and claim{id = C2, said = S2}
                 and claim{id = C1, said = S1} and S2 > S1.
later(C2, C1) if rivals(C2, C1) and claim{id = C2, said = S}
                 and claim{id = C1, said = S} and ordered(C2, C1).

private relation unordered(one: symbol, other: symbol).
unordered(C1, C2) if rivals(C1, C2) and not later(C1, C2)
                     and not later(C2, C1).

private relation one_voice(one: symbol, other: symbol).
one_voice(C1, C2) if rivals(C1, C2) and voice(C1, V) and voice(C2, V).
]]

-- Who defeats whom. A defeated claim defeats nobody: well-founded negation,
-- the grounded semantics of Dung (1995), settles chains and leaves mutual
-- attacks undefined, which people are shown as disputed.
m:rules [[
-- A voice's later word replaces its own earlier one.
supersedes(C2, C1) if later(C2, C1) and one_voice(C2, C1).
-- The later word replaces an earlier one that does not outrank it.
supersedes(C2, C1) if later(C2, C1) and not outranks(C1, C2).

-- What supersedes a claim defeats it.
attacks(C2, C1, superseded) if supersedes(C2, C1).
-- Of one day and unordered: the weightier word stands.
attacks(C1, C2, outranked) if unordered(C1, C2) and outranks(C1, C2).
-- Of one day, unordered, and equally weighty: disputed.
attacks(C1, C2, contested) if unordered(C1, C2) and not outranks(C1, C2)
                              and not outranks(C2, C1).

private relation stands_off(later: symbol, earlier: symbol).
stands_off(C2, C1) if later(C2, C1) and outranks(C1, C2)
                      and not one_voice(C2, C1).
-- A weightier earlier word and a later one: disputed.
attacks(C1, C2, contested) if stands_off(C2, C1).
-- A weightier earlier word and a later one: disputed.
attacks(C2, C1, contested) if stands_off(C2, C1).

private relation defeated(claim: symbol).
defeated(C) if attacks(D, C, _) and believed(D).
-- A claim is believed unless a believed one defeats it (Dung 1995).
believed(C) if candidate(C) and not defeated(C).
-- A claim defeated by a believed one is set aside.
set_aside(C, D, R) if attacks(D, C, R) and believed(D).
]]

-- How they read.
m:rules [[
phrase("believed", "{1} is believed").
phrase("set_aside", "{1} is set aside by {2} ({3})").
phrase("outranks", "{1} outranks {2}").
phrase("supersedes", "{1} supersedes {2}").
phrase("attacks", "{1} would defeat {2} ({3})").
phrase("clash", "{1} and {2} clash").
phrase("about", "{1} is about {2}").
phrase("candidate", "{1} counts on the day read at").
phrase("rivals", "{1} and {2} both count and clash").
phrase("voice", "{1} is the word of {2}").
phrase("on_itself", "{1} is a word on oneself").
phrase("own_word", "rank of {1} as a word on oneself: {2}").
phrase("grade_rank", "rank of {1} by its grade: {2}").
phrase("grade_order", "grade {1} ranks {2}").
phrase("directness", "rank of {1} by its directness: {2}").
phrase("first_hand", "{1} is first-hand").
phrase("weight", "ranks of {1}: on itself {2}, grade {3}, directness {4}").
phrase("later", "{1} is later than {2}").
phrase("unordered", "{1} and {2} are of one day").
phrase("one_voice", "{1} and {2} are of one voice").
phrase("stands_off", "{1} is later, but {2} outranks it").
phrase("defeated", "{1} is defeated").
assumed_as("relayed", "{1} is not handed on through others").
assumed_as("first_hand", "{1} is not known to be first-hand").
assumed_as("on_itself", "{1} is not a word on oneself").
assumed_as("graded", "{1} has no grade that ranks").
assumed_as("later", "{1} is not later than {2}").
assumed_as("outranks", "{1} does not outrank {2}").
assumed_as("one_voice", "{1} and {2} are of two voices").
assumed_as("defeated", "nothing believed defeats {1}").
]]

return m
