-- Models that follow changes: rows given to a model directly, and views that
-- see what was committed since without evaluating again.

local dragoman = require "dragoman"
local eval = require "dragoman.eval"
local sample = require "sample"
local tap = require "tap"

local answers = sample.answers

-- ----------------------------------------------------------- changes directly

local PROGRAM = [[
relation edge(x: int, y: int).
relation color(x: int, c: symbol, w: float).
edge(1, 2). edge(2, 3).
color(1, red, 0.5).
path(X, Y) if edge(X, Y).
path(X, Z) if path(X, Y) and edge(Y, Z).
far(X, Y) if path(X, Y) and not edge(X, Y).
red(X) if color(X, red, W) and W >= 1.
]]

local function evaluated(text)
  local path = sample.path ".dm"
  sample.write(path, text)
  local program = assert(eval.read(path))
  os.remove(path)
  assert(program:check {})
  return assert(program:evaluate {}), program
end

local function rows(model, relation)
  local lines = {}
  for i, row in ipairs(assert(model:rows(relation))) do
    lines[i] = table.concat(row, " ")
  end
  return table.concat(lines, "; ")
end

local model, program = evaluated(PROGRAM)
tap.is(rows(model, "far"), "1 3", "before")
tap.ok(model:update { add = { edge = { { 3, 4 } } } }, "a row comes")
tap.is(rows(model, "path"), "1 2; 1 3; 1 4; 2 3; 2 4; 3 4", "and what follows")
tap.ok(model:update { add = { edge = { { 1, 3 } },
  color = { { 2, "red", 1 } } }, remove = { edge = { { 2, 3 }, { 7, 7 } } } },
  "some come, some go")
tap.is(rows(model, "path"), "1 2; 1 3; 1 4; 3 4", "the paths that are left")
tap.is(rows(model, "far"), "1 4", "negation follows")
tap.is(rows(model, "red"), "2", "an int is taken for a float")
tap.is(model:count "path", 4, "counted")
tap.is(model:truth("path", { 2, 3 }), "false", "what went is false")
tap.ok(#assert(model:proof("path", { 1, 4 })) > 0, "a proof of what came")
tap.raises(function() model:update { add = { nothing = { { 1 } } } } end,
  "no relation 'nothing'", "an unknown relation raises")
tap.raises(function() model:update { add = { edge = { { 1 } } } } end,
  "row 1 of edge is no table of 2 values", "too short a row raises")
tap.raises(function() model:update { add = { edge = { { 1, "a" } } } } end,
  "value 2 in row 1 of edge is of no type int", "a wrong value raises")
local ok, message, code = model:update { add = { far = { { 1, 1 } } } }
tap.ok(ok == true or code == "invalid", message or "rows of derived relations")
model:close()
program.view:close()

-- ------------------------------------------------------------------- commits

local kb = assert(sample.open [[
relation edge(x: int, y: int).
relation color(x: int, c: symbol).
edge(1, 2). edge(2, 3). color(1, red).
path(X, Y) if edge(X, Y).
path(X, Z) if path(X, Y) and edge(Y, Z).
odd(X) if edge(X, _) and not odd(X).
]])

-- The default view's model of all rules, to see whether it is still the same.
local function current()
  local view = kb:default()
  assert(view:ready())
  return view.model
end

tap.is(answers(kb, "path(1, X)"), "X=2; X=3", "before the commit")
tap.is(answers(kb, "path(X, Y) and color(X, C)"),
  "X=1 Y=2 C=red; X=1 Y=3 C=red", "a goal with a model of its own")
local kept = current()
assert(kb:assert("edge", { 3, 4 }))
tap.ok(current() == kept, "a fact leaves the model where it is")
tap.is(answers(kb, "path(1, X)"), "X=2; X=3; X=4", "and brings it up to date")
tap.is(answers(kb, "path(X, Y) and color(X, C)"),
  "X=1 Y=2 C=red; X=1 Y=3 C=red; X=1 Y=4 C=red", "those of goals too")
tap.is(answers(kb, "odd(X)"),
  "X=1 (disputed); X=2 (disputed); X=3 (disputed)", "disputed rows follow")
tap.like(tostring(kb:why "path(1, 4)"), "edge%(3, 4%)", "and why knows it")
assert(kb:change "- edge(2, 3).")
tap.ok(current() == kept, "taking one back does as well")
tap.is(answers(kb, "path(1, X)"), "X=2", "what rested on it is gone")
assert(kb:change "+ edge(2, 3). + color(2, red).")
tap.ok(current() == kept, "several at once")
tap.is(answers(kb, "path(2, Y) and color(2, C)"), "Y=3 C=red; Y=4 C=red",
  "and all are there")

-- Twice stated: the row goes with the last statement.
assert(kb:assert("edge", { 2, 3 }))
tap.is(answers(kb, "path(2, X)"), "X=3; X=4", "stated twice")
tap.ok(current() == kept, "is followed")

-- What a view has made a term for itself, the base can't share with it.
tap.is(answers(kb, "color(X, blue)"), "", "a new symbol in a goal")
assert(kb:assert("color", { 5, "blue" }))
tap.is(answers(kb, "color(X, blue)"), "X=5", "and then in a fact")

kept = current()
assert(kb:change "+ weight(1, 2).")
tap.ok(current() ~= kept, "a relation nobody knew makes another view")
tap.is(answers(kb, "weight(X, Y)"), "X=1 Y=2", "with its facts")
kept = current()
assert(kb:change "+ weight(1, 2.5).")
tap.ok(current() ~= kept, "so does a value of another type")
tap.is(answers(kb, "weight(1, Y)"), "Y=2.0; Y=2.5", "which changes the column")
kept = current()
assert(kb:change [[+ edge(4, 5) in s1.
  + source s1 { title = "One", published = 2021-01-01 }.]])
tap.ok(current() ~= kept, "and a source")
tap.is(answers(kb, "path(3, X)"), "X=4; X=5", "with its fact")
kb:close()

-- Models that hold just what a goal needs.
kb = assert(sample.open [[
relation edge(x: int, y: int).
edge(1, 2). edge(2, 3). edge(5, 6).
path(X, Y) if edge(X, Y).
path(X, Z) if path(X, Y) and edge(Y, Z).
]])
tap.is(answers(kb, "path(1, X)"), "X=2; X=3", "a bound goal")
local view = kb:default()
local goals = {}
for key, entry in pairs(view.goals) do goals[key] = entry.model end
tap.ok(next(goals) and not view.model, "by a model of its own")
assert(kb:assert("edge", { 3, 5 }))
tap.is(answers(kb, "path(1, X)"), "X=2; X=3; X=5; X=6", "needs more now")
assert(kb:change "- edge(1, 2). + edge(1, 5).")
tap.is(answers(kb, "path(1, X)"), "X=5; X=6", "and less again")
for key, entry in pairs(kb:default().goals) do
  tap.ok(goals[key] == entry.model, "from the same model")
end
tap.is(answers(kb, "edge(1, X)"), "X=5", "what is stored")
assert(kb:assert("edge", { 1, 7 }))
tap.is(answers(kb, "edge(1, X)"), "X=5; X=7", "follows too")
kb:close()

-- A view that was opened before sees what it saw.
kb = assert(sample.open "relation p(x: int).\np(1).\nq(X) if p(X).")
local old = assert(kb:view())
tap.is(answers(old, "q(X)"), "X=1", "a view of one's own")
assert(kb:assert("p", { 2 }))
tap.is(answers(old, "q(X)"), "X=1", "is a snapshot")
tap.is(answers(kb, "q(X)"), "X=1; X=2", "the default view is not")
kb:close()

-- ------------------------------------------------------------------- a store

local path = sample.path()
kb = assert(dragoman.open(path, { create = true }))
assert(kb:change [[relation edge(x: symbol, y: symbol).
edge(a, b). edge(b, c).
path(X, Y) if edge(X, Y).
path(X, Z) if path(X, Y) and edge(Y, Z).]])
tap.is(answers(kb, "path(a, X)"), "X=b; X=c", "a store, before")
kept = current()
assert(kb:assert("edge", { "c", "d" }))
tap.is(answers(kb, "path(a, X)"), "X=b; X=c; X=d", "after a commit")
tap.ok(current() == kept, "by the same model")
tap.like(tostring(kb:why "path(a, d)"), "edge%(c, d%)", "whose facts it knows")
kb:close()
os.remove(path)
os.remove(path .. "-lock")

tap.done()
