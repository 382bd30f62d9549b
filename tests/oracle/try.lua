--- One program file through the oracle and the engine:
-- lua5.4 tests/oracle/try.lua FILE [THREADS]. Prints how they differ.

local compare = require "compare"

local file = assert(io.open(arg[1], "rb"))
local kind, why = compare.compare(file:read "a",
  { threads = tonumber(arg[2]) or 1 })
file:close()
compare.finish()
print(kind and kind .. ": " .. tostring(why)
  or "the oracle and the engine agree")
os.exit(kind == nil or kind == "refused", true)
