-- Formulas of the syntax tree: their variables, which of those a conjunction
-- binds, negations moved inwards, disjunctive form. Nothing here changes a tree.

local M = {}

-- ------------------------------------------------------------------ walking

--- Call f on the parts of a node, the node itself excluded.
function M.children(node, f)
  for _, child in ipairs(node) do f(child) end
  for _, child in ipairs(node.args or {}) do f(child) end
  for _, column in ipairs(node.named or {}) do f(column.value) end
  if node.tag == "compare" then
    f(node.left)
    f(node.right)
  elseif node.tag == "aggregate" then
    if node.value then f(node.value) end
    if node.body then f(node.body) end
  elseif node.tag == "interval" then
    f(node.from)
    f(node.to)
  elseif node.tag == "during" then
    f(node.atom)
    f(node.interval)
  end
end

--- Names of variables in order of appearance, appended to `into` (an array
-- that is also a set). The node `except` is skipped.
function M.variables(node, into, except)
  into = into or {}
  if node == except then return into end
  if node.tag == "var" then
    if not into[node.name] then
      into[node.name] = true
      into[#into + 1] = node.name
    end
    return into
  end
  M.children(node, function(child) M.variables(child, into, except) end)
  return into
end

--- Does an anonymous variable stand in the node?
function M.has_anonymous(node)
  if node.tag == "anon" then return true end
  local found = false
  M.children(node, function(child)
    found = found or M.has_anonymous(child)
  end)
  return found
end

-- A copy of a node with its variables, anonymous ones too, replaced by `leaf`.
-- The columns that left_out(atom), if given, names are put in as anonymous.
local function rewrite(node, leaf, left_out)
  if node.tag == "var" or node.tag == "anon" then return leaf(node) end
  local copy = {}
  for key, value in pairs(node) do copy[key] = value end
  local function list(items)
    local out = {}
    for i, item in ipairs(items) do
      out[i] = rewrite(item, leaf, left_out)
    end
    return out
  end
  for i, child in ipairs(node) do copy[i] = rewrite(child, leaf, left_out) end
  if node.args then copy.args = list(node.args) end
  if node.named then
    copy.named = {}
    for i, column in ipairs(node.named) do
      copy.named[i] = { name = column.name, pos = column.pos,
        stop = column.stop, value = rewrite(column.value, leaf, left_out) }
    end
    for _, name in ipairs(left_out and left_out(node) or {}) do
      table.insert(copy.named, { name = name, pos = node.pos,
        stop = node.stop, value = leaf { tag = "anon", pos = node.pos,
          stop = node.stop } })
    end
  end
  for _, key in ipairs { "left", "right", "value", "body", "atom" } do
    if type(node[key]) == "table" then
      copy[key] = rewrite(node[key], leaf, left_out)
    end
  end
  return copy
end

--- A copy in which every anonymous variable has a name of its own, not
-- writable in the language; `counter` is {n=}. So do the columns that an atom
-- leaves out, where left_out(atom) gives their names.
function M.name_anonymous(node, counter, left_out)
  return rewrite(node, function(leaf)
    if leaf.tag ~= "anon" then return leaf end
    counter.n = counter.n + 1
    return { tag = "var", name = "_" .. counter.n, pos = leaf.pos,
      stop = leaf.stop, anonymous = true }
  end, left_out)
end

-- ------------------------------------------------------------- negation
--
-- Negations are moved inwards as by Lloyd and Topor (Making Prolog more
-- expressive, Journal of Logic Programming 1, 1984):
--
--   not not F       F
--   not (F or G)    not F and not G
--   not (F and G)   not F or not G, if F and G share no local variable
--   not X < Y       X >= Y
--
-- A variable is local to a `not` when it stands nowhere outside of it. What
-- shares local variables stays together under its `not` and will be an
-- auxiliary relation. `outer` is the set of the variables outside.

local FLIPPED = { ["="] = "!=", ["!="] = "=", ["<"] = ">=", [">="] = "<",
  [">"] = "<=", ["<="] = ">" }

--- Does an aggregate over braces stand in the node?
function M.has_braces(node)
  if node.tag == "aggregate" then return true end
  local found = false
  M.children(node, function(child) found = found or M.has_braces(child) end)
  return found
end

local function has_local(node, outer)
  for _, name in ipairs(M.variables(node)) do
    if not outer[name] then return true end
  end
  return false
end

-- Columns that an atom leaves out count as `_`.
local function leaves_out(node)
  if node.tag == "anon" or node.named then return true end
  local found = false
  M.children(node, function(child) found = found or leaves_out(child) end)
  return found
end

local function connective(tag, about, parts)
  parts.tag, parts.pos, parts.stop = tag, about.pos, about.stop
  return parts
end

local function negation(node)
  return connective("not", node, { node })
end

-- Append a part of a conjunction or disjunction, its own parts if it is one.
local function append(parts, tag, part)
  if part.tag == tag and not part.projected then
    table.move(part, 1, #part, #parts + 1, parts)
  else
    parts[#parts + 1] = part
  end
end

-- A function: number of a conjunct -> the set of variables outside of it.
local function surroundings(conjuncts, outer)
  local own, count = {}, {}
  for i, conjunct in ipairs(conjuncts) do
    own[i] = M.variables(conjunct)
    for _, name in ipairs(own[i]) do count[name] = (count[name] or 0) + 1 end
  end
  return function(i)
    local set = {}
    for name in pairs(outer) do set[name] = true end
    for name, n in pairs(count) do
      if n > (own[i][name] and 1 or 0) then set[name] = true end
    end
    return set
  end
end

-- Conjuncts that share local variables, directly or through others, together:
-- an array of arrays, in the order of their first ones.
local function groups_of(conjuncts, outer)
  local groups = {}
  for _, conjunct in ipairs(conjuncts) do
    local mine = { locals = {}, conjunct }
    for _, name in ipairs(M.variables(conjunct)) do
      if not outer[name] then mine.locals[name] = true end
    end
    local apart, first = {}, nil
    for _, group in ipairs(groups) do
      local shares = false
      for name in pairs(mine.locals) do
        shares = shares or group.locals[name]
      end
      if not shares then
        apart[#apart + 1] = group
      elseif not first then
        first = group
        apart[#apart + 1] = group
      else
        table.move(group, 1, #group, #first + 1, first)
        for name in pairs(group.locals) do first.locals[name] = true end
      end
    end
    if first then
      first[#first + 1] = conjunct
      for name in pairs(mine.locals) do first.locals[name] = true end
    else
      apart[#apart + 1] = mine
    end
    groups = apart
  end
  return groups
end

-- Names given to variables, `Y'7`, aren't writable in the language. `renamed`
-- is above all numbers in use in the formula at hand.
local renamed = 0

local function start_names(node)
  renamed = 0
  for _, name in ipairs(M.variables(node)) do
    renamed = math.max(renamed, tonumber(name:match "'(%d+)$") or 0)
  end
end

local function fresh(name)
  renamed = renamed + 1
  return name:match "^[^']*" .. "'" .. renamed
end

-- The alternatives of a disjunction with their local variables renamed apart:
-- under a `not` they become conjuncts, and Y of one isn't Y of another.
local function renamed_apart(alternatives, outer)
  local seen, out = {}, {}
  for i, alternative in ipairs(alternatives) do
    local names, other = M.variables(alternative), {}
    for _, name in ipairs(names) do
      if seen[name] and not outer[name] then other[name] = fresh(name) end
      seen[name] = true
    end
    out[i] = not next(other) and alternative
      or rewrite(alternative, function(leaf)
        if leaf.tag ~= "var" or not other[leaf.name] then return leaf end
        return { tag = "var", name = other[leaf.name], pos = leaf.pos,
          stop = leaf.stop, anonymous = leaf.anonymous }
      end)
  end
  return out
end

local normal

-- What an `and` under a `not` becomes.
local function negated_and(node, outer, project, negated)
  local groups = groups_of(normal(node, outer, false), outer)
  local parts = {}
  for _, group in ipairs(groups) do
    if #group == 1 then
      append(parts, "or", negated(group[1], outer, project))
    else
      group.locals = nil
      parts[#parts + 1] = negation(connective("and", node, group))
    end
  end
  return #parts == 1 and parts[1] or connective("or", node, parts)
end

-- The normal form of `not node`; `whole` is that `not` where it was written
-- so. A variable that stands only in a negated atom which was written so is
-- left for the core to refuse, being a slip more often than not.
local function negated(node, outer, project, whole)
  if node.tag == "not" then
    local inner = normal(node[1], outer, project)
    if project and (leaves_out(node[1]) or has_local(node[1], outer)) then
      inner = connective("or", node, { inner })
      inner.projected = true
    end
    return inner
  elseif node.tag == "or" then
    local parts = {}
    for _, alternative in ipairs(renamed_apart(node, outer)) do
      append(parts, "and", negated(alternative, outer, project))
    end
    return #parts == 1 and parts[1] or connective("and", node, parts)
  elseif node.tag == "and" then
    return negated_and(node, outer, project, negated)
  elseif node.tag == "compare" and not has_local(node, outer)
    and not M.has_anonymous(node) and not M.has_braces(node) then
    return { tag = "compare", pos = node.pos, stop = node.stop,
      op = FLIPPED[node.op], left = node.left, right = node.right }
  elseif node.tag == "atom" and not whole and has_local(node, outer) then
    return negation(connective("and", node, { node }))
  end
  return whole or negation(node)
end

-- A formula with its negations moved inwards, `and` in `and` and `or` in `or`
-- flattened. With `project`, what was under two `not`s and has variables of its
-- own is an `or` of one, marked projected: its instances don't count apart.
function normal(node, outer, project)
  local tag = node.tag
  if tag == "not" then return negated(node[1], outer, project, node) end
  if tag ~= "and" and tag ~= "or" then return node end
  local parts = {}
  local around = tag == "and" and surroundings(node, outer)
  for i, child in ipairs(node) do
    append(parts, tag, normal(child, around and around(i) or outer, project))
  end
  parts.projected = node.projected
  return connective(tag, node, parts)
end

-- ---------------------------------------------------------- disjunctive form

local function size_of(node)
  if node.projected then return 1 end
  if node.tag == "or" then
    local total = 0
    for _, child in ipairs(node) do total = total + size_of(child) end
    return total
  end
  if node.tag == "and" then
    local total = 1
    for _, child in ipairs(node) do total = total * size_of(child) end
    return total
  end
  return 1
end

local function product(left, right)
  local result = {}
  for _, a in ipairs(left) do
    for _, b in ipairs(right) do
      local both = table.move(a, 1, #a, 1, {})
      result[#result + 1] = table.move(b, 1, #b, #both + 1, both)
    end
  end
  return result
end

local MOST = 16 -- conjunctions; beyond, an inner `or` stays one literal

-- The conjunctions of a normal form.
local function split(node, top)
  if node.tag == "or" and not node.projected
    and (top or size_of(node) <= MOST) then
    local result = {}
    for _, child in ipairs(node) do
      local parts = split(child, top)
      table.move(parts, 1, #parts, #result + 1, result)
    end
    return result
  end
  if node.tag == "and" then
    local fits = size_of(node) <= MOST
    local result = { {} }
    for _, child in ipairs(node) do
      result = product(result, (fits or child.tag ~= "or")
        and split(child, false) or { { child } })
    end
    return result
  end
  return { { node } }
end

--- An array of conjunctions (arrays of literals) that together say the same.
-- A literal is an atom, a comparison, `during`, a `not` that goes no further
-- inwards, or an `or` that would make too many conjunctions or is projected.
--   outer: the set of the variables outside (a table with names as keys);
--   project: whether an aggregate counts the instances.
function M.disjuncts(node, outer, project)
  if node.projected then node = connective("or", node, { node[1] }) end
  start_names(node)
  return split(normal(node, outer, project), true)
end

-- ------------------------------------------------------------------ binding

-- Variables that matching a pattern binds: those of compounds too, but none
-- that stand in arithmetic.
local function pattern_variables(node, set)
  if node.tag == "var" then set[node.name] = true
  elseif node.tag ~= "arith" and node.tag ~= "aggregate" then
    M.children(node, function(child) pattern_variables(child, set) end)
  end
end

local function all_bound(node, bound)
  for _, name in ipairs(M.variables(node)) do
    if not bound[name] then return false end
  end
  return true
end

--- The set of variables that an atom gives values to, when those that it
-- computes with are known.
function M.given_by(atom)
  local set = {}
  pattern_variables(atom, set)
  return set
end

-- What an atom computes with must be bound by others or by itself.
local function bind_atom(atom, bound)
  local given = M.given_by(atom)
  local new = false
  for _, name in ipairs(M.variables(atom)) do
    if not given[name] and not bound[name] then return false end
    new = new or not bound[name]
  end
  for name in pairs(given) do bound[name] = true end
  return new
end

--- The set of variables that a conjunction gives values to.
function M.bound(conjunction)
  local bound = {}
  local grown = true
  while grown do
    grown = false
    for _, literal in ipairs(conjunction) do
      if literal.tag == "atom" then
        grown = bind_atom(literal, bound) or grown
      elseif literal.tag == "compare" and literal.op == "=" then
        for _, pair in ipairs { { literal.left, literal.right },
          { literal.right, literal.left } } do
          if (pair[1].tag == "aggregate" or all_bound(pair[1], bound))
            and not all_bound(pair[2], bound) then
            pattern_variables(pair[2], bound)
            grown = all_bound(pair[2], bound) or grown
          end
        end
      end
    end
  end
  return bound
end

return M
