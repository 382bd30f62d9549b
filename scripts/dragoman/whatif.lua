-- What would change an answer: changes that a list names, and withdrawing each
-- claim that a leading answer rests on, each tried on a scenario, with what
-- becomes of the verdict, of the facts it is built of, and of the grounds.

local case = require "dragoman.case"
local tree = require "dragoman.tree"

local put, rows, standing, verdict = case.put, case.rows, case.standing,
  case.verdict

local M = {}

-- Blocks of KB/changes.txt: "## name", an optional "at DATE", change text.
local function read_changes(path)
  local list, current = {}, nil
  local file = io.open(path .. "/changes.txt")
  if not file then return list end
  for line in file:lines() do
    local name, day = line:match "^## (.+)$", line:match "^at (%S+)$"
    if name then
      current = { name = name, text = {} }
      list[#list + 1] = current
    elseif current and day then current.at = day
    elseif current and line:find "%S" and not line:find "^#" then
      table.insert(current.text, line)
    end
  end
  file:close()
  return list
end

-- Withdrawing each claim that a leading answer rests on, unless the list of
-- changes has just that.
local function own_changes(state, list, listed)
  local changes, seen = {}, {}
  for _, change in ipairs(listed) do seen[table.concat(change.text)] = true end
  for _, q in ipairs(list) do
    for _, c in ipairs(q.proof and q.proof.claims or {}) do
      local text = ("- claim %s."):format(c.id)
      local short = ("- claim %s."):format(state.short[c.id])
      if not seen[text] and not seen[short] then
        seen[text] = true
        changes[#changes + 1] = { name = ("drop %s: %s"):format(
          state.short[c.id], tree.asserted(state.reader, c)),
          text = { text } }
      end
    end
  end
  return changes
end

-- What an answer is built of; what falls of it is named beside the verdict.
local KEY_GOALS <const> = { "gains_by_waiting(A, P)", "pays_for_delay(A, P)",
  "refuses(A, P)", "agrees(A, P, R)" }

-- Facts of the key goals about processes, as they read, with their truth.
local function key_facts(kb, reader)
  local facts = {}
  for _, goal in ipairs(KEY_GOALS) do
    local relation = goal:match "^[%w_]+"
    for _, r in ipairs(rows(kb, goal .. " and process(P)")) do
      facts[reader:atom(relation, { r.A, r.P, r.R })] = r.truth or "true"
    end
  end
  return facts
end

local function ground_counts(kb)
  local count = {}
  for _, g in ipairs(rows(kb, "ground(Q, O, \"for\", R)")) do
    local key = g.Q .. " " .. g.O
    if g.truth ~= "disputed" then count[key] = (count[key] or 0) + 1 end
  end
  return count
end

local function moved_facts(before, after)
  local list = {}
  for text in pairs(before) do
    if not after[text] then list[#list + 1] = "no longer: " .. text end
  end
  for text, truth in pairs(after) do
    if truth ~= before[text] then
      list[#list + 1] = (truth == "disputed" and "disputed: " or "now: ")
        .. text
    end
  end
  table.sort(list)
  return list
end

local function moved_grounds(before, after)
  local list, seen = {}, {}
  for key in pairs(before) do seen[key] = true end
  for key in pairs(after) do seen[key] = true end
  for key in pairs(seen) do
    local a, b = before[key] or 0, after[key] or 0
    if a ~= b then
      list[#list + 1] = ("grounds for %s %d -> %d"):format(
        key:match "%S+$", a, b)
    end
  end
  table.sort(list)
  return list
end

local function reading(kb, reader)
  return { stand = standing(kb), facts = key_facts(kb, reader),
    grounds = ground_counts(kb) }
end

local function verdict_line(list, before, after)
  local parts = {}
  for _, q in ipairs(list) do
    local old, new = verdict(before.stand[q.id]), verdict(after.stand[q.id])
    if old ~= new then parts[#parts + 1] = ("%s -> %s"):format(old, new) end
  end
  if #parts == 0 then parts[1] = "leading unchanged" end
  return table.concat(parts, "; ")
end

-- A change that happens on a later day is read at that day.
local function try_change(state, list, change, base, open_view)
  local kb, opened = state.kb, nil
  if change.at and change.at > tostring(kb.at) then
    opened = open_view(change.at)
    kb = opened
  end
  local before = opened and reading(kb, state.reader) or base
  local scenario = kb:suppose(table.concat(change.text, "\n"))
  if not scenario then
    put("  ", change.name, "can't be tried in this view")
  else
    local after = reading(scenario, state.reader)
    put("  ", change.name, verdict_line(list, before, after))
    local moved = moved_facts(before.facts, after.facts)
    local counts = moved_grounds(before.grounds, after.grounds)
    table.move(counts, 1, #counts, #moved + 1, moved)
    if #moved > 0 then put("      ", table.concat(moved, "; ")) end
    scenario:close()
  end
  if opened then opened:close() end
end

--- Print each change with its effect. list: the questions; path: the folder
-- that may hold changes.txt; open_view(day): a view at a later day.
function M.put(state, list, path, open_view)
  local open = {}
  for _, q in ipairs(list) do
    if not case.passed(state, q) then open[#open + 1] = q end
  end
  if #open == 0 then return end
  local listed = read_changes(path)
  local changes = own_changes(state, open, listed)
  table.move(listed, 1, #listed, #changes + 1, changes)
  if #changes == 0 then return end
  print()
  put("", "WHAT WOULD CHANGE IT", "(each one re-run now)")
  local base = reading(state.kb, state.reader)
  for _, change in ipairs(changes) do
    try_change(state, open, change, base, open_view)
  end
end

return M
