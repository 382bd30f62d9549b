--- Parse speed: dragoman run tests/bench/parse.lua [STATEMENTS].
--
-- Parses a text of claims, facts and rules (100,000 by default, in files of a
-- thousand), and prints megabytes and statements a second.

local grammar = require "dragoman.grammar"

local CHUNK = 1000
local n = tonumber(arg and arg[1]) or 100000

local shapes = {
  'c%d para 3: us_president via tv states withdrawn(us_forces_%d)\n'
    .. '  on 2021-04-13.\n',
  "fact_%d(actor_%d, 12, 2021-05-01).\n",
  "path_%d(X, Y) if edge_%d(X, Z) and path(Z, Y) and not blocked(X), X < 5.\n",
}

local function text_of(first)
  local lines = {}
  for i = first, first + CHUNK - 1 do
    lines[#lines + 1] = shapes[i % #shapes + 1]:format(i, i)
  end
  return table.concat(lines)
end

local bytes, statements, seconds = 0, 0, 0
for first = 1, n, CHUNK do
  local text = text_of(first)
  local began = os.clock()
  local chunk, wrong = grammar.parse(text, "text")
  seconds = seconds + os.clock() - began
  if #wrong > 0 then error(wrong[1].message) end
  bytes, statements = bytes + #text, statements + #chunk
end
print(("parse %d statements: %.2f MB/s, %.0f statements/s"):format(statements,
  bytes / seconds / 1e6, statements / seconds))
