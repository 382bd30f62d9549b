-- Asking for less: goals by demand, and lookups in what is stored.

local core = require "dragoman.core"
local dragoman = require "dragoman"
local files = require "files"
local lookup = require "dragoman.lookup"
local sample = require "sample"
local tap = require "tap"

local program = os.getenv "DRAGOMAN" or "build/dragoman"
local folder = os.tmpname()
os.remove(folder)
assert(core.mkdir(folder))

local answers = sample.answers

-- -------------------------------------------------------------- in a session

local RULES = [[
relation edge(x: int, y: int).
edge(1, 2). edge(2, 3). edge(3, 4). edge(4, 2). edge(8, 9).
path(X, Y) if edge(X, Y).
path(X, Y) if edge(X, Z) and path(Z, Y).
far(X, count(Y)) if path(X, Y).
stuck(X) if edge(_, X) and not edge(X, _).
win(X) if edge(X, Y) and not win(Y).
]]

local kb = assert(sample.open(RULES))
local view = assert(kb:default())
tap.is(answers(kb, "path(1, Y)"), "Y=2; Y=3; Y=4", "a goal with an argument")
tap.is(answers(kb, "path(X, 9)"), "X=8", "at the other end")
tap.is(answers(kb, "path(2, 2)"), "true", "at both")
tap.is(answers(kb, "far(1, N)"), "N=3", "an aggregate")
tap.is(answers(kb, "stuck(9)"), "true", "a negation")
tap.is(answers(kb, "win(8)"), "true", "through negation")
tap.is(answers(kb, "win(9)"), "", "what is false")
tap.is(answers(kb, "path(8, Y) and stuck(Y)"), "Y=9", "a formula")
tap.ok(view.model == nil, "for all that the model of all rules isn't made")
tap.is(answers(kb, "stuck(X)"), "X=9", "a goal without arguments")
tap.ok(view.model ~= nil, "makes it")
tap.is(answers(kb, "path(1, Y)"), "Y=2; Y=3; Y=4", "which is read from then on")

kb = assert(sample.open(RULES))
view = assert(kb:default())
for i = 1, 100 do
  if #assert(kb:answers("path($x, Y)", { x = i })) > 4 then
    tap.ok(false, "too many answers for " .. i)
  end
end
tap.ok(view.model ~= nil, "after many goals the model of all rules is made")

kb = assert(sample.open(RULES))
kb.limits.force = { "no_demand" }
tap.is(answers(kb, "path(1, Y)"), "Y=2; Y=3; Y=4", "never by demand")
tap.ok(kb:default().model ~= nil, "makes the model at once")

kb = assert(sample.open(RULES))
tap.is(#assert(kb:answers "path(1, Y)"), 3, "a question by demand")
tap.like(tostring(assert(kb:why "path(1, 4)")), "edge%(3, 4%)",
  "a proof all the same")
tap.ok(not tostring(kb:why "path(1, 4)"):find("^", 1, true),
  "names no rewritten rule")
local scenario = assert(kb:suppose "+ edge(4, 8).")
tap.is(answers(scenario, "path(1, 9)"), "true", "a scenario")
scenario:close()

-- An error beside what is asked doesn't matter; one in it does.
kb = assert(sample.open(RULES .. "half(X, Y) if edge(X, Z) and Y = 1 div "
  .. "(Z - 9)."))
tap.is(answers(kb, "path(8, Y)"), "Y=9", "what fails beside a goal")
local got, message = kb:answers "half(8, Y)"
tap.ok(not got, "what fails in it")
tap.like(message, "division by zero", "is told")

-- ------------------------------------------------------------- from the shell

local function run(words)
  local pipe = assert(io.popen(program .. " " .. words .. " 2>&1"))
  local text = pipe:read "a"
  local ok = pipe:close()
  return text, ok
end

local file, facts = folder .. "/p.dm", folder .. "/edge.facts"
files.write(facts, "1\t2\n2\t3\n3\t4\n8\t9\n")
files.write(file, [[
import edge(x: int, y: int) from "edge.facts".
import other(x: int) from "not-there.facts".
relation path(x: int, y: int).
path(X, Y) if edge(X, Y).
path(X, Y) if edge(X, Z) and path(Z, Y).
both(X) if other(X) and path(X, _).
]])
local text, ok = run("eval " .. file .. " --goal 'path(2, X)'")
tap.ok(ok, "eval --goal")
tap.is(text, "X\n-\n3\n4\n", "prints the answers, and reads no other table")
tap.is(run("eval " .. file .. " --goal 'path(1, 4) and not path(8, 4)'"),
  "yes\n", "a goal without variables")
text, ok = run("eval " .. file .. " --goal 'both(2)'")
tap.ok(not ok, "a table that is needed")
tap.like(text, "not%-there", "must be there")
text, ok = run("eval " .. file .. " --goal 'path(2, X'")
tap.ok(not ok and text:find "E%d+", "a goal with mistakes")
text = run("explain --demand " .. file .. " 'path(2, X)'")
tap.like(text, "chain^path^bf", "explain --demand")
tap.ok(not text:find("other", 1, true), "shows only what takes part")
tap.like(run("explain --demand " .. file), "needs a goal", "it needs a goal")

-- -------------------------------------------------------------------- lookups

-- The answers of a view at a date, and whether they took no program.
local function asked(path, goal, at, whole)
  local base <close> = assert(dragoman.open(path, { readonly = true }))
  local at_date = assert(base:view { at = at })
  if whole then
    base.limits.force = { "no_demand" }
    assert(at_date:prepared())
  end
  return answers(at_date, goal), at_date.program == nil
end

-- Looked up as the evaluator has them? Also whether it was short.
local function both(path, goal, name, at)
  local expected = asked(path, goal, at, true)
  local found, quick = asked(path, goal, at)
  tap.is(found, expected, name .. ": " .. goal)
  return quick, expected
end

local table_file = folder .. "/f.tsv"
local lines = {}
for i = 1, 20000 do
  lines[i] = ("%d\t%d\tn%d"):format(i // 4, i * 7919 % 20011, i % 13)
end
files.write(table_file, table.concat(lines, "\n") .. "\n")

local store = folder .. "/s.dmdb"
local new = assert(dragoman.open(store, { create = true }))
assert(new:load(table_file, { relation = "gauge" }))
assert(new:close() ~= false)

local short, wanted = both(store, "gauge(1234, X, N)", "a first column")
tap.ok(short, "is looked up")
tap.is(select(2, wanted:gsub("X=", "")), 4, "and found")
tap.ok(both(store, "gauge(1234, X, n8)", "columns with a gap"),
  "are looked up")
tap.ok(both(store, "gauge(X, 7919, N)", "a later column"),
  "is looked up")
both(store, "gauge(99999, X, N)", "nothing")
both(store, "gauge(a, X, N)", "of another type")
both(store, "gauge(12, X, X)", "a variable twice")
both(store, "gauge(7, X, N) and X > 9000", "in a formula")
both(store, "not gauge(7, 1, n1)", "negated")
both(store, "N = count{ gauge(7, _, _) }", "counted")
both(store, "gauge(7, 15838, N) or gauge(8, X, N)", "asked twice")
local none, _, code = sample.open "p(1)."
tap.ok(none and not code, "a text opens")
local opened = assert(dragoman.open(store, { readonly = true }))
local _, problem = opened:answers "gaug(7, X, N)"
tap.like(problem, "gauge", "a name misspelt is told as ever")
_, problem = opened:answers "gauge(7, X)"
tap.like(problem, "3 columns", "and a wrong number of arguments")
opened:close()

-- Facts beside the import, and what rules and claims may add.
new = assert(dragoman.open(store))
assert(new:change "gauge(1234, 5, added).")
new:close()
short, wanted = both(store, "gauge(1234, X, N)", "a fact beside an import")
tap.ok(short and wanted:find "added", "is there")
new = assert(dragoman.open(store))
assert(new:change "gauge(X, 0, derived) if gauge(X, _, added).")
new:close()
short, wanted = both(store, "gauge(1234, X, N)", "a rule")
tap.ok(not short, "takes the whole program")
tap.like(wanted, "derived", "and counts")

-- Stored rules of which no module has a word are enough by themselves.
local ruled = folder .. "/ruled.dmdb"
new = assert(dragoman.open(ruled, { create = true }))
assert(new:change [[
relation hop(x: int, y: int).
relation walk(x: int, y: int).
walk(X, Y) if hop(X, Y).
walk(X, Y) if walk(X, Z) and hop(Z, Y).
hop(1, 2). hop(2, 3). hop(7, 8).
]])
tap.is(answers(new, "walk(1, Y)"), "Y=2; Y=3", "rules without the library")
tap.ok(not new:default().program, "take no program of all")
local bare = new:default().bare
assert(new:change "+ hop(3, 4).")
tap.is(answers(new, "walk(1, Y)"), "Y=2; Y=3; Y=4", "follow a commit")
tap.ok(new:default().bare == bare and bare, "as they are")
tap.is(answers(new, "walk(X, 8)"), "X=7", "with another goal")
tap.is(#assert(new:answers "walk(X, Y)"), 7, "a goal for all")
assert(new:change "- hop(2, 3).")
tap.is(answers(new, "walk(1, Y)"), "Y=2", "and both follow")
tap.like(tostring(assert(new:why "walk(3, 4)")), "hop%(3, 4%)", "a proof")
new:close()
tap.ok(both(ruled, "walk(1, Y)", "a rule of plain words"), "is enough")
for _, rule in ipairs {
    "walk(X, 99) if today(T) and T > 2020-01-01 and hop(X, _).",
    "walk(X, abs(Y)) if hop(X, Y).",
    "walk(X, 5) if member(a, b) and hop(X, _).",
    "walk(X, X) if hop(X, _) and X > 1 and not hop(X, \"8\")." } do
  new = assert(dragoman.open(ruled))
  new:change(rule)
  new:close()
  both(ruled, "walk(2, Y)", rule)
  both(ruled, "walk(7, Y)", rule)
end
new = assert(dragoman.open(ruled))
assert(new:change "walk(X, 77) if hop(X, _) and not position(a, b, _, _).")
new:close()
short, wanted = both(ruled, "walk(7, Y)", "a rule that names a module's")
tap.ok(not short and wanted:find "77", "takes the whole program")

-- What fails is told once, as the whole program tells it.
new = assert(dragoman.open(folder .. "/fails.dmdb", { create = true }))
assert(new:change [[
hop(1, 2).
half(X, Y) if hop(X, Z) and Y = 1 div (Z - 2).
]])
local got_none, why_not = new:answers "half(1, Y)"
tap.ok(not got_none and why_not:find "division by zero", "a failing rule")
new:close()

-- States are read at a date, and superseded by key.
local dated = folder .. "/dated.dmdb"
files.write(folder .. "/base.tsv", "ann\t1\nbob\t2\ncid\t3\n")
new = assert(dragoman.open(dated, { create = true }))
assert(new:change [[
state height(who: symbol, h: int) key (who).
height(bob, 20) on 2020-01-01.
height(cid, 30) during 2020-01-01..2020-06-30.
height(ann, 11) on 2021-05-01.
]])
assert(new:load(folder .. "/base.tsv", { relation = "height" }))
new:close()
for _, who in ipairs { "ann", "bob", "cid", "dan" } do
  for _, at in ipairs { "2019-01-01", "2020-03-01", "2020-12-31",
      "2022-01-01" } do
    both(dated, "height(" .. who .. ", H)", at, at)
  end
end

-- What is kept of goals follows commits.
new = assert(dragoman.open(folder .. "/g.dmdb", { create = true }))
assert(new:change [[
relation edge(x: int, y: int).
relation path(x: int, y: int).
path(X, Y) if edge(X, Y).
path(X, Y) if path(X, Z) and path(Z, Y).
edge(1, 2). edge(2, 3). edge(8, 9).
]])
tap.is(answers(new, "path(1, Y)"), "Y=2; Y=3", "before a commit")
tap.is(answers(new, "edge(2, Y)"), "Y=3", "a stored row")
assert(new:change "+ edge(3, 4).")
tap.is(answers(new, "path(1, Y)"), "Y=2; Y=3; Y=4", "after an edge was added")
tap.is(answers(new, "edge(3, Y)"), "Y=4", "which is stored")
assert(new:change "- edge(2, 3).")
tap.is(answers(new, "path(1, Y)"), "Y=2", "after one was taken away")
assert(new:change "+ path(2, 8).")
tap.is(answers(new, "path(1, Y)"), "Y=2; Y=8; Y=9", "a fact of what is derived")
new:close()

tap.ok(not lookup.view_for({ kb = { modules = { { functions = {}, texts = {
  { text = "position(A) if p(A)." } } } }, chunks = {} } }, "position"),
  "what a module speaks of is not looked up")

for _, name in ipairs { "p.dm", "edge.facts", "f.tsv", "s.dmdb",
    "s.dmdb-lock", "g.dmdb", "g.dmdb-lock", "dated.dmdb", "dated.dmdb-lock",
    "ruled.dmdb", "ruled.dmdb-lock", "fails.dmdb", "fails.dmdb-lock",
    "base.tsv" } do
  os.remove(folder .. "/" .. name)
end
os.remove(folder)
tap.done()
