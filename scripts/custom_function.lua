-- custom_function.lua - a Lua function that rules can call.
--
--   dragoman run scripts/custom_function.lua [KB] [DATE]
--
-- Functions must be pure: the same arguments give the same value. A date
-- arrives as a table whose field `day` counts days since 1970-01-01.

local dragoman = require "dragoman"

local mine = dragoman.module "mine"
mine:doc "How many days are left until each deadline."
mine:uses "core"
mine:fn("days_between", function(from, to) return to.day - from.day end)
mine:rules [[
relation days_left(matter: term, days: int) "Days until a deadline.".
-- A deadline that is still to come.
days_left(M, days_between(T, D)) if deadline(M, D) and today(T) and T <= D.
]]

local kb <close> = assert(dragoman.open(arg[1] or "kb/afghanistan-2021"))
assert(kb:use(mine))

-- Without a date the view is read at the day of the newest source.
local view <close> = assert(kb:view { at = arg[2] })

for row in view:query("days_left(M, N)", nil, { order = "N" }) do
  print(("%5d days  %s"):format(row.N, row.M))
end
