--- Goals by demand against the whole model, on random programs and random
-- closures. More: lua5.4 tests/oracle/test_goals.lua PROGRAMS SEED.

local closures = require "closures"
local compare = require "compare"
local goals = require "goals"
local random = require "random"
local tap = require "tap"

local PROGRAMS = tonumber(arg[1]) or 400
local SEED = tonumber(arg[2]) or 300001
local BATCH, GOALS = math.max(PROGRAMS // 8, 1), 6

local function program_of(seed) return random.text(random.program(seed)) end
local function closure_of(seed) return closures.text(goals.source(seed)) end

for _, kind in ipairs { { "programs", program_of }, { "closures",
    closure_of } } do
  local asked = 0
  for from = SEED, SEED + PROGRAMS - 1, BATCH do
    local bad
    for seed = from, from + BATCH - 1 do
      local text = kind[2](seed)
      local count, why = goals.compare(text, seed, GOALS)
      asked = asked + (count or 0)
      bad = bad or why and ("seed %d: %s\n%s"):format(seed, why, text)
    end
    if not tap.ok(not bad, ("random %s %d to %d"):format(kind[1], from,
      from + BATCH - 1)) then
      tap.diag(bad)
    end
  end
  tap.ok(asked > 2 * PROGRAMS, asked .. " goals had bound columns")
end

compare.finish()
tap.done()
