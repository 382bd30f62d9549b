-- Rules of the syntax tree to the flat rules of the core (the program table).
--
-- A rule becomes one flat rule for each conjunction of its body. What a flat
-- rule can't say moves to auxiliary relations NAME@N, which proofs splice
-- away: a conjunction under `not`, `_` under `not`, the braces of an aggregate
-- that aren't one plain atom, an `or` under a head aggregate, an inner `or`
-- that would multiply the rules. An auxiliary rule that would leave a variable
-- of its surroundings unbound repeats the atoms around it.
--
-- Whether rules are safe, well typed and stratified is decided by the core.

local builders = require "dragoman.builder"
local formula = require "dragoman.formula"
local messages = require "dragoman.messages"
local syntax = require "dragoman.syntax"
local terms = require "dragoman.terms"

local builder_of = builders.new

local M = {}

local Lowering = {}
Lowering.__index = Lowering

--- An empty program over a schema (see schema.lua).
function M.new(schema)
  return setmetatable({ schema = schema, list = {}, files = {},
    file_index = {}, chunks = {}, rules = {}, users = {}, aux = {},
    aux_count = 0, extra = {}, used = {}, functions = {},
    inferred = {}, inputs = {} }, Lowering)
end

function Lowering:file(chunk)
  local index = self.file_index[chunk.name]
  if not index then
    index = #self.files + 1
    self.files[index], self.file_index[chunk.name] = chunk.name, index
    self.chunks[chunk.name] = chunk
  end
  return index
end

-- --------------------------------------------------------------- functions

-- A function whose result type nobody told gets the type its place asks for.
function Lowering:use_function(f, wanted)
  if not f.result and wanted and wanted ~= "term" then f.result = wanted end
  if not self.functions[f.name] then
    self.functions[f.name] = f
    self.functions[#self.functions + 1] = f
  end
end

function Lowering:relation(name, entry, negative)
  local full = negative and "-" .. name or name
  self.used[full] = entry
  if negative then entry.negative = true end
  return full
end

-- -------------------------------------------------------------------- rules

local function has_or(conjunction)
  for _, literal in ipairs(conjunction) do
    if literal.tag == "or" and not literal.projected then return true end
  end
  return false
end

local function has_aggregate(schema, head)
  local function is_aggregate(node)
    return node.tag == "aggregate"
      or node.tag == "call" and schema.aggregates[node.name] ~= nil
  end
  for _, arg in ipairs(head.args or {}) do
    if is_aggregate(arg) then return true end
  end
  for _, column in ipairs(head.named or {}) do
    if is_aggregate(column.value) then return true end
  end
  return false
end

-- A head that aggregates over a body with `or` reads it through one relation.
-- Every `_` counts as a variable of an instance: body has names for them.
function Lowering:merged(parent, head, body)
  local builder = builder_of(parent)
  builder.conj, builder.parts = {}, {}
  local conjunctions = formula.disjuncts(body, formula.variables(head), true)
  local params = builders.instance_variables(conjunctions, {})
  local name = builder:auxiliary(params, conjunctions, {},
    { kind = "body", node = head })
  local args, parts = {}, { head }
  builder.parts = parts
  for i, param in ipairs(params) do args[i] = builder:variable(param) end
  builder:add({ "+", name, args }, head)
  return builder
end

function Lowering:new_user(node, chunk, options)
  local line
  if not chunk.generated and node.pos then
    line = messages.span(chunk, node.pos, node.pos)
  end
  local user = { name = node.label or options.name, module = options.module,
    file = chunk.name, line = line, doc = options.doc, node = node,
    chunk = chunk, generated = options.generated, relation = node.head.name }
  self.users[#self.users + 1] = user
  return #self.users
end

local NOT_YET = {
  usually = { "E502", "`usually` is not evaluated yet" },
  blocks = { "E502", "`blocks` is not evaluated yet" },
}

--- Refuse what is stored for a later version of the engine.
function Lowering:refuse(code, node, chunk, message)
  terms.report({ chunk = chunk, list = self.list }, code, node, message,
    "leave it out for now")
end

function Lowering:refused(node, chunk)
  local entry = NOT_YET[node.mode]
  if entry then
    self:refuse(entry[1], node, chunk, entry[2])
    return true
  end
  if node.prob or #(node.alternatives or {}) > 0 then
    self:refuse("E501", node, chunk,
      "a rule with a probability is not evaluated yet")
    return true
  end
  return false
end

--- Lower a rule. options: scope, module, phase ("belief"), generated, name
-- (for a generated rule), doc.
function Lowering:rule(node, chunk, options)
  local rules, mistakes = #self.rules, #self.list
  self:flat_rules(node, chunk, options or {})
  if #self.list > mistakes then
    -- Half a rule would only bring mistakes that are none.
    for i = #self.rules, rules + 1, -1 do self.rules[i] = nil end
  end
end

function Lowering:flat_rules(node, chunk, options)
  if self:refused(node, chunk) then return end
  local entry = self.schema:find(node.head.name, options.scope)
  assert(entry, "a head that the schema doesn't know")
  local parent = { low = self, chunk = chunk, scope = options.scope,
    user = self:new_user(node, chunk, options), phase = options.phase,
    generated = options.generated, name = node.label or options.name,
    base = entry.name }
  local relation = self:relation(entry.name, entry, node.head.negative)
  local counts = has_aggregate(self.schema, node.head)
  local conjunctions = node.body and formula.disjuncts(node.body,
    formula.variables(node.head), counts) or { {} }
  if counts and (#conjunctions > 1 or has_or(conjunctions[1])) then
    local builder = self:merged(parent, node.head,
      formula.name_anonymous(node.body, { n = 0 },
        builder_of(parent):left_out()))
    builder:emit(relation, builder:head_args(node.head, entry), node)
    return
  end
  for _, conjunction in ipairs(conjunctions) do
    local builder = builder_of(parent)
    builder:conjunction(conjunction, { node.head })
    builder:emit(relation, builder:head_args(node.head, entry), node)
  end
end

-- What occurs only in the braces of an aggregate or below a `not` is that
-- formula's own, and no variable of a goal's answers.
local OWN_VARIABLES = { ["not"] = true, aggregate = true }

--- Lower a goal: a rule for a relation over its variables. Returns the
-- relation's name and the variables, in order of appearance.
function Lowering:goal(node, chunk, scope)
  local vars = syntax.variables(node, OWN_VARIABLES)
  local name = "goal@" .. #self.users + 1
  local columns = {}
  for i, var in ipairs(vars) do columns[i] = { name = var } end
  self.extra[#self.extra + 1] = { name = name, kind = "relation",
    columns = columns, input = "none" }
  local user = self:new_user({ head = { name = name }, pos = node.pos,
    stop = node.stop }, chunk, { name = "the goal" })
  local parent = { low = self, chunk = chunk, scope = scope, user = user,
    name = "the goal", base = name }
  local head = {}
  for i, var in ipairs(vars) do
    head[i] = { tag = "var", name = var, pos = node.pos, stop = node.stop }
  end
  for _, conjunction in ipairs(formula.disjuncts(node, vars)) do
    local builder = builder_of(parent)
    builder:conjunction(conjunction, head)
    local args = {}
    for i, var in ipairs(vars) do args[i] = builder:variable(var) end
    builder:emit(name, args, node)
  end
  return name, vars
end

-- ------------------------------------------------------------------ program

--- Rows of a system or stored relation under another name (`r@begun`).
function Lowering:input(relation)
  self.extra[#self.extra + 1] = relation
end

local function columns_of(self, entry, full)
  local columns, guessed = {}, self.inferred[full] or {}
  for i, column in ipairs(entry.columns) do
    columns[i] = { name = column.name,
      type = terms.engine_type(column.type) or guessed[i] }
  end
  return columns
end

function Lowering:describe(name, entry, negative)
  local full = negative and "-" .. name or name
  local input = self.inputs[full]
  if not input then
    input = entry.input or (entry.builtin and "none") or "facts"
  end
  return { name = full, kind = entry.kind, columns = columns_of(self, entry,
    full), key = not negative and entry.key or nil, input = input,
    asserted = entry.asserted, aux = entry.aux, of = entry.of }
end

local function constructors_of(self)
  local names, list = {}, {}
  for name in pairs(self.schema.constructors) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    local columns = {}
    for j, column in ipairs(self.schema.constructors[name].columns) do
      columns[j] = { name = column.name,
        type = terms.engine_type(column.type) }
    end
    list[i] = { name = name, columns = columns }
  end
  return list
end

--- The program table. A builtin relation that nothing uses is left out.
function Lowering:program()
  local relations = {}
  for _, name in ipairs(self.schema.order) do
    local entry = self.schema.relations[name]
    if not entry.builtin or self.used[name] or self.keep_builtin
      and entry.input == "system" then
      relations[#relations + 1] = self:describe(name, entry)
    end
    if entry.negative then
      relations[#relations + 1] = self:describe(name, entry, true)
    end
  end
  table.move(self.extra, 1, #self.extra, #relations + 1, relations)
  local functions = {}
  for i, f in ipairs(self.functions) do
    functions[i] = { name = f.name, nargs = f.nargs,
      result = f.result or "float", call = f.call, fold = f.fold }
  end
  return { files = #self.files > 0 and self.files or { "rules" },
    relations = relations, rules = self.rules, functions = functions,
    constructors = constructors_of(self) }
end

return M
