--- The engine against the oracle: the cases kept from earlier differences and
-- random programs and games, in every way of evaluating.  More: make oracle
-- N=20000 SEED=1.

local compare = require "compare"
local core = require "dragoman.core"
local games = require "games"
local random = require "random"
local tap = require "tap"
local files = require "files"
local ways = require "ways"
local read = files.must_read

local BATCH, SEED = 108, 700001
local PROGRAMS, GAMES = ways.COUNT, 324
local STRIDE = 11 -- shares no factor with the number of ways

for _, file in ipairs(core.files "tests/oracle/kept" or {}) do
  if file.name:match "%.dm$" then
    local text = read("tests/oracle/kept/" .. file.name)
    local bad
    for way = 0, ways.COUNT - 1, STRIDE do
      local kind, why = compare.compare(text, ways.of(way))
      bad = bad or kind and ("%s: %s: %s"):format(ways.text(ways.of(way)),
        kind, why)
    end
    if not tap.ok(not bad, "kept: " .. file.name) then tap.diag(bad) end
  end
end

local lost = 0

local function run(maker, name, count)
  for from = SEED, SEED + count - 1, BATCH do
    local bad
    for seed = from, from + BATCH - 1 do
      local text = random.text(maker.program(seed))
      local kind, why = compare.compare(text, ways.of(seed))
      if kind == "given up" or kind == "refused" then lost = lost + 1
      elseif kind then
        bad = bad or ("seed %d, %s, %s:\n%s\n%s"):format(seed,
          ways.text(ways.of(seed)), kind, why, text)
      end
    end
    if not tap.ok(not bad, ("random %s %d to %d"):format(name, from,
      from + BATCH - 1)) then
      tap.diag(bad)
      tap.diag "lua5.4 tests/oracle/run.lua 1 SEED [games] shrinks it"
    end
  end
end

run(random, "programs", PROGRAMS)
run(games, "games", GAMES)
tap.ok(lost * 20 < PROGRAMS, lost .. " programs were beyond the oracle")

compare.finish()
tap.done()
