--- Random programs for the oracle: seeded, small, safe by construction.
--
-- A program is {decls, facts, rules}; a rule is {head, body} with the body an
-- array of literal texts, so that a failure can be shrunk literal by literal.
-- Groups of relations, each of which reads the groups before it and itself:
--   e, s, f, t   input: ints, symbols, a few floats, compounds
--   d            min or max that recurs or joins several rules
--   u            undefined through an even or odd loop
--   p            negation in cycles; explicit negatives -p
--   g            aggregates over what stands before, negation in cycles
--   h            aggregates over everything
-- One in five is a program over graphs instead (graphs.lua).  Two in three ask
-- goals, with constants and free variables.

local graphs = require "graphs"

local random = {}

--- A small generator of our own, so that a seed means the same everywhere
-- (xorshift64*, Vigna 2016).
local function source(seed)
  local s = (seed * 2654435769 + 88172645463325252) | 1
  local function next_int(n)
    s = s ~ (s >> 12)
    s = s ~ (s << 25)
    s = s ~ (s >> 27)
    return ((s * 0x2545F4914F6CDD1D) >> 33) % n + 1
  end
  for _ = 1, 4 do next_int(2) end
  return next_int
end

-- What a column may hold: its variables and its constants.
local KINDS = {
  int = { vars = { "X", "Y", "Z", "W" }, "0", "1", "2", "3" },
  symbol = { vars = { "A", "B", "C" }, "a", "b", '"c d"' },
  float = { vars = { "F", "G" }, "0.5", "1.0", "2", "-1.5" },
  term = { vars = { "T", "U" } },
}

local KIND_OF = { V = "int", N = "int", Q = "int" }
for kind, entry in pairs(KINDS) do
  for _, name in ipairs(entry.vars) do KIND_OF[name] = kind end
end

local function declare(p, name, kinds, private)
  local columns = {}
  for i, kind in ipairs(kinds) do columns[i] = ("c%d: %s"):format(i, kind) end
  p.decls[#p.decls + 1] = (private and "private " or "") .. "relation " .. name
    .. (#kinds > 0 and "(" .. table.concat(columns, ", ") .. ")." or ".")
  p.kinds[name], p.private[name] = kinds, private
end

--- The bound variables of a kind (nil: any), in order.
local function names_of(bound, kind)
  local names = {}
  for name in pairs(bound) do
    if kind == nil or KIND_OF[name] == kind then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function pick(rnd, bound, kind)
  local names = names_of(bound, kind)
  return #names > 0 and names[rnd(#names)] or nil
end

local function constant(rnd, kind)
  local list = KINDS[kind]
  return #list > 0 and list[rnd(#list)] or "_"
end

-- ---- atoms ----------------------------------------------------------------

--- An atom's text: by position, or (1 in 6) by name, `_` columns left out.
local function write_atom(rnd, rel, args)
  if #args == 0 then return rel end
  if rnd(6) > 1 then return ("%s(%s)"):format(rel, table.concat(args, ", ")) end
  local named = {}
  for i, a in ipairs(args) do
    if a ~= "_" then named[#named + 1] = ("c%d = %s"):format(i, a) end
  end
  if #named == 0 then named[1] = "c1 = _" end
  return ("%s{%s}"):format(rel, table.concat(named, ", "))
end

--- An argument that gives variables no value: bound ones, constants, `_`.
local function closed_argument(rnd, kind, bound)
  local dice = rnd(10)
  if dice == 1 then return constant(rnd, kind) end
  if dice == 2 then return "_" end
  local x = dice == 3 and kind == "int" and pick(rnd, bound, "int")
  if x then return x .. " + 1" end
  return pick(rnd, bound, kind) or "_"
end

local function open_argument(rnd, kind, bound)
  local dice = rnd(12)
  if dice == 1 then return constant(rnd, kind) end
  if dice == 2 then return "_" end
  local x = dice == 3 and kind == "int" and pick(rnd, bound, "int")
  if x then return x .. " + " .. rnd(2) end
  if dice <= 5 and kind == "term" then return "pair(X, _)", { "X" } end
  local vars = KINDS[kind].vars
  local name = vars[rnd(#vars)]
  return name, { name }
end

--- A positive literal over `rel`; `bound` gets the variables it binds.
local function atom(rnd, p, rel, bound)
  local args, new = {}, {}
  for i, kind in ipairs(p.kinds[rel]) do
    local names
    args[i], names = open_argument(rnd, kind, bound)
    for _, name in ipairs(names or {}) do new[#new + 1] = name end
  end
  for _, name in ipairs(new) do bound[name] = true end
  return write_atom(rnd, rel, args)
end

--- An atom that binds nothing.
local function test(rnd, p, rel, bound)
  local args = {}
  for i, kind in ipairs(p.kinds[rel]) do
    args[i] = closed_argument(rnd, kind, bound)
  end
  return write_atom(rnd, rel, args)
end

--- An atom with a new variable in its first column, ints only; or nil.
local function new_variable(rnd, p, rel, bound, name)
  if p.kinds[rel][1] ~= "int" then return nil end
  local args = { name }
  for i = 2, #p.kinds[rel] do
    args[i] = closed_argument(rnd, p.kinds[rel][i], bound)
  end
  return write_atom(rnd, rel, args)
end

-- ---- other literals -------------------------------------------------------

local OPS = { "=", "!=", "<", "<=", ">", ">=" }

local function comparison(rnd, bound)
  local x = pick(rnd, bound)
  if not x then return nil end
  local kind = KIND_OF[x]
  local op = OPS[kind == "term" and rnd(2) or rnd(#OPS)]
  local y = rnd(2) == 1 and pick(rnd, bound, kind) or constant(rnd, kind)
  return y ~= "_" and ("%s %s %s"):format(x, op, y) or nil
end

local ARITHMETIC = { "+", "-", "*", "div", "mod" }

local function arithmetic(rnd, bound)
  local x, y = pick(rnd, bound, "int"), pick(rnd, bound, "int")
  if not x or bound.V then return nil end
  local op = ARITHMETIC[rnd(#ARITHMETIC)]
  local right = (op == "div" or op == "mod") and tostring(rnd(3)) or y
  local left = rnd(4) == 1 and "-" .. x or x
  bound.V = true
  return ("V = %s %s %s and V >= 0 and V < 6"):format(left, op, right)
end

--- A disjunction whose branches bind nothing, or the same variable.
local function disjunction(rnd, p, pool, bound)
  local a, b = pool[rnd(#pool)], pool[rnd(#pool)]
  local left, right
  if rnd(2) == 1 then
    left, right = test(rnd, p, a, bound), comparison(rnd, bound)
  elseif not bound.Q then
    left = new_variable(rnd, p, a, bound, "Q")
    right = new_variable(rnd, p, b, bound, "Q")
    bound.Q = left and right and true or nil
  end
  return left and right
    and ("(%s %s %s)"):format(left, p.words["or"], right) or nil
end

local function nested_negation(rnd, p, pool, bound)
  local a, b = pool[rnd(#pool)], pool[rnd(#pool)]
  local dice = rnd(4)
  if dice == 1 then
    return ("not (%s and not %s)"):format(test(rnd, p, a, bound),
      test(rnd, p, b, bound))
  elseif dice == 2 then
    local inner = new_variable(rnd, p, a, bound, "K")
    return inner and ("not (%s and K > %s)"):format(inner,
      rnd(2) == 1 and pick(rnd, bound, "int") or rnd(3) - 1)
  elseif dice == 3 then
    return ("not (%s or %s)"):format(test(rnd, p, a, bound),
      test(rnd, p, b, bound))
  end
  return ("not not %s"):format(test(rnd, p, a, bound))
end

--- One more literal, or nil.
local function extra(rnd, p, pool, bound)
  local dice, rel = rnd(14), pool[rnd(#pool)]
  if dice <= 6 then return "not " .. test(rnd, p, rel, bound) end
  if dice == 7 then return comparison(rnd, bound) end
  if dice == 8 then return arithmetic(rnd, bound) end
  if dice <= 10 then return disjunction(rnd, p, pool, bound) end
  if dice <= 12 then return nested_negation(rnd, p, pool, bound) end
  if dice == 13 and bound.T and bound.X and not bound.Q then
    bound.Q = true
    return "T = pair(Q, X)"
  end
  local x = pick(rnd, bound, "int")
  return x and ("%s = %s"):format(x, constant(rnd, "int")) or nil
end

-- ---- rules ----------------------------------------------------------------

--- A body over the relations of `pool`.
local function body_of(rnd, p, pool, bound)
  local body = {}
  for _ = 1, rnd(3) do
    body[#body + 1] = atom(rnd, p, pool[rnd(#pool)], bound)
  end
  for _ = 1, rnd(3) - 1 do
    body[#body + 1] = extra(rnd, p, pool, bound)
  end
  return body
end

--- A head over bound variables; nil when a column has no value.
local function head_of(rnd, p, rel, bound, body)
  local args = {}
  for i, kind in ipairs(p.kinds[rel]) do
    local name = pick(rnd, bound, kind)
    if rnd(8) == 1 or not name then name = constant(rnd, kind) end
    if name == "_" then return nil end
    if kind == "int" and rnd(10) == 1 and name:match "^%u" then
      body[#body + 1] = name .. " < 5"
      name = name .. " + 1"
    end
    args[i] = name
  end
  return write_atom(rnd, rel, args)
end

local function put(p, head, body)
  p.rules[#p.rules + 1] = { head = head, body = body }
end

local function add_rule(rnd, p, rel, pool)
  local bound = {}
  local body = body_of(rnd, p, pool, bound)
  local head = head_of(rnd, p, rel, bound, body)
  if head then put(p, head, body) end
end

-- ---- aggregates -----------------------------------------------------------

local AGGREGATES = { "count", "sum", "min", "max", "mean" }

--- `rel(X, sum(Y)) if body over lower`.
local function head_aggregate(rnd, p, rel, lower)
  local bound, body = {}, {}
  for _ = 1, rnd(2) do
    body[#body + 1] = atom(rnd, p, lower[rnd(#lower)], bound)
  end
  if rnd(3) == 1 then body[#body + 1] = extra(rnd, p, lower, bound) end
  local op = AGGREGATES[rnd(4)]
  local x, y = pick(rnd, bound, "int"), pick(rnd, bound, "int")
  if not x then return end
  if op == "count" then y = rnd(2) == 1 and "" or pick(rnd, bound)
  elseif rnd(4) == 1 then y = y .. " * 2" end
  put(p, ("%s(%s, %s(%s))"):format(rel, x, op, y), body)
end

--- What stands in the braces of an aggregate over `inner`, S being what is
-- aggregated; and S's kind.
local function braces(rnd, p, inner, lower, x)
  local kinds, args = p.kinds[inner], {}
  local last = kinds[#kinds]
  for i, kind in ipairs(kinds) do
    args[i] = i == #kinds and "S" or kind == "int" and rnd(2) == 1 and x or "_"
  end
  local body = ("%s(%s)"):format(inner, table.concat(args, ", "))
  local dice, other = rnd(6), lower[rnd(#lower)]
  if dice == 1 then
    body = body .. " and not " .. test(rnd, p, other, { [x] = true })
  elseif dice == 2 and last ~= "term" then
    body = body .. " and S != " .. constant(rnd, last)
  elseif dice == 3 and p.kinds[other][1] == last then
    local rest = { "S" }
    for i = 2, #p.kinds[other] do rest[i] = "_" end
    body = ("(%s or %s(%s))"):format(body, other, table.concat(rest, ", "))
  end
  return body, last
end

local function body_aggregate(rnd, p, rel, lower, pool)
  local bound = {}
  local body = { atom(rnd, p, pool[rnd(#pool)], bound) }
  local x, inner = pick(rnd, bound, "int"), lower[rnd(#lower)]
  if not x or #p.kinds[inner] == 0 then return end
  local inside, kind = braces(rnd, p, inner, lower, x)
  local op = kind == "int" and AGGREGATES[rnd(#AGGREGATES)] or "count"
  local what = "S : "
  if op == "count" and rnd(2) == 1 then what = ""
  elseif op == "sum" and rnd(4) == 1 then what = "S + 1 : " end
  local text = ("%s{ %s%s }"):format(op, what, inside)
  if op == "mean" then
    body[2] = ("%s %s 1.5"):format(text, OPS[rnd(4) + 2])
  elseif rnd(4) == 1 then
    body[2] = ("%s %s %d"):format(text, OPS[rnd(#OPS)], rnd(4))
  else
    body[2] = "N = " .. text
    if rnd(3) == 1 then body[3] = "N " .. OPS[rnd(#OPS)] .. " " .. rnd(4) end
    bound.N = true
  end
  local head = head_of(rnd, p, rel, bound, {})
  if head then put(p, head, body) end
end

--- A rule with an aggregate over `lower` in its head or body.
local function add_aggregate(rnd, p, rel, lower, pool)
  local kinds = p.kinds[rel]
  if rnd(2) == 1 and #kinds == 2 and kinds[1] == "int" and kinds[2] == "int"
  then
    head_aggregate(rnd, p, rel, lower)
  else
    body_aggregate(rnd, p, rel, lower, pool)
  end
end

--- Least or greatest values that recur over the input, or join two rules.
local function add_lattice(rnd, p)
  local op = rnd(2) == 1 and "min" or "max"
  declare(p, "d1", { "int", "int" })
  put(p, ("d1(X, %s(Y))"):format(op),
    { ({ "e1(X, Y)", "e2(X, Y)", "e3(X) and Y = 0" })[rnd(3)] })
  local step = { "d1(Z, W)", rnd(2) == 1 and "e1(Z, X)" or "e2(X, Z)" }
  local dice = rnd(4)
  if dice == 1 then -- no recursion: two rules join
    put(p, ("d1(X, %s(W))"):format(op),
      { "e2(X, W)", rnd(2) == 1 and "not e3(W)" or nil })
  elseif dice == 2 then
    put(p, ("d1(X, %s(W))"):format(op), step)
  else
    step[3] = op == "min" and "W < 8" or "W > -4"
    put(p, ("d1(X, %s(W %s %d))"):format(op, op == "min" and "+" or "-",
      rnd(3) - 1), step)
  end
  if rnd(2) == 1 then
    declare(p, "d2", { "int" })
    put(p, "d2(Y)", { "d1(X, Y)", rnd(2) == 1 and "not e3(X)" or "X != Y" })
  end
end

-- ---- programs -------------------------------------------------------------

local function add_facts(rnd, p, name, most)
  for _ = 1, rnd(most) do
    local args = {}
    for i, kind in ipairs(p.kinds[name]) do args[i] = constant(rnd, kind) end
    p.facts[#p.facts + 1] = ("%s(%s)."):format(name, table.concat(args, ", "))
  end
end

local function add_compounds(rnd, p)
  p.decls[#p.decls + 1] = "term pair(x: int, y: int)."
  p.decls[#p.decls + 1] = "term box(t: term)."
  declare(p, "t1", { "term" })
  put(p, "t1(pair(X, Y))", { "e1(X, Y)" })
  if rnd(2) == 1 then
    declare(p, "t2", { "term", "int" })
    put(p, "t2(box(T), X)", { "t1(T)", "T = pair(X, _)" })
    put(p, "t2(T, Y)", { "t2(box(T), Z)", "e2(Z, Y)" })
  end
end

local function add_inputs(rnd, p)
  local e = { "e1", "e2", "e3" }
  declare(p, "e1", { "int", "int" })
  declare(p, "e2", { "int", "int" })
  declare(p, "e3", { "int" })
  if rnd(3) == 1 then
    declare(p, "s1", { "symbol", "int" })
    declare(p, "s2", { "symbol", "symbol" })
    e[4], e[5] = "s1", "s2"
  end
  if rnd(8) == 1 then
    declare(p, "f1", { "int", "float" })
    e[#e + 1] = "f1"
  end
  for _, name in ipairs(e) do add_facts(rnd, p, name, 6) end
  if rnd(3) == 1 then
    add_compounds(rnd, p)
    e[#e + 1] = "t1"
  end
  return e
end

--- Undefined rows: through an even loop or an odd one.
local function add_undefined(rnd, p, e)
  local dice = rnd(3)
  if dice == 1 then return end
  declare(p, "u1", { "int" })
  if dice == 2 then
    declare(p, "u2", { "int" })
    put(p, "u1(X)", { "e3(X)", "not u2(X)" })
    put(p, "u2(X)", { "e3(X)", "not u1(X)" })
  else
    put(p, "u1(X)", { "e1(X, _)", "not u1(X)" })
  end
  e[#e + 1] = "u1"
end

local function random_kinds(rnd, p)
  if rnd(12) == 1 then return {} end
  local kinds = {}
  for i = 1, rnd(8) == 1 and 3 or rnd(2) do
    kinds[i] = p.kinds.s1 and rnd(4) == 1 and "symbol" or "int"
  end
  return kinds
end

local function joined(a, b)
  return table.move(b, 1, #b, #a + 1, table.move(a, 1, #a, 1, {}))
end

local function add_negation(rnd, p, e)
  local ps = {}
  for i = 1, rnd(4) do
    ps[#ps + 1] = "p" .. i
    declare(p, "p" .. i, random_kinds(rnd, p), rnd(10) == 1)
    if rnd(6) == 1 then -- its explicit negative
      ps[#ps + 1] = "-p" .. i
      p.kinds["-p" .. i] = p.kinds["p" .. i]
    end
  end
  local low = joined(e, ps)
  for _, name in ipairs(ps) do
    for _ = 1, rnd(3) do add_rule(rnd, p, name, low) end
  end
  return low
end

local function add_groups(rnd, p, low)
  local gs = {}
  for i = 1, rnd(3) do
    gs[i] = "g" .. i
    declare(p, gs[i], random_kinds(rnd, p))
  end
  local all = joined(low, gs)
  for _, name in ipairs(gs) do
    -- min and max join across rules: such a relation has one rule.
    if rnd(3) == 1 then
      add_aggregate(rnd, p, name, low, low)
    else
      for _ = 1, rnd(2) do add_rule(rnd, p, name, all) end
    end
  end
  return all
end

-- ---- goals ----------------------------------------------------------------

--- An argument of a goal: a constant more often than not.
local function asked_argument(rnd, p, kind, bound)
  local dice = rnd(7)
  if dice == 1 then return "_" end
  if dice <= 4 and kind ~= "term" then
    return p.node and rnd(3) > 1 and p.node() or constant(rnd, kind)
  end
  local vars = KINDS[kind].vars
  local name = vars[rnd(#vars)]
  bound[name] = true
  return name
end

local function asked_atom(rnd, p, rel, bound)
  local args = {}
  for i, kind in ipairs(p.kinds[rel]) do
    args[i] = asked_argument(rnd, p, kind, bound)
  end
  return #args == 0 and rel or ("%s(%s)"):format(rel, table.concat(args, ", "))
end

--- A goal over the relations that everybody sees.
local function add_goal(rnd, p, visible)
  local bound = {}
  local parts = { asked_atom(rnd, p, visible[rnd(#visible)], bound) }
  if rnd(3) == 1 then
    parts[2] = asked_atom(rnd, p, visible[rnd(#visible)], bound)
  end
  if rnd(6) == 1 then
    parts[#parts + 1] = "not " .. test(rnd, p, visible[rnd(#visible)], bound)
  end
  local vars = names_of(bound)
  local name = "asked" .. #p.asks + 1
  if #vars > 0 then name = ("%s(%s)"):format(name, table.concat(vars, ", ")) end
  p.asks[#p.asks + 1] = ("%s if %s."):format(name, table.concat(parts, " and "))
end

local function add_goals(rnd, p)
  local visible = {}
  for name in pairs(p.kinds) do
    if not p.private[name:gsub("^%-", "")] then visible[#visible + 1] = name end
  end
  table.sort(visible)
  for _ = 1, rnd(3) - 1 do add_goal(rnd, p, visible) end
end

-- ---- programs -------------------------------------------------------------

local WORDS = { ["if"] = " if ", ["and"] = " and ", ["or"] = "or" }
local DATALOG = { ["if"] = " :- ", ["and"] = ", ", ["or"] = ";" }

--- A program of every kind of relation.
local function fill(rnd, p)
  local e = add_inputs(rnd, p)
  if rnd(5) == 1 then add_lattice(rnd, p) end
  add_undefined(rnd, p, e)
  local low = add_negation(rnd, p, e)
  local all = add_groups(rnd, p, low)
  declare(p, "h1", { "int", "int" })
  if rnd(2) == 1 then add_aggregate(rnd, p, "h1", all, all) end
  if p.kinds.d1 and rnd(2) == 1 then
    declare(p, "h2", { "int", "int" })
    add_aggregate(rnd, p, "h2", { "d1" }, all)
  end
end

--- The program of a seed.
function random.program(seed)
  local rnd = source(seed)
  local p = { decls = {}, facts = {}, rules = {}, asks = {}, kinds = {},
    private = {}, words = rnd(4) == 1 and DATALOG or WORDS }
  if rnd(5) == 1 then graphs.fill(rnd, p, declare, put)
  else fill(rnd, p) end
  add_goals(rnd, p)
  return p
end

--- The text of a program.
function random.text(p)
  local lines = joined(p.decls, p.facts)
  for _, r in ipairs(p.rules) do
    lines[#lines + 1] = r.head .. p.words["if"]
      .. table.concat(r.body, p.words["and"]) .. "."
  end
  for _, ask in ipairs(p.asks) do lines[#lines + 1] = "-- ask " .. ask end
  return table.concat(lines, "\n") .. "\n"
end

local function without(list, skip)
  local c = {}
  for i, x in ipairs(list) do
    if i ~= skip then c[#c + 1] = x end
  end
  return c
end

--- Every program with one goal, fact, rule, literal or declaration less.
function random.smaller(p)
  local out = {}
  local function with(changed)
    out[#out + 1] = setmetatable(changed, { __index = p })
  end
  for i = 1, #p.asks do with { asks = without(p.asks, i) } end
  for i = 1, #p.rules do with { rules = without(p.rules, i) } end
  for i, r in ipairs(p.rules) do
    for j = 1, #r.body > 1 and #r.body or 0 do
      local rules = without(p.rules)
      rules[i] = { head = r.head, body = without(r.body, j) }
      with { rules = rules }
    end
  end
  for i = 1, #p.facts do with { facts = without(p.facts, i) } end
  for i = 1, #p.decls do with { decls = without(p.decls, i) } end
  return out
end

random.source = source

return random
