-- What the names of a knowledge base mean: relations, constructors, functions,
-- entities, sources, and the relations that the engine fills itself.
--
-- A schema is built from chunks (text of rule modules and of the base) and
-- stored statements, then only read. Declarations may come in any order, so
-- types of columns are looked at by `finish`. A name is a function, a
-- constructor or a relation, never two of them; a private relation is known
-- inside its module or file only, and is stored under SCOPE.NAME.

local diag = require "dragoman.diag"
local terms = require "dragoman.terms"

local M = {}

local Schema = {}
Schema.__index = Schema

-- Name, columns "name type", documentation: dm_input in engine/dragoman.h.
local SYSTEM = {
  { "claim", "id symbol, source symbol, speaker symbol, body symbol, "
    .. "origin symbol, act symbol, content term, atom term, sign symbol, "
    .. "hedge symbol, said date, begins date, ends date, channel symbol, "
    .. "para int, reliability symbol, credibility symbol",
    "Who said what, when, where." },
  { "claim_condition", "id symbol, mode symbol, condition term",
    "What a claim's atom depends on: if, only_if, until." },
  { "claim_from", "id symbol, position int, body symbol",
    "Through whom a claim came to its speaker." },
  { "claim_after", "id symbol, earlier symbol",
    "Which claim was made before which." },
  { "claim_due", "id symbol, by date",
    "The day by which what is claimed is to come about." },
  { "source_info", "id symbol, title symbol, publisher symbol, "
    .. "published date, reliability symbol", "Where claims were read." },
  { "question", "id symbol, text symbol, process symbol, by date, "
    .. "resolves symbol", "What is asked, with its horizon and its test." },
  { "question_option", "question symbol, option symbol",
    "The answers a question has." },
  { "label", "entity symbol, text symbol", "How an entity is called." },
  { "today", "day date", "The day the view is read at." },
  { "known_until", "day date", "The day up to which the view knows." },
}

-- Filled by generated rules (see belief.lua); `believed` by a rule module. What
-- belief rules read is `asserted`, for a view without claims has no rules for
-- it.
local GENERATED = {
  { "believed", "claim symbol", "A claim that is taken for true." },
  { "clash", "one symbol, other symbol",
    "Two claims that can't both hold.", true },
  { "about", "claim symbol, actor symbol",
    "The actor that a claim's atom is about.", true },
  { "claim_depends", "claim symbol",
    "A claim that is made under a condition." },
  { "asked", "condition term", "A condition that somebody named." },
  { "satisfied", "condition term", "A condition that is met." },
}

local function builtin(row, input)
  local columns = {}
  for name, type_name in row[2]:gmatch "([%w_]+) (%w+)" do
    columns[#columns + 1] = { name = name, type = type_name,
      relation = row[1] }
  end
  return { name = row[1], kind = "relation", columns = columns, doc = row[3],
    input = input, builtin = true, declared = true, asserted = row[4] }
end

local engine_names = {}
for _, rows in ipairs { SYSTEM, GENERATED } do
  for _, row in ipairs(rows) do engine_names[row[1]] = true end
end

--- Is it the name of one of the engine's own relations?
function M.is_builtin(name) return engine_names[name] or false end

--- A new schema that knows the engine's own relations. bare: a program without
-- claims, which may use the engine's names for relations of its own.
function M.new(bare)
  local self = setmetatable({ bare = bare, open_types = {}, relations = {}, constructors = {},
    functions = {}, aggregates = {}, entities = {}, labels = {}, names = {},
    sources = {}, nevers = {}, exports = {}, imports = {}, derived_types = {},
    order = {}, list = {} }, Schema)
  for _, row in ipairs(SYSTEM) do self:put(builtin(row, "system")) end
  for _, row in ipairs(GENERATED) do self:put(builtin(row, "none")) end
  return self
end

function Schema:put(entry)
  if not self.relations[entry.name] then
    self.order[#self.order + 1] = entry.name
  end
  self.relations[entry.name] = entry
  return entry
end

function Schema:report(where, code, node, message, hint)
  local d = diag.new(code, where, node.pos, node.stop, message,
    hint and { hint = hint } or nil)
  self.list[#self.list + 1] = d
end

-- ------------------------------------------------------------------ lookup

--- The relation called name as seen from a scope, or nil.
function Schema:find(name, scope)
  return scope and self.relations[scope .. "." .. name]
    or self.relations[name]
end

function Schema:constructor(name) return self.constructors[name] end

function Schema:function_called(name) return self.functions[name] end

--- The names that a term may begin with.
function Schema:term_names()
  local set = {}
  for name in pairs(self.relations) do set[name] = true end
  for name in pairs(self.constructors) do set[name] = true end
  for name in pairs(self.functions) do set[name] = true end
  return set
end

--- Names of relations, for suggestions.
function Schema:relation_names()
  local set = {}
  for name in pairs(self.relations) do set[name] = true end
  return set
end

--- Is it the name of an entity of that type? Where rules derive who belongs
-- to the type, any entity may.
function Schema:is_entity(type_name, name)
  local set = self.entities[type_name]
  if set and set[name] or self.open_types[type_name] then return true end
  return self.derived_types[type_name] and self.names[name] or false
end

function Schema:entity_names(type_name)
  if self.derived_types[type_name] then return self.names end
  return self.entities[type_name] or {}
end

--- May the bare name stand in a term?
function Schema:is_known(name)
  return self.names[name] or self.relations[name] ~= nil
    or self.constructors[name] ~= nil or self.sources[name] ~= nil
    or name == "none"
end

function Schema:known_names()
  local set = self:term_names()
  for name in pairs(self.names) do set[name] = true end
  return set
end

-- ------------------------------------------------------------ declarations

local function same_columns(a, b)
  if #a ~= #b then return false end
  for i = 1, #a do
    if a[i].name ~= b[i].name or a[i].type ~= b[i].type then return false end
  end
  return true
end

local MEANING = { relations = "a relation", constructors = "a constructor",
  functions = "a function", aggregates = "an aggregate" }

function Schema:is_free(where, node, kind, full)
  local f = self.functions[full]
  if f and f.builtin then
    if not self.bare then
      self:report(where, "E201", node, node.name .. " is a built-in function")
      return false
    end
    self.functions[full] = nil
  end
  for other, what in pairs(MEANING) do
    if other ~= kind and self[other][full] then
      self:report(where, "E201", node, string.format(
        "%s is declared as %s already", node.name, what))
      return false
    end
  end
  return true
end

local function copy_columns(node)
  local columns = {}
  for i, column in ipairs(node.columns or {}) do
    columns[i] = { name = column.name, type = column.type,
      relation = node.name, pos = column.pos, stop = column.stop }
  end
  return columns
end

local function key_indexes(self, where, node, columns)
  if not node.key then return nil end
  local position, key = {}, {}
  for i, column in ipairs(columns) do position[column.name] = i end
  for _, name in ipairs(node.key) do
    if position[name] then key[#key + 1] = position[name]
    else
      self:report(where, "E216", node, string.format(
        "the key of %s names %s, which is no column", node.name, name),
        diag.suggestion(name, position))
    end
  end
  return key
end

local MOST_COLUMNS = 64 -- DM_MAX_COLUMNS of the engine

-- Report a relation that is too wide; true when it is.
local function too_wide(self, where, node, count)
  if count <= MOST_COLUMNS then return false end
  self:report(where, "E227", node, string.format("%s has %d columns",
    node.name, count))
  return true
end

-- A second declaration is fine when it says the same; one of a relation that
-- only facts, rules or the engine had made known gives it its columns.
function Schema:declare_relation(node, where, owner)
  local full = node.private and owner.scope
    and owner.scope .. "." .. node.name or node.name
  if not self:is_free(where, node, "relations", full) then return end
  local columns, old = copy_columns(node), self.relations[full]
  if too_wide(self, where, node, #columns) then return end
  if old and old.builtin and self.bare then old = nil end
  if old and old.builtin and old.input == "system" and owner.scope == "core"
  then return end
  if old and old.declared and not old.builtin and not (old.kind == node.kind
    and same_columns(old.columns, columns)) then
    self:report(where, "E201", node, string.format(
      "%s is declared already, otherwise%s", node.name,
      old.where and " in " .. old.where.name or ""))
    return
  end
  if old and old.builtin and #old.columns ~= #columns then
    self:report(where, "E217", node, node.name
      .. " is one of the engine's own relations")
    return
  end
  self:put { name = full, shown = node.name, kind = node.kind,
    columns = columns, key = key_indexes(self, where, node, columns),
    doc = node.doc, asserted = node.asserted, private = node.private,
    declared = true, where = where, node = node, owner = owner,
    input = old and old.builtin and old.input or nil,
    builtin = old and old.builtin }
end

function Schema:declare_constructor(node, where, owner)
  if not self:is_free(where, node, "constructors", node.name) then return end
  local columns, old = copy_columns(node), self.constructors[node.name]
  if old and not same_columns(old.columns, columns) then
    self:report(where, "E201", node, node.name
      .. " is declared already, with other columns")
    return
  end
  self.constructors[node.name] = { name = node.name, columns = columns,
    doc = node.doc, where = where, node = node, owner = owner }
end

--- A function or aggregate: {name=, call=, result=, nargs=, aggregate=bool}.
-- ours: it comes with the engine, not with a rule module.
function Schema:declare_function(f, ours)
  if ours then
    f = { name = f.name, call = f.call, result = f.result, nargs = f.nargs,
      fold = f.fold, aggregate = f.aggregate, builtin = true }
  end
  if f.aggregate then self.aggregates[f.name] = f
  else self.functions[f.name] = f end
end

-- A relation made known by a fact or a rule, without a declaration.
function Schema:mention(name, arity, scope, how)
  local entry = self:find(name, scope)
  if not entry or entry.builtin and self.bare then
    if self.bare then self.functions[name] = nil end
    local columns = {}
    for i = 1, arity do columns[i] = { relation = name } end
    entry = self:put { name = name, kind = "relation", columns = columns,
      declared = false }
  end
  entry[how] = true
  return entry
end

function Schema:add_name(name, type_name, label)
  self.names[name] = true
  if type_name then
    self.entities[type_name] = self.entities[type_name] or {}
    self.entities[type_name][name] = true
  end
  if label then self.labels[name] = label end
end

-- ------------------------------------------------------------------ chunks

local function atom_arity(entry, node)
  if node.named and entry and not entry.builtin then return #entry.columns end
  return #(node.named or node.args or {})
end

local function mention_atom(self, node, owner, how, where)
  local entry = self:find(node.name, owner.scope)
  local arity = atom_arity(entry, node)
  entry = self:mention(node.name, arity, owner.scope, how)
  if node.negative then entry.negative = true end
  entry.at = entry.at or { node = node, where = where }
  return entry
end

local handlers = {
  relation = Schema.declare_relation,
  constructor = Schema.declare_constructor,
  import = function(self, node, where, owner)
    local old, columns = self.relations[node.name], node.columns or {}
    if #columns > 0 then
      if not (old and old.declared) then
        self:declare_relation({ tag = "relation", kind = "relation",
          name = node.name, columns = columns, pos = node.pos,
          stop = node.stop }, where, owner)
      end
    end
    self:mention(node.name, #columns, owner.scope, "facts")
    if #columns == 1 then self.open_types[node.name] = true end
    self.imports[#self.imports + 1] = { node = node, where = where,
      owner = owner }
  end,
  export = function(self, node, where, owner)
    self.exports[#self.exports + 1] = { node = node, where = where,
      owner = owner }
  end,
  never = function(self, node, where, owner)
    self.nevers[#self.nevers + 1] = { node = node, where = where,
      owner = owner }
  end,
  source = function(self, node) self.sources[node.id] = node end,
  entity = function(self, node, where, owner)
    self:add_name(node.name, node.type, node.label)
    local entry = self:mention(node.type, 1, owner.scope, "facts")
    entry.entity_node = entry.entity_node or { node = node, where = where }
  end,
  question = function(self, node)
    self:add_name(node.id)
    for _, option in ipairs(node.options or {}) do self:add_name(option) end
  end,
  fact = function(self, node, where, owner)
    local entry = mention_atom(self, node.atom, owner, "facts", where)
    local arg = node.atom.args and node.atom.args[1]
    if #entry.columns == 1 and arg and not node.atom.negative
      and (arg.tag == "symbol" or arg.tag == "string") then
      self:add_name(arg.value, entry.name)
    end
  end,
  rule = function(self, node, where, owner)
    local heads = { node.head }
    for _, other in ipairs(node.alternatives or {}) do
      heads[#heads + 1] = other.head
    end
    for _, head in ipairs(heads) do
      local entry = mention_atom(self, head, owner, "rules", where)
      if #entry.columns == 1 then self.derived_types[entry.name] = true end
    end
  end,
}

local function each_statement(list, f)
  for _, node in ipairs(list) do
    if node.tag == "in" then each_statement(node.statements or node, f)
    else f(node) end
  end
end

M.each_statement = each_statement

local DECLARES = { relation = true, constructor = true }

--- Take in a chunk. owner: {scope=, module=}, whose private names it makes.
function Schema:add_chunk(chunk, owner)
  self:add_declarations(chunk, owner)
  self:add_statements(chunk, owner)
end

--- Of several chunks all declarations must be taken in before what uses them.
function Schema:add_declarations(chunk, owner)
  each_statement(chunk, function(node)
    if DECLARES[node.tag] then handlers[node.tag](self, node, chunk, owner) end
  end)
end

function Schema:add_statements(chunk, owner)
  each_statement(chunk, function(node)
    local handler = not DECLARES[node.tag] and handlers[node.tag]
    if handler then handler(self, node, chunk, owner) end
  end)
end

--- Take in a stored fact, source or question.
function Schema:add_stored(st)
  local kind = st.kind
  if kind == "source" then self.sources[st.id] = st
  elseif kind == "question" then
    self:add_name(st.id)
    for _, option in ipairs(st.option or {}) do self:add_name(option) end
  elseif kind == "fact" or kind == "judgement" then
    local name, args = st.relation, st.args or {}
    local negative = name:sub(1, 1) == "-"
    local entry = self:mention(negative and name:sub(2) or name, #args, nil,
      "facts")
    if negative then entry.negative = true
    elseif #args == 1 and type(args[1]) == "string" then
      self:add_name(args[1], name, st.label)
    end
  elseif kind == "import" then
    self:mention(st.relation, 0, nil, "facts")
  end
end

-- ------------------------------------------------------------------ finish

local function type_names(self)
  local set = {}
  for name in pairs(terms.basic_types) do set[name] = true end
  for name, entry in pairs(self.relations) do
    if #entry.columns == 1 and not entry.builtin then set[name] = true end
  end
  return set
end

function Schema:check_types(entry, known)
  for _, column in ipairs(entry.columns) do
    if column.type and not known[column.type] then
      if column.pos and entry.where then
        self:report(entry.where, "E208", column, string.format(
          "there is no type %s", column.type),
          diag.suggestion(column.type, known))
      end
      column.type = nil
    end
  end
end

--- After everything is taken in: look at the types of columns. Returns the
-- diagnostics of the whole schema.
function Schema:finish()
  local known = type_names(self)
  for _, name in ipairs(self.order) do
    self:check_types(self.relations[name], known)
  end
  for _, entry in pairs(self.constructors) do
    self:check_types(entry, known)
  end
  for _, name in ipairs(self.order) do
    local entry = self.relations[name]
    if entry.entity_node and (#entry.columns ~= 1 or not entry.declared) then
      local at = entry.entity_node
      self:report(at.where, "E220", at.node, string.format(
        "%s is no declared relation with one column", name),
        diag.suggestion(name, known))
    end
  end
  return self.list
end

return M
