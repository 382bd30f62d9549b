-- One flat rule in the making (see lower.lua): its variables, expressions and
-- literals, and the auxiliary relations that it needs.
--
-- A builder belongs to a lowering (`low`), where finished rules, auxiliary
-- relations and diagnostics go. `parts` are the syntax trees that the rule is
-- made of: a variable of a nested formula that also stands elsewhere among
-- them is shared, any other is the formula's own.

local diag = require "dragoman.diag"
local formula = require "dragoman.formula"
local messages = require "dragoman.messages"
local terms = require "dragoman.terms"

local M = {}

local AGGREGATES = { count = true, sum = true, min = true, max = true,
  mean = true, list = true }

local Builder = {}
Builder.__index = Builder

--- A builder for a rule of `parent`: {low=, chunk=, scope=, user=, phase=,
-- generated=, name=, base=}, which another builder will do for.
function M.new(parent)
  local self = setmetatable({ low = parent.low, chunk = parent.chunk,
    scope = parent.scope, user = parent.user, phase = parent.phase,
    generated = parent.generated, name = parent.name, base = parent.base,
    vars = {}, index = {}, body = {} }, Builder)
  self.env = { schema = self.low.schema, chunk = self.chunk,
    scope = self.scope, list = self.low.list,
    span = function(node) return self:span(node) end,
    variable = function(node) return self:variable(node.name) end,
    anonymous = function() return self:fresh() end,
    aggregate = function(node) return self:aggregate(node) end,
    call = function(node, column) return self:call(node, column) end }
  return self
end

function Builder:span(node)
  if not node.pos or self.chunk.generated then return nil end
  local line, column, last, last_column = messages.span(self.chunk, node.pos,
    node.stop)
  return { self.low:file(self.chunk), line, column, last, last_column }
end

function Builder:variable(name)
  local i = self.index[name]
  if not i then
    i = #self.vars + 1
    self.vars[i] = name:sub(1, 1) == "_" and "_" or name:match "^[^']*"
    self.index[name] = i
  end
  return { "v", i }
end

function Builder:fresh()
  self.vars[#self.vars + 1] = "_"
  return { "v", #self.vars }
end

function Builder:report(code, node, message, hint)
  terms.report(self.env, code, node, message, hint)
end

-- --------------------------------------------------------------- functions

function Builder:call(node, column)
  local f = not node.negative and self.low.schema:function_called(node.name)
  if not f then return nil end
  self.low:use_function(f, column and terms.engine_type(column.type))
  if f.nargs and f.nargs ~= #node.args then
    self:report("E203", node, string.format(
      "%s takes %d argument%s, here it has %d", node.name, f.nargs,
      f.nargs == 1 and "" or "s", #node.args))
  end
  local call = { "f", node.name }
  for i, arg in ipairs(node.args) do
    call[i + 2] = terms.convert(self.env, arg)
  end
  return call
end

-- ------------------------------------------------------------------- atoms

local WHAT = { { "constructor", "a constructor" },
  { "function_called", "a function" } }

function Builder:unknown(node)
  local schema = self.low.schema
  for _, pair in ipairs(WHAT) do
    if schema[pair[1]](schema, node.name) then
      self:report("E202", node, node.name .. " is " .. pair[2]
        .. ", not a relation", "a condition asks whether a relation holds")
      return
    end
  end
  local near = diag.suggestion(node.name,
    schema:relation_names())
  self:report("E202", node, "there is no relation " .. node.name, near)
end

-- Name of the relation and the argument expressions; nil when it is unknown.
function Builder:atom(node)
  local entry = self.low.schema:find(node.name, self.scope)
  if not entry then
    self:unknown(node)
    return nil
  end
  local args, given = terms.arguments(self.env, node, entry)
  if #args ~= #entry.columns then return nil end
  for i, arg in ipairs(args) do
    if given[i] and not arg.span then arg.span = self:span(given[i]) end
  end
  return self.low:relation(entry.name, entry, node.negative), args
end

-- --------------------------------------------------------------- auxiliaries

-- What can give values to variables, `except` and aggregates left out.
local function atoms_of(conjunction, except)
  local list = {}
  for _, literal in ipairs(conjunction) do
    if literal ~= except and (literal.tag == "atom"
      or literal.tag == "compare" and literal.op == "=")
      and not formula.has_braces(literal) then
      list[#list + 1] = literal
    end
  end
  return list
end

-- Can a literal give a variable a value? An atom can't through arithmetic.
local function gives(literal, name)
  if literal.tag == "atom" then return formula.given_by(literal)[name] end
  return formula.variables(literal)[name]
end

-- The literals of `around` that give values to what the conjunction and the
-- parameters leave unbound: as few as a first search finds. Fewer are better:
-- what is repeated must hold inside the auxiliary, too.
local function guards(conjunction, wanted, around)
  local bound, missing, taken = formula.bound(conjunction), {}, {}
  for _, literal in ipairs(conjunction) do
    formula.variables(literal, missing)
  end
  for _, name in ipairs(wanted) do
    if not missing[name] then missing[#missing + 1] = name end
  end
  local guard = {}
  local function take(literal)
    if taken[literal] then return end
    taken[literal] = true
    guard[#guard + 1] = literal
    if literal.tag == "atom" then
      for name in pairs(formula.given_by(literal)) do bound[name] = true end
    end
    for _, name in ipairs(formula.variables(literal)) do
      if not bound[name] then missing[#missing + 1] = name end
    end
  end
  local i = 1
  while i <= #missing do
    local name = missing[i]
    for _, tag in ipairs { "atom", "compare" } do
      for _, literal in ipairs(around) do
        if not bound[name] and literal.tag == tag
          and gives(literal, name) then
          take(literal)
          bound[name] = true
        end
      end
    end
    i = i + 1
  end
  return guard
end

-- Repeated atoms only give values: in the auxiliary they hold unless they are
-- false, since the body they come from has them again.
local function as_guard(literal)
  if literal.tag ~= "atom" then return literal end
  local copy = { guard = true }
  for key, value in pairs(literal) do copy[key] = value end
  return copy
end

-- A relation over the variables `params` that holds where one of the
-- conjunctions does. `value` is one more column, an expression, or nil.
function Builder:auxiliary(params, conjunctions, around, about, value)
  local low = self.low
  low.aux_count = low.aux_count + 1
  local name = self.base .. "@" .. low.aux_count
  local columns = {}
  for i, param in ipairs(params) do columns[i] = { name = param } end
  if value then columns[#columns + 1] = { name = "value" } end
  low.extra[#low.extra + 1] = { name = name, kind = "relation",
    columns = columns, input = "none", aux = true }
  about.params, about.chunk, about.scope = params, self.chunk, self.scope
  low.aux[name] = about
  local outer = {}
  for i, param in ipairs(params) do outer[i] = { tag = "var", name = param } end
  outer[#outer + 1] = value
  for _, conjunction in ipairs(conjunctions) do
    local guard = guards(conjunction, params, around)
    for i, literal in ipairs(guard) do guard[i] = as_guard(literal) end
    conjunction = table.move(conjunction, 1, #conjunction, #guard + 1, guard)
    local inner = M.new(self)
    inner:conjunction(conjunction, outer)
    local args = {}
    for i, param in ipairs(params) do args[i] = inner:variable(param) end
    if value then args[#args + 1] = terms.convert(inner.env, value) end
    inner:emit(name, args, about.node)
  end
  return name
end

local function set_of(names)
  local set = {}
  for _, name in ipairs(names) do set[name] = true end
  return set
end

-- Variables of a node that also stand elsewhere in the rule.
function Builder:shared(node)
  local outside, shared = {}, {}
  for _, part in ipairs(self.parts) do
    formula.variables(part, outside, node)
  end
  for _, name in ipairs(formula.variables(node)) do
    if outside[name] then shared[#shared + 1] = name end
  end
  return shared
end

function Builder:params_of(names)
  local args = {}
  for i, name in ipairs(names) do args[i] = self:variable(name) end
  return args
end

local function is_computed(arg, schema)
  return arg.tag == "arith" or arg.tag == "call" and not arg.negative
    and schema:function_called(arg.name) ~= nil
end

-- `not p(X + 1, _)`: what is computed is computed outside, so that only its
-- value goes into the auxiliary. Returns the atom with variables in place of
-- such arguments, and their values by name.
function Builder:lift_computed(atom)
  local lifted, copy = {}, {}
  for key, value in pairs(atom) do copy[key] = value end
  local function lift(arg)
    if not is_computed(arg, self.low.schema) then return arg end
    local name = "computed" .. #lifted + 1
    lifted[#lifted + 1] = name
    lifted[name] = arg
    return { tag = "var", name = name, pos = arg.pos, stop = arg.stop }
  end
  if atom.args then
    copy.args = {}
    for i, arg in ipairs(atom.args) do copy.args[i] = lift(arg) end
  end
  if atom.named then
    copy.named = {}
    for i, column in ipairs(atom.named) do
      copy.named[i] = { name = column.name, value = lift(column.value),
        pos = column.pos, stop = column.stop }
    end
  end
  return copy, lifted
end

-- `not (a and b)`, `not p(X, _)`: not AUX(shared variables).
function Builder:negated_auxiliary(node)
  local plain, lifted = node[1], {}
  if plain.tag == "atom" then plain, lifted = self:lift_computed(plain) end
  local inner = formula.name_anonymous(plain, { n = 0 })
  local shared = self:shared(node)
  if #lifted > 0 then
    local inside = formula.variables(plain)
    local kept = {}
    for _, name in ipairs(shared) do
      if inside[name] then kept[#kept + 1] = name end
    end
    shared = kept
  end
  local params = table.move(lifted, 1, #lifted, #shared + 1,
    table.move(shared, 1, #shared, 1, {}))
  local name = self:auxiliary(params,
    formula.disjuncts(inner, set_of(params)),
    atoms_of(self.conj, node), { kind = "not", node = plain })
  local args = self:params_of(shared)
  for _, computed in ipairs(lifted) do
    args[#args + 1] = terms.convert(self.env, lifted[computed])
  end
  self:add({ "-", name, args }, node)
end

function Builder:inner_or(node)
  local shared = self:shared(node)
  local name = self:auxiliary(shared,
    formula.disjuncts(node, set_of(shared)),
    atoms_of(self.conj, node), { kind = "or", node = node })
  self:add({ "+", name, self:params_of(shared) }, node)
end

-- ---------------------------------------------------------------- aggregates

local CONSTANT = { int = true, float = true, string = true, symbol = true,
  date = true, constant = true }

-- Braces around one atom whose arguments are constants and distinct variables
-- aggregate over the relation itself.
function Builder:direct_aggregate(node, conjunctions, shared)
  local atom = #conjunctions == 1 and #conjunctions[1] == 1
    and conjunctions[1][1]
  if not atom or atom.tag ~= "atom" then return nil end
  local is_shared, seen, column = {}, {}, nil
  for _, name in ipairs(shared) do is_shared[name] = true end
  local entry = self.low.schema:find(atom.name, self.scope)
  local given, n = terms.positional(self.env, atom, entry)
  for i = 1, n do
    local arg = given[i]
    if arg and arg.tag == "var" and not is_shared[arg.name] then
      if seen[arg.name] then return nil end
      seen[arg.name] = i
    elseif arg and arg.tag ~= "var" and arg.tag ~= "anon"
      and not CONSTANT[arg.tag] then
      return nil
    end
  end
  if node.value then
    column = node.value.tag == "var" and seen[node.value.name] or nil
    if not column then return nil end
  end
  if not entry or n ~= #entry.columns then return nil end
  local args = {}
  for i = 1, n do
    local arg = given[i]
    local free = not arg or arg.tag == "var" and not is_shared[arg.name]
    args[i] = not free
      and terms.convert(self.env, arg, entry.columns[i])
  end
  return self.low:relation(entry.name, entry, atom.negative), args, column
end

-- The variables that a literal tells instances apart by, appended to `into`:
-- of an `or` those of all its alternatives.
local function told_by(literal, into)
  if literal.tag == "not" or literal.projected then return into end
  if literal.tag == "and" then
    for _, part in ipairs(literal) do told_by(part, into) end
  elseif literal.tag == "or" then
    local rest = {}
    for i = 2, #literal do rest[i - 1] = told_by(literal[i], {}) end
    for _, name in ipairs(told_by(literal[1], {})) do
      local everywhere = not into[name]
      for _, names in ipairs(rest) do
        everywhere = everywhere and names[name]
      end
      if everywhere then
        into[name] = true
        into[#into + 1] = name
      end
    end
  else
    formula.variables(literal, into)
  end
  return into
end

--- A function: atom -> names of the columns it leaves out. They tell its
-- instances apart.
function Builder:left_out()
  return function(node)
    local entry = node.tag == "atom"
      and self.low.schema:find(node.name, self.scope)
    local given, missing = {}, {}
    for _, column in ipairs(node.named) do given[column.name] = true end
    for _, column in ipairs(entry and entry.columns or {}) do
      if not given[column.name] then missing[#missing + 1] = column.name end
    end
    return missing
  end
end

-- Columns of the auxiliary of an aggregate: every variable that all
-- alternatives bind, so that distinct instances stay distinct rows.
local function instance_variables(conjunctions, shared)
  local names, common = table.move(shared, 1, #shared, 1, {}), nil
  for _, conjunction in ipairs(conjunctions) do
    local here = {}
    for _, literal in ipairs(conjunction) do told_by(literal, here) end
    if not common then common = here
    else
      local both = {}
      for _, name in ipairs(common) do
        if here[name] then
          both[name] = true
          both[#both + 1] = name
        end
      end
      common = both
    end
  end
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  for _, name in ipairs(common or {}) do
    if not known[name] then names[#names + 1] = name end
  end
  return names
end

function Builder:indirect_aggregate(node, conjunctions, shared)
  local params = instance_variables(conjunctions, shared)
  local value, column = node.value, nil
  for i, name in ipairs(params) do
    if value and value.tag == "var" and value.name == name then
      value, column = nil, i
      break
    end
  end
  local relation = self:auxiliary(params, conjunctions,
    atoms_of(self.conj, nil), { kind = "aggregate", node = node.body }, value)
  local args = self:params_of(shared)
  for i = #shared + 1, #params + (value and 1 or 0) do args[i] = false end
  return relation, args, column or value and #params + 1 or nil
end

--- The literal of an aggregate over braces; its result is an expression.
function Builder:aggregate(node, result)
  if not node.body then
    self:report("E223", node, node.op .. " aggregates over braces here",
      node.op .. "{ VALUE : CONDITION }")
    return { "c", 0 }
  end
  local custom = self.low.schema.aggregates[node.op]
  if not AGGREGATES[node.op] and not custom then
    self:report("E223", node, "there is no aggregate " .. node.op)
    return { "c", 0 }
  end
  if custom then self.low:use_function(custom) end
  local plain = formula.name_anonymous(node, { n = 0 }, self:left_out())
  local shared = self:shared(node)
  local outer = set_of(shared)
  if plain.value then formula.variables(plain.value, outer) end
  local conjunctions = formula.disjuncts(plain.body, outer, true)
  local relation, args, column = self:direct_aggregate(plain, conjunctions,
    shared)
  if not relation then
    relation, args, column = self:indirect_aggregate(plain, conjunctions,
      shared)
  end
  result = result or self:fresh()
  self:add({ "agg", result, node.op, relation, args, column }, node)
  return result
end

-- ----------------------------------------------------------------- literals

function Builder:add(literal, node)
  literal.span = self:span(node)
  self.body[#self.body + 1] = literal
end

-- The type that the other side of a comparison asks of a function.
local function wanted_type(node)
  local types = { int = "int", float = "float", string = "symbol",
    symbol = "symbol", date = "date" }
  return types[node.tag]
end

function Builder:side(node, other)
  local expr = terms.convert(self.env, node, { type = nil })
  if expr[1] == "f" then
    local f = self.low.functions[expr[2]]
    if f and not f.result then f.result = wanted_type(other) end
  end
  if not expr.span then expr.span = self:span(node) end
  return expr
end

function Builder:compare(node)
  local left, right = node.left, node.right
  if node.op == "=" and right.tag == "aggregate" and left.tag ~= "aggregate"
  then
    self:aggregate(right, self:side(left, right))
  elseif node.op == "=" and left.tag == "aggregate"
    and right.tag ~= "aggregate" then
    self:aggregate(left, self:side(right, left))
  else
    local l, r = self:side(left, right), self:side(right, left)
    self:add({ "cmp", node.op, l, r }, node)
  end
end

function Builder:negative(node)
  local inner = node[1]
  if inner.tag ~= "atom" then
    if inner.tag == "during" then return self:literal(inner) end
    return self:negated_auxiliary(node)
  end
  local entry = self.low.schema:find(inner.name, self.scope)
  local partial = inner.named and entry and #inner.named < #entry.columns
  if partial or formula.has_anonymous(inner) then
    return self:negated_auxiliary(node)
  end
  local relation, args = self:atom(inner)
  if relation then self:add({ "-", relation, args }, node) end
end

function Builder:literal(node)
  local tag = node.tag
  if tag == "atom" then
    local relation, args = self:atom(node)
    if relation then
      self:add({ node.guard and "?" or "+", relation, args }, node)
    end
  elseif tag == "compare" then self:compare(node)
  elseif tag == "not" then self:negative(node)
  elseif tag == "or" then self:inner_or(node)
  elseif tag == "during" then
    self:report("E504", node, "`during` in a rule is not evaluated yet",
      "`claim{begins = B, ends = E}` gives the days of a claim")
  else
    error("no literal: " .. tostring(tag))
  end
end

--- Lower the literals of a conjunction; `head` holds the nodes of the head,
-- whose variables count as used outside.
function Builder:conjunction(conjunction, head)
  self.conj = conjunction
  self.parts = table.move(conjunction, 1, #conjunction, 1, {})
  for _, node in pairs(head) do self.parts[#self.parts + 1] = node end
  for _, node in ipairs(conjunction) do self:literal(node) end
end

--- The arguments of a head, aggregates converted in place.
function Builder:head_args(head, entry)
  local given, n = terms.positional(self.env, head, entry)
  local args = {}
  if not head.named then terms.check_arity(self.env, head, entry, n) end
  for i = 1, n do
    local node, column = given[i], entry.columns[i]
    local custom = node and node.tag == "call" and not node.negative
      and self.low.schema.aggregates[node.name]
    if custom then
      self.low:use_function(custom)
      args[i] = { "a", node.name, terms.convert(self.env, node.args[1]) }
    elseif node and node.tag == "aggregate" then
      args[i] = { "a", node.op,
        node.value and terms.convert(self.env, node.value) }
    elseif node then args[i] = terms.convert(self.env, node, column)
    else args[i] = self:fresh() end
    if node and not args[i].span then args[i].span = self:span(node) end
  end
  return args
end

--- The rule is done: hand it over.
function Builder:emit(relation, args, node)
  local rules = self.low.rules
  rules[#rules + 1] = { head = { rel = relation, args = args },
    body = self.body, vars = self.vars, name = self.name, user = self.user,
    span = node and self:span(node), phase = self.phase,
    generated = self.generated }
end

--- Columns of a relation that keeps distinct instances distinct.
M.instance_variables = instance_variables

return M
