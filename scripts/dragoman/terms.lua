-- Expressions of the syntax tree as expressions of the program table, the
-- ground ones also as values.
--
-- One function serves facts, claims and rules, so a term is checked alike
-- wherever it stands: its name must be a declared relation or constructor, its
-- arguments must be as many as the columns, numbers become floats where a
-- column is one, and a bare name inside a term must be declared.
--
-- An environment has: schema, chunk (the text, for messages), scope (name of
-- the module whose private relations are seen), list (where diagnostics go),
-- facts (true: only values are allowed, types are checked here, not in the
-- core), variable(node), anonymous(node), aggregate(node), call(node): what to
-- make of those in a rule.

local diag = require "dragoman.diag"
local values = require "dragoman.values"
require "dragoman.messages"

local M = {}

--- Report a mistake about a node.
function M.report(env, code, node, message, hint)
  local d = diag.new(code, env.chunk, node.pos, node.stop, message,
    hint and { hint = hint } or nil)
  env.list[#env.list + 1] = d
  return d
end

local report = M.report

local BASIC = { symbol = true, int = true, float = true, date = true,
  interval = true, term = true }
M.basic_types = BASIC

--- The engine's type of a column: an entity type is stored as a symbol.
function M.engine_type(type_name)
  if type_name == nil or BASIC[type_name] then return type_name end
  return "symbol"
end

local function describe(column)
  return (column.name and "column " .. column.name or "this column")
    .. (column.relation and " of " .. column.relation or "")
end

local LOOKS = { symbol = "taliban, \"a text\"", int = "10", float = "0.5, 10",
  date = "2021-04-13", interval = "2021-04-13..2021-04-30",
  term = "withdrawn(us_forces)" }

local ARTICLE = { symbol = "a symbol", int = "an int", float = "a float",
  date = "a date", interval = "an interval", term = "a term" }

local function mismatch(env, node, column, value)
  report(env, "E204", node, string.format("%s is %s, not %s",
    describe(column), ARTICLE[M.engine_type(column.type)],
    ARTICLE[values.type(value)]), string.format("%s looks like %s",
    ARTICLE[M.engine_type(column.type)], LOOKS[M.engine_type(column.type)]))
end

-- A bare name inside a term, or in a column of entities, must be declared.
local function check_name(env, node, column, inside)
  local schema, name = env.schema, node.value
  local type_name = column and column.type
  if type_name and not BASIC[type_name] then
    if not schema:is_entity(type_name, name) then
      report(env, "E205", node, string.format("no %s is called %s",
        type_name, values.symbol_text(name)),
        diag.suggestion(name, schema:entity_names(type_name))
          or ('declare it: `%s %s "label".`'):format(type_name,
            values.symbol_text(name)))
    end
  elseif node.tag == "symbol" and type_name ~= "symbol"
    and (inside or type_name == "term") and not schema:is_known(name) then
    report(env, "E206", node, name .. " is not declared",
      diag.suggestion(name, schema:known_names()))
  end
end

-- A constant in a column: the value as the column stores it.
local function constant(env, node, value, column)
  local wanted = column and M.engine_type(column.type)
  if wanted == "float" and math.type(value) == "integer" then
    return { "c", value + 0.0 }
  end
  if env.facts and wanted and wanted ~= "term"
    and values.type(value) ~= wanted then
    mismatch(env, node, column, value)
  end
  return { "c", value }
end

local function date_constant(env, node, column)
  local read = values.date(node.text) -- nil: reported by the parser
  if node.earliest ~= node.latest or read and read.qualifier then
    report(env, "E505", node, node.text .. " is not one certain day",
      "write a day here; `on` and `during` take imprecise dates")
  end
  return constant(env, node, (values.date(node.latest)), column)
end

--- The arguments of an atom or call by position, with nil for columns that
-- `named` leaves out; n is how many.
function M.positional(env, node, entry)
  if not node.named then
    return node.args or {}, #(node.args or {})
  end
  local index, args = {}, {}
  for i, column in ipairs(entry and entry.columns or {}) do
    index[column.name] = i
  end
  for _, given in ipairs(node.named) do
    local i = index[given.name]
    if not i then
      report(env, "E207", given, string.format("%s has no column %s",
        node.name, given.name), diag.suggestion(given.name, index))
    else
      args[i] = given.value
    end
  end
  return args, entry and #entry.columns or 0
end

local function plural(n, word)
  return n .. " " .. word .. (n == 1 and "" or "s")
end

--- Is the number of arguments that of the entry's columns? Reports if not.
function M.check_arity(env, node, entry, n)
  local wanted = #entry.columns
  if n == wanted then return true end
  local names = {}
  for i, column in ipairs(entry.columns) do
    names[i] = column.name or "_"
  end
  report(env, "E203", node, string.format("%s has %s, here %s",
    node.name or node.value, plural(wanted, "column"),
    n == 0 and "none is given" or n .. (n == 1 and " is" or " are")
      .. " given"),
    wanted > 0 and "its columns: " .. table.concat(names, ", ") or nil)
  return false
end

local convert

local function missing(env, node)
  if env.anonymous then return env.anonymous(node) end
  report(env, "E203", node, node.name .. " lacks a column here",
    "a fact names every column")
  return { "c", "none" }
end

--- Convert arguments against the columns of an entry (nil: unknown columns):
-- the expressions, and the nodes they come from.
function M.arguments(env, node, entry, inside)
  local given, n = M.positional(env, node, entry)
  if entry and not node.named then M.check_arity(env, node, entry, n) end
  local args = {}
  for i = 1, n do
    local column = entry and entry.columns[i]
    if given[i] == nil then args[i] = missing(env, node)
    else args[i] = convert(env, given[i], column, inside) end
  end
  return args, given
end

local function compound(env, node, column)
  local name = node.name
  local entry = not node.formula and (env.schema:find(name, env.scope)
    or env.schema:constructor(name)) or nil
  if not entry and not node.formula then
    report(env, "E215", node, string.format(
      "%s is neither a relation nor a constructor%s", name,
      env.facts and "" or " nor a function"),
      diag.suggestion(name, env.schema:term_names()))
  end
  if column and env.facts and column.type and column.type ~= "term" then
    report(env, "E204", node, string.format("%s is %s, not a term",
      describe(column), ARTICLE[M.engine_type(column.type)]))
  end
  local args = M.arguments(env, node, entry, true)
  local full = (node.negative and "-" or "") .. name
  if #args == 0 and not node.negative then return { "c", name } end
  return { "t", full, table.unpack(args) }
end

local function call(env, node, column)
  if env.call then
    local made = env.call(node, column)
    if made then return made end
  end
  return compound(env, node, column)
end

-- and(and(a, b), c)
local function connective(env, node)
  local result = convert(env, node[1], nil, true)
  if node.tag == "not" then return { "t", "not", result } end
  for i = 2, #node do
    result = { "t", node.tag, result, convert(env, node[i], nil, true) }
  end
  return result
end

local function arithmetic(env, node)
  if env.facts then
    report(env, "E214", node, "a fact can't compute its values")
    return { "c", 0 }
  end
  local parts = { "f", node.op }
  for i, child in ipairs(node) do parts[i + 2] = convert(env, child) end
  return parts
end

local function interval(env, node, column)
  local from, to = node.from, node.to
  if from.tag ~= "date" or to.tag ~= "date" then
    report(env, "E504", node, "an interval has two dates here")
    return { "c", "none" }
  end
  local a, b = date_constant(env, from), date_constant(env, to)
  return constant(env, node, (values.interval(a[2], b[2])), column)
end

local BY_TAG = {
  int = function(env, node, column)
    return constant(env, node, node.value, column)
  end,
  symbol = function(env, node, column, inside)
    if env.check_names then check_name(env, node, column, inside) end
    return constant(env, node, node.value, column)
  end,
  constant = function(env, node, column)
    return constant(env, node, node.value, column)
  end,
  date = date_constant,
  interval = interval,
  call = call,
  atom = function(env, node, column, inside)
    if #node.args == 0 and not node.negative and not node.named then
      return convert(env, { tag = "symbol", value = node.name,
        pos = node.pos, stop = node.stop }, column, inside)
    end
    return compound(env, node, column)
  end,
  arith = arithmetic,
  ["and"] = connective, ["or"] = connective, ["not"] = connective,
}
BY_TAG.float, BY_TAG.string = BY_TAG.int, BY_TAG.symbol

--- The program expression of a node; column: where it stands, or nil; inside:
-- it is an argument of a term.
function convert(env, node, column, inside)
  local tag = node.tag
  if tag == "var" and env.variable then return env.variable(node) end
  if tag == "anon" and env.anonymous then return env.anonymous(node) end
  if tag == "aggregate" and env.aggregate then return env.aggregate(node) end
  local maker = BY_TAG[tag]
  if not maker then
    report(env, "E214", node, "this can't stand here")
    return { "c", "none" }
  end
  local made = maker(env, node, column, inside)
  if env.span and not made.span then made.span = env.span(node) end
  return made
end

M.convert = convert

--- The value of a ground expression.
function M.value(expr)
  if expr[1] == "c" then return expr[2] end
  assert(expr[1] == "t", "not ground")
  local args = {}
  for i = 3, #expr do args[i - 2] = M.value(expr[i]) end
  return values.term(expr[2], table.unpack(args))
end

return M
