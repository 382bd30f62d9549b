--- Random programs against the oracle: lua5.4 tests/oracle/run.lua N SEED
-- [games].
--
-- Programs (or games) SEED to SEED + N - 1 go through the oracle and the whole
-- engine, each in a way of its own (ways.lua).  The first difference is
-- shrunk, printed and written to tests/oracle/kept/seed-S.dm (game-S.dm), which
-- test_random.lua runs ever after; the exit status is then 1.  Programs the
-- oracle can't do must stay under 5 %.

local compare = require "compare"
local random = require(arg[3] == "games" and "games" or "random")
local ways = require "ways"

local n, first = tonumber(arg[1]) or 20000, tonumber(arg[2]) or 1

local function keep(seed, kind, p, options)
  local text = random.text(p)
  local _, why = compare.compare(text, options)
  local path = ("tests/oracle/kept/%s-%d.dm"):format(
    arg[3] == "games" and "game" or "seed", seed)
  local head = ("-- %s; %s\n-- %s"):format(kind, ways.text(options),
    tostring(why):gsub("\n", "\n-- "))
  local file = assert(io.open(path, "w"))
  file:write(head, "\n", text)
  file:close()
  print(("seed %d, written to %s:\n%s\n%s"):format(seed, path, head, text))
end

local function report(count, began)
  local lost = count["given up"] + count.refused
  print(("%d programs from seed %d agree; %d given up, %d refused by both"
    .. " (%.2f %%); %.0f s"):format(n - lost, first, count["given up"],
    count.refused, 100 * lost / n, os.clock() - began))
  return lost * 20 > n and 1 or 0
end

local function main()
  local count, began = { ["given up"] = 0, refused = 0 }, os.clock()
  for seed = first, first + n - 1 do
    local p = random.program(seed)
    local options = ways.of(seed)
    local kind = compare.compare(random.text(p), options)
    if kind and count[kind] then
      count[kind] = count[kind] + 1
    elseif kind then
      keep(seed, kind, compare.shrink(p, kind, random, options), options)
      return 1
    end
    if (seed - first) % 1000 == 999 then
      io.stderr:write(("%d programs, %.0f s\r"):format(seed - first + 1,
        os.clock() - began))
    end
  end
  return report(count, began)
end

local status = main()
compare.finish()
os.exit(status, true)
