--- Random closures: relations of pairs whose rules hand calls on at one end,
-- at both, in the middle, or compose the relation with itself, over small
-- graphs of which some edges are disputed. What random.lua seldom makes.

local M = {}

local EXITS = { "e(X, Y)", "e(Y, X)", "f(X, Y)", "e(X, Y) and not f(X, Y)",
  "m(X, Y)", "n(X) and X = Y", "e(X, Z) and f(Z, Y) and X != Y" }

local STEPS = { -- r is the relation itself
  "e(X, Z) and r(Z, Y)", "f(X, Z) and r(Z, Y)", "m(X, Z) and r(Z, Y)",
  "e(X, Z) and r(Z, Y) and not f(X, Z)", "e(X, Z) and n(Z) and r(Z, Y)",
  "r(X, Z) and e(Z, Y)", "r(X, Z) and m(Z, Y)", "r(X, Z) and f(Y, Z)",
  "e(Z, X) and r(Z, W) and e(W, Y)", "r(X, Z) and e(X, Y) and n(Z)",
  "e(X, Z) and r(Z, Y) and n(Y)", "r(Y, X)", "r(1, Y) and n(X)",
  "e(X, Z) and r(Z, Y) and q(Y, _)" }

local COMPOSE = "r(X, Z) and r(Z, Y)"

local FIXED = [[
relation e(x: int, y: int).
relation f(x: int, y: int).
relation n(x: int).
relation r(x: int, y: int).
m(X, Y) if f(X, Y) and not k(X, Y).
k(X, Y) if f(X, Y) and not m(X, Y).
q(X, Y) if e(X, Y) and not r0(X, Y).
r0(X, Y) if f(X, Z) and e(Z, Y).
far(X, count(Y)) if r(X, Y).
near(X, Y, min(D)) if e(X, Y) and D = 1.
near(X, Y, min(D + 1)) if near(X, Z, D) and e(Z, Y).
lone(X) if n(X) and not r(X, _).
win(X) if r(X, Y) and not win(Y).
asks(X, N) if n(X) and N = count{ r(X, _) }.
top(Y) if r(2, Y) and not r(Y, 2).
]]

local function facts(rnd, out)
  for _, name in ipairs { "e", "f" } do
    for _ = 1, 3 + rnd(6) do
      out[#out + 1] = ("%s(%d, %d)."):format(name, rnd(6), rnd(6))
    end
  end
  for i = 1, 6 do if rnd(3) > 1 then out[#out + 1] = "n(" .. i .. ")." end end
  if rnd(3) == 1 then out[#out + 1] = ("r(%d, %d)."):format(rnd(6), rnd(6)) end
end

--- The text of a closure; rnd(n) gives 1 to n.
function M.text(rnd)
  local out = { FIXED }
  facts(rnd, out)
  local function add(body) out[#out + 1] = "r(X, Y) if " .. body .. "." end
  for _ = 1, rnd(2) do add(EXITS[rnd(#EXITS)]) end
  local kind = rnd(4)
  if kind > 1 then add(STEPS[rnd(#STEPS)]) end
  if kind > 2 then add(STEPS[rnd(5)]) end
  if kind == 1 or rnd(5) == 1 then add(COMPOSE) end
  return table.concat(out, "\n") .. "\n"
end

return M
