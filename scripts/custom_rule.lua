-- custom_rule.lua - a rule of your own beside the shipped ones.
--
--   dragoman run scripts/custom_rule.lua [KB] [DATE]
--
-- The new reason below becomes a ground like any other: it is counted, read
-- aloud and explained without a change to the library or its reports.

local dragoman = require "dragoman"

local kb <close> = assert(dragoman.open(arg[1] or "kb/afghanistan-2021"))
kb:use "outcomes"
kb:rules [[
term put_off(process: process, day: date) "A meeting that was moved before.".

phrase("put_off", "{1} [was|were] put off from {2} once already").

-- Who moved a meeting once can move it again.
favours(Q, stalls, put_off(P, Old)) if asks(Q, P, stalls) and moved(P, Old, _).
]]

-- Without a date the view is read at the day of the newest source.
local view <close> = assert(kb:view { at = arg[2] })

for row in view:query "ground(Q, O, D, put_off(P, Day))" do
  print(view:why("ground($q, $o, $d, put_off($p, $day))",
    { q = row.Q, o = row.O, d = row.D, p = row.P, day = row.Day }))
end
