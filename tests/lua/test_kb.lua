-- Knowledge bases: opening, syncing, asking, changing, supposing, views.

local core = require "dragoman.core"
local dragoman = require "dragoman"
local sample = require "sample"
local tap = require "tap"

local answers = sample.answers

-- ------------------------------------------------------------------- opening

local _, message, code = dragoman.open "no/such/place"
tap.is(code, "not_found", "what isn't there is not found")
tap.like(message, "no/such/place", "and named")
tap.raises(function() dragoman.open(".", { readnly = true }) end,
  "no option 'readnly'", "an unknown option raises")

local bad, text, kind, list = sample.open "relation p(x: int).\np(a).\nq(1, 2)."
tap.ok(not bad, "a file with mistakes is not opened")
tap.is(kind, "check", "the code of a mistake in a text")
tap.is(#list, 1, "with its diagnostics")
tap.like(text, "E204", "and their text as the message")

local function codes(source)
  local _, _, _, found = sample.open(source)
  local parts = {}
  for i, d in ipairs(found or {}) do parts[i] = d.code end
  return table.concat(parts, " ")
end

tap.is(codes "relation p(x: int.\nrelation q(x: int).\np(1). q(a).",
  "E103 E204", "mistakes of syntax and of types in one go")
tap.is(codes "relation p(x: int).\nq(X) if not p(X).", "E310",
  "a file with an unsafe rule is not opened")
tap.is(codes "relation p(x: int).\np(a).\np(X, Y) if p(X).\nq(Z) if p(1).",
  "E204 E203 E310", "mistakes of facts and of rules in one go")
local wide = {}
for i = 1, 65 do wide[i] = "c" .. i .. ": int" end
tap.is(codes("relation p(" .. table.concat(wide, ", ") .. ")."), "E227",
  "too many columns")
tap.is(codes "relation p(x: int, y: int) key (x).\np(1, 2).\np(1, 3).", "E226",
  "nor is one with a broken key")
tap.is(codes "import e(x: int) from \"no-such.tsv\".", "E222",
  "nor one without its table")

-- --------------------------------------------------------------------- asking

local NUMBERS = [[
relation edge(x: int, y: int).
edge(1, 2). edge(2, 3). edge(3, 4).
relation w(name: symbol, weight: float).
w(b, 2). w(a, 1.5).
reach(X, Y) if edge(X, Y).
reach(X, Z) if reach(X, Y) and edge(Y, Z).
odd(X) if edge(X, _) and not odd(X).
]]
local kb = assert(sample.open(NUMBERS))
tap.is(answers(kb, "reach(1, X)"), "X=2; X=3; X=4", "rows by value")
tap.is(answers(kb, "reach(1, 4)"), "true", "a ground goal")
tap.is(answers(kb, "reach(4, X)"), "", "no answer")
tap.is(answers(kb, "reach(X, X)"), "", "a variable twice")
tap.is(answers(kb, "reach(1, X) and X > 2"), "X=3; X=4", "a formula")
tap.is(answers(kb, "N = count{ reach(_, _) }"), "N=6", "an aggregate")
tap.is(answers(kb, "edge($from, X)", { from = 2 }), "X=3", "a parameter")
tap.is(answers(kb, "edge(A, B) and A >= $least", { least = 2 }),
  "A=2 B=3; A=3 B=4", "a parameter in a formula")
tap.is(answers(kb, "edge(A, B) and A >= $least", { least = 3 }), "A=3 B=4",
  "the same with another value")
tap.is(answers(kb, "edge{y = 3, x = X}"), "X=2", "named columns")
tap.is(answers(kb, "odd(X)"), "X=1 (disputed); X=2 (disputed); X=3 (disputed)",
  "the third truth value")
tap.is(answers(kb, "w(N, 2)"), "N=b", "an int asked of a float column")
tap.is(answers(kb, "w(N, W)", nil, { order = "-W" }), "N=b W=2.0; N=a W=1.5",
  "ordered, largest first")
tap.is(answers(kb, "edge(X, Y)", nil, { limit = 1 }), "X=1 Y=2", "limited")
tap.is(answers(kb, "N = count{ edge(X, Y) }"), "N=3",
  "variables in braces are the braces' own")
tap.is(answers(kb, "edge(X, Y) and not (edge(Y, Z) and Z > 3)"),
  "X=1 Y=2; X=3 Y=4", "and so are those below a not")
tap.like(answers(kb, "edgy(X)"), "did you mean `edge`", "a misspelt relation")
tap.like(answers(kb, "edge(X)"), "E203", "the wrong arity")
tap.like(answers(kb, "edge(X,"), "E10", "a goal that is none")
local seen = {}
for row in kb:query "edge(X, Y)" do seen[#seen + 1] = row.X .. row.Y end
tap.is(table.concat(seen, " "), "12 23 34", "query iterates")
tap.raises(function() kb:query("edge(X, Y)", nil, { sort = "X" }) end,
  "no option 'sort'", "an unknown option of a query raises")

-- ----------------------------------------------------------- rules, functions

assert(kb:rules [[ far(X, Y) if reach(X, Y) and not edge(X, Y). ]])
tap.is(answers(kb, "far(X, Y)"), "X=1 Y=3; X=1 Y=4; X=2 Y=4",
  "rules for this session")
local m = dragoman.module "mine"
m:fn("twice", function(x) return 2 * x end, "int")
m:fn("name_of", function(x) return "n" .. x end)
m:aggregate("spread", function(v) return v[#v] - v[1] end, "int")
m:rules [[
double(X, twice(X)) if edge(X, _).
range(spread(X)) if edge(X, _).
named(X) if edge(X, _) and name_of(X) = "n2".
]]
assert(kb:use(m))
tap.is(answers(kb, "double(X, Y)"), "X=1 Y=2; X=2 Y=4; X=3 Y=6", "a function")
tap.is(answers(kb, "range(S)"), "S=2", "an aggregate of a module")
tap.is(answers(kb, "named(X)"), "X=2", "a result type from its place")
local used, problem, what = kb:use "no_such_module"
tap.is(used, nil, "an unknown module")
tap.is(what, "not_found", "is not found")
tap.like(problem, "no_such_module", "and named")
local ruled, wrong = kb:rules "far(X) if edgy(X."
tap.ok(not ruled and wrong:find "E10", "rules with mistakes are refused")
tap.ok(not kb:answers "edge(X, Y)", "and so is every question after")
kb:close()
tap.raises(function() kb:answers "edge(X, Y)" end, "closed",
  "a closed base raises")

-- ------------------------------------------------------------------- changing

kb = assert(dragoman.open())
assert(kb:change [[ relation p(x: int, y: symbol) key (x). ]])
tap.is(kb:change "+ p(1, a). + p(2, b).", "2 statements added", "a change")
tap.is(answers(kb, "p(X, Y)"), "X=1 Y=a; X=2 Y=b", "is seen")
tap.ok(kb:assert("p", { 3, "c" }), "assert")
local done, trouble, why = kb:assert("p", { 3, "d" })
tap.ok(not done, "a broken key refuses the transaction")
tap.is(why, "key", "with its code")
tap.ok(type(trouble) == "string", "and a message")
_, trouble, why = kb:assert("p", { "x", "d" })
tap.is(why, "check", "a wrong type refuses it")
tap.like(trouble, "column x of p is an int", "naming the column")
tap.ok(not pcall(kb.transaction, kb, "half", function(tx)
  tx:assert("p", { 9, "z" })
  error "stop"
end), "an error in a transaction is raised")
tap.is(answers(kb, "p(X, Y)"), "X=1 Y=a; X=2 Y=b; X=3 Y=c",
  "and nothing of it is left")
assert(kb:transaction("two", function(tx)
  tx:assert("p", { 4, "d" })
  tx:change "- p(1, a)."
end))
tap.is(answers(kb, "p(X, Y)"), "X=2 Y=b; X=3 Y=c; X=4 Y=d",
  "many changes in one")
tap.like(select(2, kb:change "- p(7, a)."), "E224",
  "what isn't there can't be taken back")
assert(kb:change "q(Y) if p(_, Y).")
tap.is(answers(kb, "q(Y)"), "Y=b; Y=c; Y=d", "a stored rule takes part")
tap.like(select(2, kb:change "q(Y) if not p(_, Y)."), "E310",
  "a rule with a mistake is not stored")
assert(kb:change "- q(Y) if p(_, Y).")
tap.like(answers(kb, "q(Y)"), "E202", "until it is taken back")
tap.is(kb:dump(), "relation p(x: int, y: symbol) key (x).\n\np(2, b).\n"
  .. "p(3, c).\np(4, d).\n", "dump")
kb:close()

-- -------------------------------------------------------------------- suppose

local TALKS = sample.TALKS .. [[
in s1 { c1: a refuses talks. c2: b accepts talks. }
party(a, talks). party(b, talks).
]]
kb = assert(sample.open(TALKS))
local s = assert(kb:suppose [[
- claim c1. + in_favour(c).
+ relation in_favour(who: actor). + yes(X) if accepts(X, talks). ]])
tap.is(answers(s, "refuses(A, P)"), "", "a claim withdrawn")
tap.is(answers(s, "yes(X)"), "X=b", "a rule added")
tap.is(answers(s, "in_favour(X)"), "X=c", "a fact added")
tap.is(answers(kb, "refuses(A, P)"), "A=a P=talks", "nothing is written")
local d = s:diff "refuses(A, P)"
tap.is(#d.lost .. #d.gained .. #d.changed, "100", "the difference")
tap.is(d.lost[1].A, "a", "what is lost")
s:close()
s = assert(kb:suppose "+ c9: c denies refuses(a, talks) said 2021-04-10.")
d = s:diff "refuses(A, P)"
tap.is(#d.changed, 0, "another's same-day denial doesn't shake a word on oneself")
s:close()
s = assert(kb:suppose
  "+ c9: a denies refuses(a, talks) said 2021-04-10 grade B.")
d = s:diff "refuses(A, P)"
tap.is(#d.changed, 1, "one's own does")
tap.is(d.changed[1].after.truth, "disputed", "to disputed")
local inner <close> = assert(s:suppose "- claim c9.")
tap.is(answers(inner, "refuses(A, P)"), "A=a P=talks",
  "a scenario on a scenario")
s:close()
tap.like(select(2, kb:suppose "- claim c77."), "E224", "an unknown claim")
tap.like(select(2, kb:suppose "+ accepts(zz, talks)."), "E205",
  "a misspelt actor in a change")
tap.like(select(2, kb:suppose "+ p("), "E10", "a change that is none")

-- ---------------------------------------------------------------------- views

tap.is(tostring(kb.at), "2021-04-12", "the default day: the latest published")
local v = assert(kb:view { at = "2021-04-09", known_by = "2021-04-09" })
tap.is(answers(v, "refuses(A, P)"), "", "known_by hides later claims")
tap.is(#v:claims(), 0, "from lists too")
tap.is(#v:sources(), 1, "and their sources")
v:close()
v = assert(kb:view { speakers = { "b" } })
tap.is(answers(v, "accepts(A, P)") .. answers(v, "refuses(A, P)"),
  "A=b P=talks", "listening to one speaker")
v:close()
do
  local none, refusal, status = kb:view { sources = { "s22" } }
  tap.ok(not none and status == "not_found", "an unknown source is refused")
  tap.like(refusal, "no source is called s22; did you mean", "with a near name")
  none, refusal = kb:view { speakers = { "nobody_at_all" } }
  tap.ok(not none, "so is an unknown speaker")
  tap.is(refusal, "no speaker is called nobody_at_all", "by name")
end
v = assert(kb:view { sources = { "s2" } })
tap.is(#v:claims(), 0, "listening to one source")
v:close()
tap.raises(function() kb:view { att = "2021-04-09" } end, "no option 'att'",
  "an unknown option of a view raises")
tap.raises(function() kb:view { at = "2021-13-01" } end, "no month 13",
  "a day that isn't one raises")
tap.is(select(3, kb:view { as_of = 3 }), "unsupported", "as_of comes later")
local claim = kb:claims()[1]
tap.is(claim.id .. " " .. claim.body .. " " .. tostring(claim.said),
  "s1.c1 a 2021-04-10", "a claim's data; said as published")
tap.is(claim.text, "c1: a refuses talks in s1.", "and its text")
tap.is(#kb:statements { kind = "fact", relation = "party" }, 2,
  "statements by their fields")
kb:close()

-- -------------------------------------------------------------------- folders

local folder = sample.path()
assert(core.mkdir(folder))
sample.write(folder .. "/a.dm", "relation p(x: int). p(1). p(2).")
sample.write(folder .. "/b.dm", "import e(x: int, y: symbol) from \"e.tsv\".\n"
  .. "big(X) if p(X) and X > 1.")
sample.write(folder .. "/e.tsv", "1\tx\n2\ty\n")
kb, message = dragoman.open(folder, { readonly = true })
if not kb then tap.diag(message) end
tap.is(answers(kb, "p(X)"), "X=1; X=2", "a folder read-only is held in memory")
tap.is(answers(kb, "e(X, Y)"), "X=1 Y=x; X=2 Y=y", "with its tables")
tap.ok(not core.stat(folder .. "/.store.dmdb"), "and nothing is written")
kb:close()

kb = assert(dragoman.open(folder))
tap.is(answers(kb, "big(X)"), "X=2", "a folder with its store")
assert(kb:assert("p", { 7 }))
kb:close()
kb = assert(dragoman.open(folder))
local before = #kb.core:log()
tap.is(answers(kb, "p(X)"), "X=1; X=2; X=7", "opened again")
kb:close()
sample.write(folder .. "/a.dm", "relation p(x: int).\np(1). p(3).")
sample.write(folder .. "/e.tsv", "1\tx\n2\tz\n")
kb = assert(dragoman.open(folder))
tap.is(answers(kb, "p(X)"), "X=1; X=3; X=7",
  "changed files are synced, what was entered stays")
tap.is(answers(kb, "e(2, Y)"), "Y=z", "a changed table is read again")
tap.is(#kb.core:log(), before + 1, "in one transaction")
kb:close()
sample.write(folder .. "/a.dm", "relation p(x: int). p(4).")
kb = assert(dragoman.open(folder, { readonly = true }))
tap.is(answers(kb, "p(X)"), "X=4; X=7",
  "read-only with newer files: the difference is held in memory")
kb:close()
sample.write(folder .. "/a.dm", "relation p(x: int). p(oops).")
local broken, said = dragoman.open(folder)
tap.ok(not broken and said:find "a.dm:1:23", "a mistake names its place")
sample.write(folder .. "/a.dm", "relation p(x: int).")
kb = assert(dragoman.open(folder))
tap.is(answers(kb, "p(X)"), "X=7", "and what it replaced was kept till then")
kb:close()
for _, name in ipairs { "a.dm", "b.dm", "e.tsv", ".store.dmdb",
  ".store.dmdb-lock" } do
  os.remove(folder .. "/" .. name)
end
os.remove(folder)

-- --------------------------------------------------------------------- loading

kb = assert(dragoman.open())
local file = sample.path ".csv"
sample.write(file, "From,To Day,n\na,2021-04-13,1\n\"b, c\",2021-04-14,2\n")
local n, noun = kb:load(file, { relation = "trip", header = true })
tap.is(n .. " " .. tostring(noun), "2 row", "a table with a header")
tap.is(answers(kb, "trip(A, D, N)"),
  'A=a D=2021-04-13 N=1; A="b, c" D=2021-04-14 N=2', "types are guessed")
tap.is(answers(kb, "trip{to_day = D, n = 2}"), "D=2021-04-14",
  "columns are named by the header")
os.remove(file)
sample.write(file, "x\n")
tap.is(select(3, kb:load(file, { relation = "No name" })), "invalid",
  "a bad name for a relation")
os.remove(file)
tap.is(select(3, kb:load "no-such-file.dm"), "not_found", "a missing file")
kb:close()

kb = assert(dragoman.open())
kb:rules [[
relation link(from: int, to: int).
relation way(from: int, to: int).
link(1, 5).  link(1, 6).  link(2, 6).
way(X, 5) if link(X, 5).
way(X, Y) if link(X, Y) and Y > 5 and not way(X, Y).
]]
tap.is(answers(kb, "way(X, _)"), "X=1; X=2 (disputed)",
  "an answer that one row makes true is not disputed by another")
kb:close()

-- ------------------------------------------------------- mistakes of callers

kb = assert(dragoman.open())
kb:rules "relation s(x: int). s(1)."
tap.is(select(3, kb:assert("s", { 1.5 })), "check",
  "an assertion keeps to what the session's rules declare")
tap.raises(function() kb:assert() end, "name of a relation", "assert nothing")
tap.raises(function() kb:answers() end, "a goal is a text", "no goal")
tap.raises(function() kb:answers("s(X)", nil, { order = "Y" }) end,
  "no variable Y", "an order by what isn't there")
tap.raises(function() kb:answers("s(X)", nil, { limit = -1 }) end,
  "whole number", "a limit below zero")
local tried <close> = assert(kb:suppose "good(X) if s(X).")
tap.is(#tried:diff("good(X)").gained, 1,
  "the difference in a relation that only the scenario has")
kb:close()

tap.done()
