--- Random sequences of facts that come and go: a model that is updated must
-- have the rows of one evaluated from scratch.
--
-- Of a random program's facts some are there at first; each step flips a few.
-- By itself: lua5.4 tests/oracle/updates.lua N SEED, half of them games.

local compare = require "compare"
local games = require "games"
local random = require "random"
local ways = require "ways"

local updates = {}

local STEPS, MOST_FLIPS = 5, 3

-- A constant as text, as Lua hands it to the engine; nil for compounds.
local function value_of(text)
  if text:match "^%-?%d+$" then return math.tointeger(text) end
  if text:match "^%-?%d+%.%d+$" then return tonumber(text) end
  return text:match '^"([^"]*)"$' or text:match "^%l[%w_]*$"
end

-- A fact's relation and row; nil when it is none of plain constants.
local function row_of(fact)
  local name, list = fact:match "^(%-?[%w_]+)%((.*)%)%.$"
  local row = {}
  for arg in (list or "("):gmatch "[^,]+" do
    row[#row + 1] = value_of(arg:match "^%s*(.-)%s*$")
    if row[#row] == nil or arg:find "[()]" then return nil end
  end
  return name, row
end

-- The facts that may be flipped, those that are there, and the others.
local function split(rnd, facts)
  local pool, fixed, seen = {}, {}, {}
  for _, fact in ipairs(facts) do
    local name, row = row_of(fact)
    if not name then fixed[#fixed + 1] = fact
    elseif not seen[fact] then
      seen[fact] = true
      pool[#pool + 1] = { text = fact, name = name, row = row,
        there = rnd(3) > 1 }
    end
  end
  return pool, fixed
end

local function text_of(p, pool, fixed)
  local facts = table.move(fixed, 1, #fixed, 1, {})
  for _, fact in ipairs(pool) do
    if fact.there then facts[#facts + 1] = fact.text end
  end
  return random.text(setmetatable({ facts = facts, asks = {} },
    { __index = p }))
end

-- Two facts may be one row (1 and 1.0 in a column of floats): a row that is
-- there by another fact stays.
local function same_row(a, b)
  if a.name ~= b.name then return false end
  for i, v in ipairs(a.row) do
    if v ~= b.row[i] then return false end
  end
  return true
end

local function stays(pool, fact)
  for _, other in ipairs(pool) do
    if other.there and same_row(other, fact) then return true end
  end
  return false
end

-- Flip a few facts: the change.
local function flip(rnd, pool)
  local change, flipped = { add = {}, remove = {} }, {}
  for _ = 1, rnd(MOST_FLIPS) do
    local fact = pool[rnd(#pool)]
    fact.there = not fact.there
    flipped[fact] = true
  end
  for _, fact in ipairs(pool) do
    local to = change[fact.there and "add" or "remove"]
    if flipped[fact] and (fact.there or not stays(pool, fact)) then
      to[fact.name] = to[fact.name] or {}
      table.insert(to[fact.name], fact.row)
    end
  end
  return change
end

-- Follow a sequence: nil when all is well or the program is refused, else why.
local function follow(rnd, p, opened, pool, fixed, options)
  for step = 1, STEPS do
    local ok, why = opened.model:update(flip(rnd, pool))
    local text = text_of(p, pool, fixed)
    if not ok then return ("step %d: %s\n%s"):format(step, why, text) end
    local expected = compare.engine(text, options)
    if not expected then return nil end
    local lines = compare.difference(expected, compare.rows(opened))
    if lines ~= "" then
      return ("step %d:\n%s\n%s"):format(step, lines, text)
    end
  end
end

--- Check the sequence of a seed on a program of `maker`; nil, or what went
-- wrong.
function updates.check(maker, seed, options)
  local rnd, p = random.source(seed + 1000003), maker.program(seed)
  local pool, fixed = split(rnd, p.facts)
  if #pool == 0 then return nil end
  local opened = compare.open(text_of(p, pool, fixed), options)
  if not opened then return nil end
  local why = follow(rnd, p, opened, pool, fixed, options)
  compare.close(opened)
  return why
end

local function main(n, first)
  local began = os.clock()
  for seed = first, first + n - 1 do
    local maker = seed % 2 == 0 and games or random
    local why = updates.check(maker, seed, ways.of(seed // 2))
    if why then
      print(("seed %d, %s, %s"):format(seed, ways.text(ways.of(seed // 2)),
        why))
      return 1
    end
  end
  print(("%d sequences from seed %d agree; %.0f s"):format(n, first,
    os.clock() - began))
  return 0
end

if arg and arg[0] and arg[0]:match "[^/]*$" == "updates.lua" then
  local status = main(tonumber(arg[1]) or 1000, tonumber(arg[2]) or 1)
  compare.finish()
  os.exit(status, true)
end

return updates
