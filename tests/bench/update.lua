--- Single changes of a finished model: dragoman run tests/bench/update.lua
-- PROGRAM.dm FOLDER RELATION [N] [SEED].
--
-- Evaluates the program on the tables in FOLDER, then N times (100) removes
-- one row of RELATION, drawn from its table of ints, and puts it back, and N
-- times adds a row that is invented, each column drawn from another row, and
-- takes it off again. Prints, of each kind of change, what the median, the
-- slowest of ten and the slowest took, and which part of the evaluation the
-- first two are. The first change of each kind makes the indexes that the
-- others use, and is shown by itself. Changes of one SEED (1) are the same.

local eval = require "dragoman.eval"

local path, folder, relation = arg[1], arg[2], arg[3]
local n, seed = tonumber(arg[4]) or 100, tonumber(arg[5]) or 1

local function must(ok, message)
  if not ok then error(message, 0) end
  return ok
end

local function read_rows(name)
  local rows, there = {}, {}
  for line in io.lines(("%s/%s.facts"):format(folder, name)) do
    local row = {}
    for number in line:gmatch "[^\t]+" do
      row[#row + 1] = must(math.tointeger(number), "not a table of ints")
    end
    rows[#rows + 1] = row
    there[line] = true
  end
  return rows, there
end

-- A row of values that occur in their columns, but not together.
local function invent(rows, there)
  while true do
    local row = {}
    for i = 1, #rows[1] do row[i] = rows[math.random(#rows)][i] end
    if not there[table.concat(row, "\t")] then return row end
  end
end

local function timed(times, model, change)
  local before = os.clock()
  must(model:update(change))
  times[#times + 1] = os.clock() - before
end

-- Of sorted times, the one that a share of them doesn't exceed.
local function quantile(times, share)
  return times[math.max(1, math.ceil(#times * share))]
end

local function show(what, times, whole)
  local first = table.remove(times, 1)
  table.sort(times)
  local median, p90 = quantile(times, 0.5), quantile(times, 0.9)
  print(("%-18s %9.3f %9.3f %9.3f %9.3f %9s %9s"):format(what, median * 1000,
    p90 * 1000, times[#times] * 1000, first * 1000,
    ("1/%.0f"):format(whole / median), ("1/%.0f"):format(whole / p90)))
end

local program = must(eval.read(path))
must(program:check {})
must(program:import(folder))
local began = os.clock()
local model = must(program:evaluate {})
local whole = os.clock() - began
print(("%s, %s: evaluated in %.3f s; %d changes of each kind, ms:")
  :format(path:match "[^/]*$", relation, whole, n))

local rows, there = read_rows(relation)
math.randomseed(seed)

local removed, restored, added, undone = {}, {}, {}, {}
for _ = 0, n do
  local old, new = rows[math.random(#rows)], invent(rows, there)
  timed(removed, model, { remove = { [relation] = { old } } })
  timed(restored, model, { add = { [relation] = { old } } })
  timed(added, model, { add = { [relation] = { new } } })
  timed(undone, model, { remove = { [relation] = { new } } })
end

print(("%-18s %9s %9s %9s %9s %9s %9s"):format("", "median", "p90", "worst",
  "first", "median", "p90"))
show("stored, removed", removed, whole)
show("stored, put back", restored, whole)
show("invented, added", added, whole)
show("invented, removed", undone, whole)
