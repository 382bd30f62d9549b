--- A naive well-founded evaluator: the oracle the engine is tested against.
--
-- It works on the syntax tree, so that lowering is tested with the engine, and
-- shares no code with either.  Everything is brute force: formulas are solved
-- by enumeration (solve.lua), a level of relations (cut where an aggregate
-- reads) by Van Gelder's alternating fixpoint from scratch.
--
-- An aggregate over instances of which some are undefined has every value
-- that some choice among those gives.  A min or max that recurs (a lattice)
-- must rest on a two-valued model; otherwise the oracle gives up.
--
-- Negations are moved inwards as by Lloyd and Topor (solve.lua).  What stays
-- together under its `not` counts as an auxiliary relation: a negation inside
-- of it reads the rows before those that the `not` reads.
--
-- A model is {relation = {key = {values, truth}}}, truth "true"/"disputed".
-- What the oracle can't do raises an error that begins with "oracle:".

local solver = require "solve"

local give_up, tuple_key = solver.give_up, solver.tuple_key
local relation_of, value = solver.relation_of, solver.value

local oracle = { key = solver.key, tuple_key = tuple_key }

local MOST_ROWS = 20000
local MOST_ROUNDS = 1000

-- ---- rules ----------------------------------------------------------------

local function head_aggregate(rule)
  for i, a in ipairs(rule.head.args) do
    if a.tag == "aggregate" then return i, a end
  end
end

--- A value as its column stores it: an int in a float column is a float.
local function stored(v, column)
  if column and column.type == "float" and math.type(v) == "integer" then
    return v + 0.0
  end
  return v
end

--- The head's row in an environment, 0 in the place of an aggregate.
local function head_row(rule, env, world, at)
  local columns, row = world.columns[rule.head.name] or {}, {}
  for i, a in ipairs(rule.head.args) do
    local v = i == at and 0 or value(a, env)
    if v == nil then give_up "unsafe head" end
    row[i] = i == at and 0 or stored(v, columns[i])
  end
  return row
end

--- Add the instances of a rule with an aggregate in its head to its groups:
-- key -> {row=, instances = {key -> {value, certain}}}.
local function collect(rule, world, groups, tag)
  local at, agg = head_aggregate(rule)
  local all = solver.both_sides(rule.body, {}, world,
    solver.variables(rule.head), function(env)
      local v = agg.value and value(agg.value, env) or 1
      return { head_row(rule, env, world, at), v }
    end)
  for k, i in pairs(all) do
    local g = tuple_key(i[1][1])
    groups[g] = groups[g] or { row = i[1][1], instances = {} }
    groups[g].instances[tag .. k] = { i[1][2], certain = i.certain }
  end
  return at, agg
end

--- Rows of the groups of rules that share an aggregate, given to `add`.
local function fire_groups(rules, world, add)
  local groups, at, agg = {}, nil, nil
  for i, rule in ipairs(rules) do
    at, agg = collect(rule, world, groups, i .. "!")
  end
  local column = (world.columns[rules[1].head.name] or {})[at]
  local distinct = agg.op == "count" and agg.value
  for _, g in pairs(groups) do
    local values = solver.possible(agg.op, distinct, g.instances, true, 0)
    for _, v in ipairs(values) do
      if v.certain or world.maybe then
        local row = table.move(g.row, 1, #g.row, 1, {})
        row[at] = stored(v[1], column)
        add(row)
      end
    end
  end
end

--- Rows of a rule in a world, given to `add`.
local function fire(rule, world, add)
  if head_aggregate(rule) then return fire_groups({ rule }, world, add) end
  if not rule.body then return add(head_row(rule, {}, world)) end
  solver.solve(rule.body, {}, world, solver.variables(rule.head),
    function(env) add(head_row(rule, env, world)) end)
end

-- ---- what rests on what ---------------------------------------------------

--- Relations read by a rule, and whether inside an aggregate.
local function reads(rule, visit)
  local function walk(node, inside)
    if node.tag == "atom" then visit(relation_of(node), inside) end
    for _, child in pairs(node) do
      if type(child) == "table" then
        walk(child, inside or node.tag == "aggregate")
      end
    end
  end
  if rule.body then walk(rule.body, false) end
end

local function reachability(rules)
  local reach = {}
  for _, r in ipairs(rules) do
    local head = relation_of(r.head)
    reach[head] = reach[head] or {}
    reads(r, function(name) reach[head][name] = true end)
  end
  repeat
    local changed = false
    for _, set in pairs(reach) do
      for _, b in ipairs(solver.ordered(set)) do
        for c in pairs(reach[b] or {}) do
          if not set[c] then set[c], changed = true, true end
        end
      end
    end
  until not changed
  return reach
end

--- Relations all of whose rules have the same min or max in one column, and
-- which have several rules or recur: name -> {column=, op=, recursive=}.
local function lattices(rules, reach)
  local found, count = {}, {}
  for _, r in ipairs(rules) do
    local name = relation_of(r.head)
    local at, agg = head_aggregate(r)
    local op = agg and (agg.op == "min" or agg.op == "max") and agg.op or nil
    count[name] = (count[name] or 0) + 1
    local entry = found[name]
    if entry == nil then
      found[name] = op and { column = at, op = op } or false
    elseif entry and (entry.op ~= op or entry.column ~= at) then
      found[name] = false
    end
  end
  for name, entry in pairs(found) do
    if entry then entry.recursive = reach[name][name] end
    if not entry or (count[name] < 2 and not entry.recursive) then
      found[name] = nil
    end
  end
  return found
end

--- Relations that recur together with a recursive lattice, itself included.
local function with_lattices(context, relations)
  local out, reach = {}, context.reach
  for name in pairs(relations) do
    for other, l in pairs(context.lattices) do
      if l.recursive and (name == other
        or reach[name] and reach[name][other] and reach[other][name]) then
        out[name] = true
      end
    end
  end
  return out
end

--- Levels: a relation stands above what an aggregate of its rules reads;
-- relations that recur with lattices stand apart from all others.
local function levels(context, rules, relations)
  local level, apart = {}, with_lattices(context, relations)
  for name in pairs(relations) do level[name] = 0 end
  local changed, rounds = true, 0
  while changed do
    changed, rounds = false, rounds + 1
    if rounds > MOST_ROUNDS then give_up "an aggregate reads itself" end
    for _, r in ipairs(rules) do
      local head, whole = relation_of(r.head), head_aggregate(r) ~= nil
      reads(r, function(name, inside)
        local step = (inside or whole or apart[head] or apart[name]) and 1 or 0
        if apart[head] and apart[name] and not inside
          and context.reach[name] and context.reach[name][head] then
          step = 0
        end
        if level[name] + step > level[head] then
          level[head], changed = level[name] + step, true
        end
      end)
    end
  end
  return level, apart
end

-- ---- fixpoints ------------------------------------------------------------

local function size(rows)
  local n = 0
  for _, set in pairs(rows) do
    for _ in pairs(set) do n = n + 1 end
  end
  return n
end

local function copy_rows(rows)
  local out = {}
  for name, set in pairs(rows) do
    out[name] = {}
    for k, row in pairs(set) do out[name][k] = row end
  end
  return out
end

--- Rules by themselves, and those of lattices that only join: name -> rules.
local function sort_rules(context, rules)
  local plain, joined = {}, {}
  for _, r in ipairs(rules) do
    local name = relation_of(r.head)
    if context.lattices[name] then
      joined[name] = joined[name] or {}
      table.insert(joined[name], r)
    else
      plain[#plain + 1] = r
    end
  end
  return plain, joined
end

local function add_new(rows, rule, world)
  local new, name = {}, relation_of(rule.head)
  fire(rule, world, function(row) new[tuple_key(row)] = row end)
  for k, row in pairs(new) do
    if not rows[name][k] then solver.forget(rows[name]) end
    rows[name][k] = row
  end
  return name
end

local function world_of(context, rows, maybe, sides)
  return { rows = rows, maybe = maybe, sides = sides,
    columns = context.columns }
end

--- The world of a least fixpoint of the rules: positive atoms over the growing
-- rows, on top of `below`, negation over the rows of the world `against`.
local function gamma(context, rules, below, against, maybe, sides)
  local rows = copy_rows(below)
  local world = world_of(context, rows, maybe, sides)
  world.dual = against
  local plain, joined = sort_rules(context, rules)
  for name, list in pairs(joined) do
    fire_groups(list, world, function(row) rows[name][tuple_key(row)] = row end)
    solver.forget(rows[name])
  end
  local before
  repeat
    before = size(rows)
    for _, r in ipairs(plain) do
      add_new(rows, r, world)
      if size(rows) > MOST_ROWS then give_up "too many rows" end
    end
  until size(rows) == before
  return world
end

--- What is true and what is possible, on top of finished levels.
local function alternate(context, rules, sure, maybe)
  -- Aggregates read finished levels only, from both sides.
  local s, m = world_of(context, sure, false), world_of(context, maybe, true)
  s.dual, m.dual = m, s
  local sides = { sure = s, maybe = m }
  s.sides, m.sides = sides, sides
  local t, last = world_of(context, sure, false, sides), nil
  t.bottom = true -- auxiliaries are false to begin with
  while true do -- t grows, p shrinks
    local p = gamma(context, rules, maybe, t, true, sides)
    local next_t = gamma(context, rules, sure, p, false, sides)
    if size(next_t.rows) == size(t.rows) and not t.bottom
      and size(p.rows) == last then
      return next_t.rows, p.rows
    end
    t, last = next_t, size(p.rows)
  end
end

-- ---- lattices -------------------------------------------------------------

--- Of a lattice's rows only the best value for each key.
local function best_only(set, lattice)
  local best = {}
  for k, row in pairs(set) do
    local copy = table.move(row, 1, #row, 1, {})
    copy[lattice.column] = 0
    local group = tuple_key(copy)
    local old = best[group]
    local a, b = row[lattice.column], old and old[2][lattice.column]
    if not old or (lattice.op == "min" and a < b)
      or (lattice.op == "max" and a > b) then
      best[group] = { k, row }
    end
  end
  local out = {}
  for _, pair in pairs(best) do out[pair[1]] = pair[2] end
  return out
end

local function need_two_valued(context, rules, sure, maybe)
  for _, r in ipairs(rules) do
    for name in pairs(context.reach[relation_of(r.head)]) do
      for k in pairs(maybe[name] or {}) do
        if not sure[name][k] then
          give_up "something undefined below a recursive lattice"
        end
      end
    end
  end
end

local function contents(rows)
  local parts = {}
  for _, name in ipairs(solver.ordered(rows)) do
    parts[#parts + 1] = name .. "="
      .. table.concat(solver.ordered(rows[name]), ";")
  end
  return table.concat(parts, "\n")
end

--- Relations that recur with lattices: rows are replaced by better ones until
-- nothing changes.
local function climb(context, rules, sure, maybe)
  need_two_valued(context, rules, sure, maybe)
  local rows = copy_rows(sure)
  local world = { rows = rows, columns = context.columns }
  world.dual, world.sides = world, { sure = world, maybe = world }
  local now, rounds = "", 0
  repeat
    local before = now
    rounds = rounds + 1
    for _, r in ipairs(rules) do
      local name = add_new(rows, r, world)
      local lattice = context.lattices[name]
      if lattice then rows[name] = best_only(rows[name], lattice) end
    end
    now = contents(rows)
    if rounds > MOST_ROUNDS or size(rows) > MOST_ROWS then
      give_up "too many rows"
    end
  until now == before
  local possible = copy_rows(maybe)
  for _, r in ipairs(rules) do
    local name = relation_of(r.head)
    possible[name] = copy_rows { rows[name] }[1]
  end
  return rows, possible
end

-- ---- the model ------------------------------------------------------------

local function input_rows(relations, facts, undefined)
  local sure, maybe = {}, {}
  for name in pairs(relations) do
    sure[name], maybe[name] = {}, {}
    for _, row in ipairs(facts[name] or {}) do
      sure[name][tuple_key(row)], maybe[name][tuple_key(row)] = row, row
    end
    for _, row in ipairs(undefined[name] or {}) do
      maybe[name][tuple_key(row)] = row
    end
  end
  return sure, maybe
end

local function relations_of(rules, ...)
  local relations = {}
  for _, r in ipairs(rules) do
    relations[relation_of(r.head)] = true
    reads(r, function(name) relations[name] = true end)
  end
  for _, inputs in ipairs { ... } do
    for name in pairs(inputs) do relations[name] = true end
  end
  return relations
end

local function rules_of_level(rules, level, l, apart)
  local plain, climbing = {}, {}
  for _, r in ipairs(rules) do
    local name = relation_of(r.head)
    if level[name] == l then
      table.insert(apart[name] and climbing or plain, r)
    end
  end
  return plain, climbing
end

--- The well-founded model of rules and facts.
--   rules: rule nodes; facts: {relation = {row, …}}; undefined: the same;
--   columns: {relation = {{name=, type=}, …}}.
function oracle.evaluate(rules, facts, undefined, columns)
  undefined = undefined or {}
  solver.begin()
  local relations = relations_of(rules, facts, undefined)
  local context = { columns = columns or {}, reach = reachability(rules) }
  context.lattices = lattices(rules, context.reach)
  local sure, maybe = input_rows(relations, facts, undefined)
  local level, apart = levels(context, rules, relations)
  local top = 0
  for _, l in pairs(level) do top = math.max(top, l) end
  for l = 0, top do
    local plain, climbing = rules_of_level(rules, level, l, apart)
    if #climbing > 0 then
      sure, maybe = climb(context, climbing, sure, maybe)
    end
    sure, maybe = alternate(context, plain, sure, maybe)
  end
  local model = {}
  for name in pairs(relations) do
    model[name] = {}
    for k, row in pairs(maybe[name]) do
      model[name][k] = { row, sure[name][k] and "true" or "disputed" }
    end
  end
  return model
end

-- ---- programs -------------------------------------------------------------

--- Put named columns in their places, with `_` for those left out.
local function by_position(node, columns)
  if node.named then
    local known = columns[node.name] or give_up "columns are not declared"
    node.args = {}
    for i = 1, #known do node.args[i] = { tag = "anon" } end
    for _, given in ipairs(node.named) do
      node.args[known.index[given.name]] = given.value
    end
    node.named = nil
  end
  for _, child in pairs(node) do
    if type(child) == "table" then by_position(child, columns) end
  end
end

local function declared(chunk)
  local columns = {}
  for _, st in ipairs(chunk) do
    if st.tag == "relation" then
      local list = { index = {} }
      for i, c in ipairs(st.columns) do
        list[i], list.index[c.name] = { name = c.name, type = c.type }, i
      end
      columns[st.name] = list
    end
  end
  return columns
end

--- The model of a parsed program (a chunk of declarations, facts and rules).
function oracle.model(chunk)
  local rules, facts, columns = {}, {}, declared(chunk)
  by_position(chunk, columns)
  for _, st in ipairs(chunk) do
    if st.tag == "rule" then rules[#rules + 1] = st
    elseif st.tag == "fact" then
      local name, row = relation_of(st.atom), {}
      for i, a in ipairs(st.atom.args) do
        row[i] = stored(value(a, {}), (columns[st.atom.name] or {})[i])
      end
      facts[name] = facts[name] or {}
      table.insert(facts[name], row)
    end
  end
  return oracle.evaluate(rules, facts, nil, columns)
end

return oracle
