--- Random games on small graphs for the oracle: unary and binary relations
-- that recurse through one another both with and without negation, so that
-- the true and possible rows alternate many times and rows lose some of their
-- derivations on the way. Programs are shaped as in random.lua, whose text and
-- smaller do for them.

local random = require "random"

local games = { text = random.text, smaller = random.smaller }

local NODES = 7
local UNARY, BINARY = { "p", "q", "r" }, { "t", "u" }

local function edges(rnd, p, name, n)
  p.decls[#p.decls + 1] = ("relation %s(x: int, y: int)."):format(name)
  for _ = 1, n do
    p.facts[#p.facts + 1] = ("%s(%d, %d)."):format(name, rnd(NODES),
      rnd(NODES))
  end
end

local function nodes(rnd, p, name, n)
  p.decls[#p.decls + 1] = ("relation %s(x: int)."):format(name)
  for _ = 1, n do
    p.facts[#p.facts + 1] = ("%s(%d)."):format(name, rnd(NODES))
  end
end

--- A literal over bound variables; `free` lets a column of a binary relation
-- be anonymous.
local function literal(rnd, vars, free)
  local x, y = vars[rnd(#vars)], vars[rnd(#vars)]
  if rnd(3) > 1 then return ("%s(%s)"):format(UNARY[rnd(#UNARY)], x) end
  if free and rnd(4) == 1 then y = "_" end
  if free and rnd(6) == 1 then x = "_" end
  return ("%s(%s, %s)"):format(BINARY[rnd(#BINARY)], x, y)
end

--- Literals behind the first: up to two, one of them mostly negated.
local function more(rnd, body, vars)
  local sign = rnd(3)
  if sign > 1 then body[#body + 1] = "not " .. literal(rnd, vars, true) end
  if sign ~= 2 or rnd(3) == 1 then body[#body + 1] = literal(rnd, vars) end
  if rnd(4) == 1 then body[#body + 1] = "not " .. literal(rnd, vars, true) end
end

local function add_unary(rnd, p, name)
  for _ = 1, 1 + rnd(3) do
    local dice = rnd(5)
    local body = { dice == 1 and "s(X)" or dice == 2 and "e(Y, X)"
      or dice == 3 and "f(X, Y)" or "e(X, Y)" }
    more(rnd, body, dice == 1 and { "X" } or { "X", "Y" })
    p.rules[#p.rules + 1] = { head = name .. "(X)", body = body }
  end
end

local function add_binary(rnd, p, name)
  local body = { rnd(2) == 1 and "e(X, Y)" or "f(X, Y)" }
  more(rnd, body, { "X", "Y" })
  p.rules[#p.rules + 1] = { head = name .. "(X, Y)", body = body }
  for _ = 1, rnd(3) - 1 do
    body = { BINARY[rnd(2)] .. "(X, Z)",
      (rnd(2) == 1 and "e" or BINARY[rnd(2)]) .. "(Z, Y)" }
    more(rnd, body, { "X", "Y", "Z" })
    p.rules[#p.rules + 1] = { head = name .. "(X, Y)", body = body }
  end
end

--- The game of a seed.
function games.program(seed)
  local rnd = random.source(seed)
  local p = { decls = {}, facts = {}, rules = {}, kinds = {},
    asks = {}, words = { ["if"] = " if ", ["and"] = " and " } }
  edges(rnd, p, "e", 6 + rnd(10))
  edges(rnd, p, "f", 2 + rnd(6))
  nodes(rnd, p, "s", rnd(4))
  for _, name in ipairs(UNARY) do
    nodes(rnd, p, name, rnd(5) == 1 and 1 or 0)
    add_unary(rnd, p, name)
  end
  for _, name in ipairs(BINARY) do
    edges(rnd, p, name, rnd(5) == 1 and 1 or 0)
    add_binary(rnd, p, name)
  end
  return p
end

return games
