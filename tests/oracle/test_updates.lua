--- Updated models against models evaluated from scratch: random sequences of
-- facts that come and go. More: lua5.4 tests/oracle/updates.lua N SEED.

local compare = require "compare"
local games = require "games"
local random = require "random"
local tap = require "tap"
local updates = require "updates"
local ways = require "ways"

local SEQUENCES, BATCH, SEED = 200, 50, 500001

local function run(maker, name)
  for from = SEED, SEED + SEQUENCES - 1, BATCH do
    local bad
    for seed = from, from + BATCH - 1 do
      local why = updates.check(maker, seed, ways.of(seed))
      bad = bad or why and ("seed %d, %s, %s"):format(seed,
        ways.text(ways.of(seed)), why)
    end
    if not tap.ok(not bad, ("sequences on random %s %d to %d"):format(name,
      from, from + BATCH - 1)) then
      tap.diag(bad)
    end
  end
end

run(random, "programs")
run(games, "games")
compare.finish()
tap.done()
