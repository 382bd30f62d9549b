--- Questions and changes in one process, timed one by one:
--
--   dragoman run asked.lua first STORE GOAL RELATION.facts [N]
--       GOAL, in which $x stands for the first number of N rows of the file, of
--       a store just opened; then for each of the others
--   dragoman run asked.lua commit STORE GOAL RELATION.facts [N]
--       the same after each of N commits, which state a fact and take it back
--   dragoman run asked.lua update PROGRAM.dm FOLDER RELATION GOAL WORK [N]
--       the program is materialised in memory; N facts of a relation are taken
--       back one by one, then stated again, with a question after each
--
-- Prints "name<tab>seconds" lines, and says what is not there yet.  Seconds are
-- of the processor, so one thread is used.

local dragoman = require "dragoman"

local MOST_SECONDS = 20 -- for questions of one kind

local function must(value, problem, _, list)
  if value == nil then
    error(tostring(problem or list and list[1] and list[1].message), 0)
  end
  return value
end

local function timed(f)
  local began = os.clock()
  local result = f()
  return os.clock() - began, result
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

local function say(name, seconds)
  print(("%s\t%.6f"):format(name, seconds))
end

local function row_of(line)
  local row = {}
  for number in line:gmatch "[^\t]+" do
    row[#row + 1] = math.tointeger(number)
  end
  return row
end

--- n rows of a fact file, at about equal distances.
local function rows_of(path, n)
  local file <close> = assert(io.open(path, "rb"))
  local size, rows = file:seek "end", {}
  for i = 0, n - 1 do
    file:seek("set", size * i // n)
    if i > 0 then file:read "l" end -- the rest of a line
    local line = file:read "l"
    if line then rows[#rows + 1] = row_of(line) end
  end
  return rows
end

--- At most n rows of a fact file, at equal distances; and the other lines.
local function sample(path, n)
  local lines, chosen, rest = {}, {}, {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  local step = math.max(1, #lines // n)
  for i, line in ipairs(lines) do
    if i % step == 0 and #chosen < n then
      chosen[#chosen + 1] = row_of(line)
    else
      rest[#rest + 1] = line
    end
  end
  return chosen, rest
end

local function first(store, goal, facts, n)
  local rows = rows_of(facts, n)
  local kb <close> = must(dragoman.open(store, { readonly = true }))
  kb.limits = { threads = 1 }
  local times, total = {}, 0
  for i, row in ipairs(rows) do
    local seconds, answers = timed(function()
      return must(kb:answers(goal, { x = row[1] }))
    end)
    if #answers == 0 then error("no answer to " .. goal, 0) end
    if i == 1 then say("first", seconds) else times[#times + 1] = seconds end
    total = total + seconds
    if total > MOST_SECONDS then break end
  end
  if #times > 0 then say("median of " .. #times, median(times)) end
end

local function commit(store, goal, facts, n)
  local kb <close> = must(dragoman.open(store))
  local relation = facts:match "([^/]*)%.facts$"
  kb.limits = { threads = 1 }
  local times = {}
  for _, row in ipairs(rows_of(facts, n)) do
    must(kb:assert(relation, { row[1], -1 }))
    times[#times + 1] = timed(function()
      return must(kb:answers(goal, { x = row[1] }))
    end)
    must(kb:change(("- %s(%d, -1)."):format(relation, row[1])))
  end
  say("after a commit, median of " .. #times, median(times))
end

-- ---- changes --------------------------------------------------------------

local function read_text(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function load_table(kb, work, name, text)
  local path = work .. "/" .. name .. ".tsv"
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  must(kb:load(path, { relation = name }))
end

--- A knowledge base in memory with a program and the tables of a folder; the
-- sampled rows of `relation` are facts of their own, which can be taken back.
local function build(program, folder, relation, work, n)
  local kb = must(dragoman.open())
  local rows, rest = sample(("%s/%s.facts"):format(folder, relation), n)
  local text, imports = read_text(program), {}
  for name in text:gmatch "import ([%w_]+)" do imports[#imports + 1] = name end
  must(kb:rules((text:gsub("import (.-) from \"[^\"]*\"", "relation %1"))))
  for _, name in ipairs(imports) do
    load_table(kb, work, name, name == relation and table.concat(rest, "\n")
      .. "\n" or read_text(("%s/%s.facts"):format(folder, name)))
  end
  must(kb:transaction("facts", function(tx)
    for _, row in ipairs(rows) do tx:assert(relation, row) end
  end))
  -- All of the model is kept, whatever is asked.
  kb.limits = { threads = 1, force = { "no_demand" } }
  return kb, rows
end

--- Make a change for each row and ask after each; how many were made.  One
-- only, when it costs about as much as everything did: then it's not there yet.
local function changes(name, rows, full, change, ask)
  local times = {}
  for i, row in ipairs(rows) do
    times[i] = timed(function()
      must(change(row))
      return ask(row)
    end)
    if times[i] > full / 2 and i == 1 then
      print(("%s: not there, one change costs %.2f of evaluating anew"):format(
        name, times[i] / full))
      return 1
    end
  end
  say(("%s, median of %d"):format(name, #times), median(times))
  return #times
end

--- The answers to a question about each row, as one text.
local function answers_of(kb, goal, row)
  local parts = {}
  for i, a in ipairs(must(kb:answers(goal, { x = row[1] }))) do
    parts[i] = tostring(a.Y)
  end
  table.sort(parts)
  return table.concat(parts, " ")
end

local function update(program, folder, relation, goal, work, n)
  local kb <close>, rows = build(program, folder, relation, work, n)
  local function ask(row) return answers_of(kb, goal, row) end
  local full, before = timed(function() return ask(rows[1]) end)
  say("evaluate", full)
  local text = "- " .. relation .. "(%d, %d)."
  local gone = changes("delete", rows, full, function(row)
    return kb:change(text:format(row[1], row[2]))
  end, ask)
  local lost = table.move(rows, 1, gone, 1, {})
  local back = changes("insert", lost, full, function(row)
    return kb:assert(relation, row)
  end, ask)
  if back == gone and ask(rows[1]) ~= before then
    error("what was taken back and stated again made a difference", 0)
  end
end

local words = table.move(arg, 2, #arg, 1, {})
if arg[1] == "first" then
  first(words[1], words[2], words[3], tonumber(words[4] or 100))
elseif arg[1] == "commit" then
  commit(words[1], words[2], words[3], tonumber(words[4] or 10))
else
  update(words[1], words[2], words[3], words[4], words[5],
    tonumber(words[6] or 100))
end
