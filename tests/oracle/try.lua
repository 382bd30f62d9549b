--- One program file through the oracle and the engine:
-- lua5.4 tests/oracle/try.lua FILE [THREADS [FORCED,…]]. Prints how they
-- differ; with "all" for THREADS, in every way there is.

local compare = require "compare"
local ways = require "ways"

local file = assert(io.open(arg[1], "rb"))
local text = file:read "a"
file:close()

local function try(options)
  local kind, why = compare.compare(text, options)
  print(("%s: %s"):format(ways.text(options), kind
    and kind .. ": " .. tostring(why) or "the oracle and the engine agree"))
  return kind == nil or kind == "refused"
end

local fine = true
if arg[2] == "all" then
  for n = 0, ways.COUNT - 1 do fine = try(ways.of(n)) and fine end
else
  fine = try(ways.named(arg[3], tonumber(arg[2])))
end
compare.finish()
os.exit(fine, true)
