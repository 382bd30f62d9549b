--- The oracle's formulas: expressions, matching, conjunctions, aggregates.
--
-- A formula of the syntax tree is solved by enumeration: `solve` calls `yield`
-- for every environment (a table variable -> value; an anonymous variable is
-- its node) that satisfies it.  A world has the rows that positive atoms read
-- (`rows`), its dual, whose rows negations read, whether it is the possible
-- side (`maybe`), `sides`, the two finished sides that aggregates read, and
-- `bottom`: no bracket under a negation holds in it.
--
-- What can't be done raises an error that begins with "oracle:".

local M = {}

local MOST_OPEN = 10 -- undefined instances of one aggregate

--- Whether an aggregate's value that every choice among its undefined
-- instances gives is true; otherwise it is undefined like the others.
M.agreed = true

local function give_up(why) error("oracle: " .. why, 0) end
M.give_up = give_up

-- ---- values ---------------------------------------------------------------

local function key(v)
  if type(v) == "table" then
    local parts = { v.name }
    for i, a in ipairs(v) do parts[i + 1] = key(a) end
    return "(" .. table.concat(parts, " ") .. ")"
  end
  return (math.type(v) or "s") .. ":" .. tostring(v)
end
M.key = key

function M.tuple_key(t)
  local parts = {}
  for i, v in ipairs(t) do parts[i] = key(v) end
  return table.concat(parts, "|")
end

local function same(a, b)
  if type(a) == "number" and type(b) == "number" then return a == b end
  return key(a) == key(b)
end

local compare = {
  ["="] = same,
  ["!="] = function(a, b) return not same(a, b) end,
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
}

local arithmetic = {
  ["+"] = function(a, b) return a + b end,
  ["-"] = function(a, b) return a - b end,
  ["*"] = function(a, b) return a * b end,
  ["/"] = function(a, b) return a / b end,
  ["div"] = function(a, b) return a // b end,
  ["mod"] = function(a, b) return a % b end,
  ["neg"] = function(a) return -a end,
}

local CONSTANT = { int = true, float = true, symbol = true, string = true }

--- The name of an atom's relation, `-r` for an explicit negative.
function M.relation_of(atom)
  return (atom.negative and "-" or "") .. atom.name
end

local relation_of = M.relation_of

-- ---- variables ------------------------------------------------------------

local known_variables = setmetatable({}, { __mode = "k" })

--- The variables of a node as a set; an anonymous one is its node.
local function variables(node)
  local known = known_variables[node]
  if known then return known end
  local set = {}
  if node.tag == "var" then set[node.name] = true
  elseif node.tag == "anon" then set[node] = true
  else
    for _, child in pairs(node) do
      if type(child) == "table" then
        for name in pairs(variables(child)) do set[name] = true end
      end
    end
  end
  known_variables[node] = set
  return set
end
M.variables = variables

local function union(a, b)
  local out = {}
  for name in pairs(a) do out[name] = true end
  for name in pairs(b) do out[name] = true end
  return out
end

local function intersection(a, b)
  local out = {}
  for name in pairs(a or b) do out[name] = b[name] end
  return out
end

local function ordered(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list, function(a, b) return tostring(a) < tostring(b) end)
  return list
end
M.ordered = ordered

--- Calls f with each conjunct and the variables outside of it.
local function each_conjunct(list, outer, f)
  for i, g in ipairs(list) do
    local around = outer
    for j, h in ipairs(list) do
      if j ~= i then around = union(around, variables(h)) end
    end
    f(g, around)
  end
end

--- The variables that tell instances of a formula apart: those that every
-- way to satisfy it gives a value.
local function instance_variables(f, outer)
  if f.tag == "and" then
    local out = {}
    each_conjunct(f, outer, function(g, around)
      out = union(out, instance_variables(g, around))
    end)
    return out
  elseif f.tag == "or" then
    local out
    for _, g in ipairs(f) do
      out = intersection(out, instance_variables(g, outer))
    end
    return out
  elseif f.tag == "not" then
    return intersection(variables(f), outer)
  elseif f.tag == "compare" then
    local out = {}
    for _, side in ipairs { f.left, f.right } do
      if side.tag ~= "aggregate" then out = union(out, variables(side)) end
    end
    return out
  end
  return variables(f)
end

-- ---- negation -------------------------------------------------------------
--
-- `complement` says what `not f` is, by Lloyd and Topor (1984).  Two kinds of
-- nodes come from it: `some`, what was under two negations; and `none`, what a
-- negation goes no further into.  Both have no variables but those that also
-- stand outside of the negation.

local function scoped(tag, f, parts, outer)
  parts.tag = tag
  known_variables[parts] = intersection(variables(f), outer)
  return parts
end

local complement

--- Conjuncts in sets that share no variable but those of `outer`.
local function independent(list, outer)
  local sets = {}
  for _, f in ipairs(list) do
    local joined, rest = { f, own = {} }, {}
    for name in pairs(variables(f)) do
      if not outer[name] then joined.own[name] = true end
    end
    for _, set in ipairs(sets) do
      if next(intersection(set.own, joined.own)) then
        table.move(set, 1, #set, #joined + 1, joined)
        joined.own = union(joined.own, set.own)
      else
        rest[#rest + 1] = set
      end
    end
    rest[#rest + 1] = joined
    sets = rest
  end
  return sets
end

local function conjunction(set)
  return #set == 1 and set[1]
    or table.move(set, 1, #set, 1, { tag = "and" })
end

--- What a conjunct under a negation consists of, put into `list`.
local function conjuncts(f, outer, list)
  if f.tag == "and" then
    each_conjunct(f, outer, function(g, around) conjuncts(g, around, list) end)
  elseif f.tag == "not" then
    conjuncts(complement(f[1], outer), outer, list)
  elseif f.tag == "some" then
    local keep, inner = variables(f), {}
    conjuncts(f[1], keep, inner)
    for _, set in ipairs(independent(inner, keep)) do
      local g = conjunction(set)
      list[#list + 1] = scoped("some", g, { g }, keep)
    end
  else
    list[#list + 1] = f
  end
end

local function no_conjunction(f, outer)
  local list = {}
  conjuncts(f, outer, list)
  local sets = independent(list, outer)
  local any = { tag = "or" }
  for i, set in ipairs(sets) do
    local g = conjunction(set)
    any[i] = #set == 1 and complement(g, outer)
      or scoped("none", g, { g }, outer)
  end
  return #any == 1 and any[1] or scoped("or", f, any, outer)
end

local OPPOSITE = { ["="] = "!=", ["!="] = "=", ["<"] = ">=", [">="] = "<",
  [">"] = "<=", ["<="] = ">" }

--- A formula that says that f is not so; `outer`: the variables outside of f.
function complement(f, outer)
  if f.tag == "and" then return no_conjunction(f, outer) end
  if f.tag == "some" then return complement(f[1], variables(f)) end
  if f.tag == "not" or f.tag == "none" then
    return scoped("some", f[1], { f[1] }, outer)
  end
  if f.tag == "or" then
    local all = {}
    for i, g in ipairs(f) do all[i] = complement(g, outer) end
    return scoped("and", f, all, outer)
  end
  if f.tag == "compare" and f.left.tag ~= "aggregate"
    and f.right.tag ~= "aggregate"
    and not next(independent({ f }, outer)[1].own) then
    return { tag = "compare", op = OPPOSITE[f.op], left = f.left,
      right = f.right }
  end
  return scoped("none", f, { f }, outer)
end

local complements = setmetatable({}, { __mode = "k" })

--- What a `not` in a body is; a given one has always the same surroundings.
local function meaning(node, outer)
  local known = complements[node]
  if not known then
    known = complement(node[1], outer)
    complements[node] = known
  end
  return known
end

-- ---- expressions ----------------------------------------------------------

--- The value of an expression, or nil when a variable of it is unbound.
local function value(e, env)
  if e.tag == "var" then return env[e.name] end
  if CONSTANT[e.tag] then return e.value end
  if e.tag == "arith" then
    local a = value(e[1], env)
    local b = e[2] and value(e[2], env)
    if a == nil or (e[2] and b == nil) then return nil end
    return arithmetic[e.op](a, b)
  end
  if e.tag == "call" then
    local t = { name = relation_of(e) }
    for i, a in ipairs(e.args) do
      t[i] = value(a, env)
      if t[i] == nil then return nil end
    end
    return t
  end
  return nil
end
M.value = value

--- Match a pattern with a value: whether it does.  Variables that get a value
-- are noted in `trail`, for `undo`.
local function match(e, v, env, trail)
  local name = e.tag == "anon" and e or e.tag == "var" and e.name
  if name and env[name] == nil then
    env[name] = v
    trail[#trail + 1] = name
    return true
  end
  if e.tag == "call" then
    if type(v) ~= "table" or v.name ~= relation_of(e) or #v ~= #e.args then
      return false
    end
    for i, a in ipairs(e.args) do
      if not match(a, v[i], env, trail) then return false end
    end
    return true
  end
  return same(value(e, env), v)
end

local function undo(env, trail)
  for i = 1, #trail do env[trail[i]] = nil end
end

-- ---- which conjunct can be solved -----------------------------------------

local binds

local function all_in(set, bound)
  for name in pairs(set) do
    if not bound[name] then return false end
  end
  return true
end

--- The variables a pattern binds, or nil if it computes with unbound ones.
local function pattern(e, bound)
  if e.tag == "arith" then
    return all_in(variables(e), bound) and {} or nil
  end
  if e.tag == "call" then
    local out = {}
    for _, a in ipairs(e.args) do
      local mine = pattern(a, bound)
      if not mine then return nil end
      out = union(out, mine)
    end
    return out
  end
  return variables(e)
end

local function shared_bound(f, bound, outer)
  for name in pairs(variables(f)) do
    if outer[name] and not bound[name] then return false end
  end
  return true
end

--- Arithmetic among the arguments is computed once the others are matched.
local function atom_binds(f, bound)
  local out = {}
  for _, a in ipairs(f.args) do
    if a.tag ~= "arith" then
      local mine = pattern(a, bound)
      if not mine then return nil end
      out = union(out, mine)
    end
  end
  local all = union(bound, out)
  for _, a in ipairs(f.args) do
    if a.tag == "arith" and not all_in(variables(a), all) then return nil end
  end
  return out
end

local function compare_binds(f, bound, outer)
  local known, open = {}, nil
  for side, other in pairs { left = "right", right = "left" } do
    local e = f[side]
    if e.tag == "aggregate" then
      local around = union(outer, variables(f[other]))
      if not shared_bound(e, bound, around) then return nil end
      known[side] = true
    else
      known[side] = all_in(variables(e), bound)
    end
    if not known[side] then open = e end
  end
  if known.left and known.right then return {} end
  if f.op ~= "=" or not (known.left or known.right) then return nil end
  return pattern(open, bound)
end

--- Take conjuncts in an order in which they can be solved, calling `take`
-- with each and the variables outside of it; what is bound in the end, or nil
-- when no order is safe.
local function in_order(list, bound, outer, take)
  local left = table.move(list, 1, #list, 1, {})
  while #left > 0 do
    local found
    for i, f in ipairs(left) do
      local around = outer
      for _, g in ipairs(list) do
        if g ~= f then around = union(around, variables(g)) end
      end
      local mine = binds(f, bound, around)
      if mine then
        if take then take(f, around) end
        bound, found = union(bound, mine), true
        table.remove(left, i)
        break
      end
    end
    if not found then return nil end
  end
  return bound
end

local function or_binds(f, bound, outer)
  local out
  for _, g in ipairs(f) do
    local mine = in_order({ g }, bound, outer)
    if not mine then return nil end
    out = intersection(out, mine)
  end
  return out
end

--- What a conjunct binds once `bound` are known, nil when it can't be solved
-- yet.  `outer`: the variables that occur outside of it.
function binds(f, bound, outer)
  if f.tag == "atom" then return atom_binds(f, bound) end
  if f.tag == "compare" then return compare_binds(f, bound, outer) end
  if f.tag == "and" then return in_order(f, bound, outer) end
  if f.tag == "or" then return or_binds(f, bound, outer) end
  if f.tag == "not" then return binds(meaning(f, outer), bound, outer) end
  if f.tag == "none" then
    if not all_in(variables(f), bound) then return nil end
    return in_order({ f[1] }, bound, variables(f)) and {}
  end
  if f.tag == "some" then
    local mine = in_order({ f[1] }, bound, variables(f))
    return mine and intersection(variables(f), mine)
  end
  give_up("formula " .. tostring(f.tag))
end

-- ---- conjunctions ---------------------------------------------------------

local solve

local plans = setmetatable({}, { __mode = "k" })

--- The plan of a conjunction, an array of {conjunct, variables outside}; it
-- depends on which variables are bound.
local function plan_of(list, env, outer)
  local memo = plans[list] or {}
  plans[list] = memo
  local bound, names = {}, {}
  for name in pairs(env) do
    bound[name] = true
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  local id = table.concat(names, " ")
  if not memo[id] then
    local plan = {}
    local safe = in_order(list, bound, outer, function(f, around)
      plan[#plan + 1] = { f, around }
    end)
    if not safe then give_up "unsafe body" end
    memo[id] = plan
  end
  return memo[id]
end

local function solve_list(list, env, world, outer, yield)
  local plan = plan_of(list, env, outer)
  local function step(i)
    local entry = plan[i]
    if not entry then return yield(env) end
    return solve(entry[1], env, world, entry[2], function()
      return step(i + 1)
    end)
  end
  step(1)
end

local single = setmetatable({}, { __mode = "k" })

--- Solve a formula whose conjuncts may stand in any order.
local function solve_one(f, env, world, outer, yield)
  if f.tag == "and" then return solve_list(f, env, world, outer, yield) end
  single[f] = single[f] or { f }
  return solve_list(single[f], env, world, outer, yield)
end
M.solve = solve_one

-- ---- aggregates -----------------------------------------------------------

local function best(better)
  return function(values)
    local found = values[1]
    for _, v in ipairs(values) do if better(v, found) then found = v end end
    return found
  end
end

local fold = {
  count = function(values) return #values end,
  sum = function(values, zero)
    local s = zero
    for _, v in ipairs(values) do s = s + v end
    return s
  end,
  min = best(function(a, b) return a < b end),
  max = best(function(a, b) return a > b end),
  mean = function(values)
    if #values == 0 then return nil end
    local s = 0.0
    for _, v in ipairs(values) do s = s + v end
    return s / #values
  end,
  list = function(values)
    if #values == 0 then return nil end
    table.sort(values)
    return table.move(values, 1, #values, 1, { name = "list" })
  end,
}

--- Split instances (key -> {value, certain}) into values that are certain and
-- values that are open; and whether all are certain.  count(X) counts
-- distinct values.
local function split(instances, distinct)
  local lists, seen, all_sure = { [true] = {}, [false] = {} }, {}, true
  for _, certain in ipairs { true, false } do
    for _, i in pairs(instances) do
      if i.certain == certain then
        all_sure = all_sure and certain
        if not (distinct and seen[key(i[1])]) then
          table.insert(lists[certain], i[1])
          seen[key(i[1])] = true
        end
      end
    end
  end
  return lists[true], lists[false], all_sure
end

--- The values of an aggregate for every choice among its open instances: an
-- array of {value, certain}.  `head`: a group without instances is none;
-- `zero`: the sum of nothing.
function M.possible(op, distinct, instances, head, zero)
  local sure, open, all_sure = split(instances, distinct)
  if #open > MOST_OPEN then give_up "too many undefined instances" end
  local found, n, failed = {}, 0, false
  for mask = 0, (1 << #open) - 1 do
    local values = table.move(sure, 1, #sure, 1, {})
    for i, v in ipairs(open) do
      if mask & (1 << (i - 1)) ~= 0 then values[#values + 1] = v end
    end
    local v
    if #values > 0 or not head then v = fold[op](values, zero) end
    if v == nil then failed = true
    elseif not found[key(v)] then found[key(v)], n = v, n + 1 end
  end
  local certain = all_sure or (M.agreed and n == 1 and not failed)
  local out = {}
  for _, v in pairs(found) do out[#out + 1] = { v, certain = certain } end
  return out
end

--- The two-sided instances of a formula: key -> {of(env), certain}.
function M.both_sides(f, env, world, outer, of)
  local found, names = {}, ordered(instance_variables(f, outer))
  for _, certain in ipairs { true, false } do
    local side = world.sides[certain and "sure" or "maybe"]
    solve_one(f, env, side, outer, function(e)
      local parts = {}
      for i, name in ipairs(names) do
        parts[i] = e[name] == nil and "" or key(e[name])
      end
      local k = table.concat(parts, "|")
      found[k] = found[k] or { of(e), certain = certain }
    end)
  end
  return found
end

--- Does a formula take a variable of this expression from a float column?
local function is_float(e, f, columns)
  if f.tag == "atom" then
    for i, a in ipairs(f.args) do
      local column = (columns[f.name] or {})[i]
      if a.tag == "var" and column and column.type == "float"
        and variables(e)[a.name] then
        return true
      end
    end
  end
  for _, g in ipairs(f) do
    if type(g) == "table" and is_float(e, g, columns) then return true end
  end
  return false
end

--- The values a braced aggregate may have here.
local function aggregate_values(a, env, world, outer)
  local float = a.value and is_float(a.value, a.body, world.columns)
  local found = M.both_sides(a.body, env, world, outer, function(e)
    if not a.value then return 1 end
    local v = value(a.value, e)
    if v == nil then give_up "unsafe aggregate" end
    return v
  end)
  return M.possible(a.op, a.op == "count" and a.value, found, false,
    float and 0.0 or 0)
end

-- ---- literals -------------------------------------------------------------

local function solve_compare(f, env, world, outer, yield)
  -- Each side as the values it may have; `false` where it is a pattern.
  local sides = {}
  for i, e in ipairs { f.left, f.right } do
    if e.tag == "aggregate" then
      local around = union(outer, variables(i == 1 and f.right or f.left))
      sides[i] = aggregate_values(e, env, world, around)
    else
      local v = value(e, env)
      sides[i] = v ~= nil and { { v, certain = true } } or false
    end
  end
  local function fits(v) return v.certain or world.maybe end
  if sides[1] and sides[2] then
    for _, a in ipairs(sides[1]) do
      for _, b in ipairs(sides[2]) do
        if fits(a) and fits(b) and compare[f.op](a[1], b[1]) then
          return yield(env)
        end
      end
    end
    return
  end
  local e = sides[1] and f.right or f.left
  for _, v in ipairs(sides[1] or sides[2]) do
    local trail = {}
    if fits(v) and match(e, v[1], env, trail) then yield(env) end
    undo(env, trail)
  end
end

local function match_row(args, row, env, trail)
  for pass = 1, 2 do -- what computes comes after what binds
    for i, a in ipairs(args) do
      if (a.tag == "arith") == (pass == 2)
        and not match(a, row[i], env, trail) then
        return false
      end
    end
  end
  return true
end

-- What is kept of a relation's set of rows: the rows as a list, and by the
-- value of a column, which is no compound (an int and a float that are equal
-- are one key of a Lua table).
local kept = setmetatable({}, { __mode = "k" })

--- A set of rows has changed.
function M.forget(set) kept[set] = nil end

local function all_rows(set)
  local memo = kept[set]
  if not memo then
    memo = { list = {} }
    for _, row in pairs(set) do memo.list[#memo.list + 1] = row end
    kept[set] = memo
  end
  return memo.list, memo
end

local function rows_by(set, column, v)
  local list, memo = all_rows(set)
  if not memo[column] then
    memo[column] = {}
    for _, row in ipairs(list) do
      local x = row[column]
      memo[column][x] = memo[column][x] or {}
      table.insert(memo[column][x], row)
    end
  end
  return memo[column][v] or {}
end

--- The rows that an atom may match, by its first argument that has a value.
local function candidates(f, env, world)
  local set = world.rows[relation_of(f)]
  if not set then return {} end
  for i, a in ipairs(f.args) do
    local v = value(a, env)
    if v ~= nil and type(v) ~= "table" then return rows_by(set, i, v) end
  end
  return (all_rows(set))
end

local MOST_STEPS = 300000 -- rows tried: less than a second
local steps = 0

--- A new model begins.
function M.begin() steps = 0 end

local function solve_atom(f, env, world, yield)
  local rows = candidates(f, env, world)
  steps = steps + #rows
  if steps > MOST_STEPS then give_up "too many steps" end
  for _, row in ipairs(rows) do
    local trail = {}
    if #row == #f.args and match_row(f.args, row, env, trail) then
      yield(env)
    end
    undo(env, trail)
  end
end

--- Each way to give values to what the formula shares with its outside, once.
local function solve_some(f, env, world, yield)
  local names, found = {}, {}
  for _, name in ipairs(ordered(variables(f))) do
    if env[name] == nil then names[#names + 1] = name end
  end
  solve_one(f[1], env, world, variables(f), function(e)
    local values, parts = {}, {}
    for i, name in ipairs(names) do
      values[name] = e[name]
      parts[i] = e[name] == nil and "" or key(e[name])
    end
    found[table.concat(parts, "|")] = values
  end)
  for _, values in pairs(found) do
    for name, v in pairs(values) do env[name] = v end
    yield(env)
    undo(env, names)
  end
end

function solve(f, env, world, outer, yield)
  if f.tag == "atom" then return solve_atom(f, env, world, yield) end
  if f.tag == "compare" then
    return solve_compare(f, env, world, outer, yield)
  end
  if f.tag == "and" then return solve_list(f, env, world, outer, yield) end
  if f.tag == "or" then
    for _, g in ipairs(f) do solve_one(g, env, world, outer, yield) end
    return
  end
  if f.tag == "not" then
    return solve_one(meaning(f, outer), env, world, outer, yield)
  end
  if f.tag == "some" then return solve_some(f, env, world, yield) end
  if world.dual.bottom and f[1].tag ~= "atom" then return yield(env) end
  local found = false -- none
  solve_one(f[1], env, world.dual, variables(f), function() found = true end)
  if not found then yield(env) end
end

return M
