--- Single changes of a finished model: dragoman run tests/bench/update.lua
-- PROGRAM.dm FOLDER RELATION [N] [SEED].
--
-- Evaluates the program on the tables in FOLDER, then N times (100) removes
-- one row of RELATION, drawn from its table of two ints, and puts it back, and
-- N times adds one new row of values that occur and removes it. Prints the
-- medians beside the time of the evaluation.

local eval = require "dragoman.eval"

local path, folder, relation = arg[1], arg[2], arg[3]
local n, seed = tonumber(arg[4]) or 100, tonumber(arg[5]) or 1

local function read_rows(name)
  local rows, there = {}, {}
  for line in io.lines(("%s/%s.facts"):format(folder, name)) do
    local x, y = line:match "^(%-?%d+)\t(%-?%d+)"
    rows[#rows + 1] = { tonumber(x), tonumber(y) }
    there[line] = true
  end
  return rows, there
end

local function must(ok, message)
  if not ok then error(message, 0) end
  return ok
end

local function median(times)
  table.sort(times)
  return times[(#times + 1) // 2] * 1000
end

local function timed(times, model, change)
  local before = os.clock()
  must(model:update(change))
  times[#times + 1] = os.clock() - before
end

local function show(what, times, whole)
  local worst = math.max(table.unpack(times)) * 1000
  print(("%-8s median %9.3f ms  worst %9.3f ms  1/%.0f of the evaluation"):
    format(what, median(times), worst, whole * 1000 / median(times)))
end

local program = must(eval.read(path))
must(program:check {})
must(program:import(folder))
local began = os.clock()
local model = must(program:evaluate {})
local whole = os.clock() - began
print(("evaluated in %.3f s"):format(whole))

local rows, there = read_rows(relation)
math.randomseed(seed)

local function new_row()
  while true do
    local x, y = rows[math.random(#rows)][1], rows[math.random(#rows)][2]
    if not there[x .. "\t" .. y] then return { x, y } end
  end
end

local times = { {}, {}, {}, {} }
for _ = 1, n do
  local old, new = rows[math.random(#rows)], new_row()
  timed(times[1], model, { remove = { [relation] = { old } } })
  timed(times[2], model, { add = { [relation] = { old } } })
  timed(times[3], model, { add = { [relation] = { new } } })
  timed(times[4], model, { remove = { [relation] = { new } } })
end
show("remove", times[1], whole)
show("restore", times[2], whole)
show("add", times[3], whole)
show("take off", times[4], whole)
