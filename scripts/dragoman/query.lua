-- Goals: what is asked of a view.
--
-- A goal that is one atom with plain arguments reads the rows of its relation:
-- in the view's model, or, as long as that isn't there and arguments are given,
-- in one that holds no more than they need. Any other formula becomes a rule of
-- its own and is evaluated with what it needs of the program. Answers are
-- materialised: {X = value, …, truth = "true" or "disputed"}, by value, in the
-- order the engine sorts them.

local diag = require "dragoman.diag"
local failure = require "dragoman.failure"
local formula = require "dragoman.formula"
local grammar = require "dragoman.grammar"
local lookup = require "dragoman.lookup"
local terms = require "dragoman.terms"
local values = require "dragoman.values"

local M = {}

-- ------------------------------------------------------------------- parsing

local function fill(node, params, where, list)
  if node.tag == "param" then
    local value = params[node.name]
    if values.type(value) == nil then
      list[#list + 1] = diag.new("E130", where, node.pos, node.stop,
        "no value is given for $" .. node.name,
        { hint = "pass it in the table of parameters" })
      value = "none"
    end
    node.tag, node.value = "constant", value
  end
  formula.children(node, function(child) fill(child, params, where, list) end)
end

--- Parse a goal and fill in its parameters: node and chunk, or nil, message,
-- code, diagnostics.
function M.parse(text, params)
  if type(text) ~= "string" then error("a goal is a text", 4) end
  local chunk = { tag = "chunk", name = "goal", text = text }
  local node, list = grammar.parse_formula(text, "goal")
  if not node then return failure.check(list) end
  list = {}
  fill(node, params or {}, chunk, list)
  if #list > 0 then return failure.check(list) end
  return node, chunk
end

local PLAIN = { var = true, anon = true, int = true, float = true,
  string = true, symbol = true, date = true, constant = true,
  interval = true }

local function is_ground(node)
  if node.tag == "var" or node.tag == "anon" then return false end
  local ground = node.tag ~= "arith" and node.tag ~= "aggregate"
  formula.children(node, function(child)
    ground = ground and is_ground(child)
  end)
  return ground
end

local function is_plain(arg)
  return PLAIN[arg.tag] or arg.tag == "call" and is_ground(arg)
end

-- ------------------------------------------------------------------ patterns

-- What a plain atom asks: {relation=, pattern=, n=, vars = {{name, column}}},
-- or nil when it is not plain; false when it has mistakes (in list).
local function plan(view, node, chunk, list)
  if node.tag ~= "atom" then return nil end
  local schema = view:schema()
  local entry = schema:find(node.name)
  local env = { schema = schema, chunk = chunk, list = list }
  local name = entry and (node.negative and "-" or "") .. entry.name
  if not entry or not view:has_relation(name) then return nil end
  local given, n = terms.positional(env, node, entry)
  if not node.named then terms.check_arity(env, node, entry, n) end
  local asked = { relation = name, pattern = {}, n = #entry.columns,
    vars = {} }
  local strict = { schema = schema, chunk = chunk, list = list,
    check_names = true, facts = true }
  for i = 1, n do
    local arg = given[i]
    if arg and not is_plain(arg) then return nil end
    if arg and arg.tag == "var" then
      asked.vars[#asked.vars + 1] = { name = arg.name, column = i }
    elseif arg and arg.tag ~= "anon" then
      local use = arg.tag == "symbol" and strict or env
      asked.pattern[i] = terms.value(terms.convert(use, arg,
        entry.columns[i]))
    end
  end
  if #list > 0 then return false end
  return asked
end

local function answer(asked, row)
  local out = { truth = row.truth }
  for _, var in ipairs(asked.vars) do
    local value, old = row[var.column], out[var.name]
    if old ~= nil and not values.equal(old, value) then return nil end
    out[var.name] = value
  end
  return out
end

local function key_of(asked, out)
  local parts = {}
  for i, var in ipairs(asked.vars) do parts[i] = values.show(out[var.name]) end
  return table.concat(parts, "\0")
end

-- Do answers tell all rows apart that agree with the pattern?
local function tells_all(asked)
  local told = 0
  for i = 1, asked.n or 0 do
    if asked.pattern[i] ~= nil then told = told + 1 end
  end
  return asked.n ~= nil and told + #asked.vars == asked.n
end

-- Distinct answers, with the row that gives each (for `why`): what one row
-- makes true is not disputed for the sake of another.
local function answers_of(asked, rows)
  local list, seen, each = {}, {}, tells_all(asked)
  for _, row in ipairs(rows) do
    local out = answer(asked, row)
    local key = out and not each and key_of(asked, out)
    local old = key and seen[key]
    if old and old.answer.truth == "disputed" and out.truth == "true" then
      old.answer, old.row = out, row
    elseif out and not old then
      local item = { answer = out, row = row }
      list[#list + 1] = item
      if key then seen[key] = item end
    end
  end
  return list
end

-- --------------------------------------------------------------------- API

-- What a formula asks, evaluated with a rule of its own.
local function formula_model(view, node, chunk, whole)
  local model, asked, made, list = view:goal_model(node, chunk, nil, nil,
    whole)
  if not model then return nil, asked, made, list end
  return model, asked.relation, asked, made
end

local function result_of(asked, model, name, node, chunk, made)
  local rows, message, code = model:rows(name, asked.pattern)
  if not rows then return nil, message, code end
  local names, seen = {}, {}
  for _, var in ipairs(asked.vars) do
    if not seen[var.name] then
      seen[var.name] = true
      names[#names + 1] = var.name
    end
  end
  return { relation = asked.relation, model = model, vars = names,
    answers = answers_of(asked, rows), node = node, chunk = chunk, goal = made }
end

-- An atom that is looked up without the rule library: its result, or nil,
-- message, code, diagnostics; nil alone: it can't be.
local function look_up(view, node, chunk)
  local bare = node.tag == "atom" and not node.negative
    and lookup.view_for(view, node.name)
  local asked = bare and plan(bare, node, chunk, {})
  if not asked or not next(asked.pattern) then return nil end
  local model, name, code, list = bare:model_for(asked.relation, asked.pattern)
  if not model then return nil, name, code, list end
  return result_of(asked, model, name, node, chunk)
end

--- Run a goal on a view: {relation=, model=, vars={names}, answers =
-- {{answer=, row=}}}, or nil, message, code, diagnostics. whole: read in the
-- model of all rules, for proofs.
function M.run(view, goal, params, whole)
  local node, chunk, code, found = M.parse(goal, params)
  if not node then return nil, chunk, code, found end
  if not whole then
    local result, problem, why, mistakes = look_up(view, node, chunk)
    if result or problem then return result, problem, why, mistakes end
  end
  local ready, message, kind, problems = view:prepared()
  if not ready then return nil, message, kind, problems end
  local list = {}
  local asked = plan(view, node, chunk, list)
  if asked == false then return failure.check(list) end
  local model, name, made
  if asked then
    model, name, kind, problems = view:model_for(asked.relation,
      asked.pattern, whole)
    if not model then return nil, name, kind, problems end
  else
    model, name, asked, made = formula_model(view, node, chunk, whole)
    if not model then return nil, name, asked, made end
  end
  return result_of(asked, model, name, node, chunk, made)
end

-- Sort by one variable; a minus before it turns the order round.
local function sort_by(list, order)
  local sign, name = order:match "^(%-?)(.*)$"
  local place = {}
  for i, item in ipairs(list) do place[item] = i end
  table.sort(list, function(a, b)
    local x, y = a.answer[name], b.answer[name]
    local c = x ~= nil and y ~= nil and values.compare(x, y) or 0
    if sign == "-" then c = -c end
    if c ~= 0 then return c < 0 end
    return place[a] < place[b]
  end)
end

local OPTIONS = { order = true, limit = true }

-- A mistake in the options of a query is the caller's.
local function check_options(options)
  for key in pairs(options) do
    if not OPTIONS[key] then
      error("query has no option '" .. tostring(key) .. "'", 4)
    end
  end
  local limit = options.limit
  if limit and (math.type(limit) ~= "integer" or limit < 0) then
    error("limit: a whole number", 4)
  elseif options.order and type(options.order) ~= "string" then
    error("order: the name of a variable", 4)
  end
end

local function check_order(order, vars)
  local name = order:match "^%-?(.*)$"
  for _, var in ipairs(vars) do if var == name then return end end
  error("order: the goal has no variable " .. name, 4)
end

--- The answers of a goal as an array, and the names of its variables.
function M.answers(view, goal, params, options)
  options = options or {}
  check_options(options)
  local result, message, code, list = M.run(view, goal, params)
  if not result then return nil, message, code, list end
  if options.order then check_order(options.order, result.vars) end
  if options.order then sort_by(result.answers, options.order) end
  local rows = {}
  for i, item in ipairs(result.answers) do
    if options.limit and i > options.limit then break end
    rows[i] = item.answer
  end
  return rows, result.vars
end

--- The same as an iterator.  A `for` can't take nil, message for an answer, so
-- what goes wrong here raises.
function M.iterate(view, goal, params, options)
  local rows, message = M.answers(view, goal, params, options)
  if not rows then error(message, 3) end
  local i = 0
  return function()
    i = i + 1
    return rows[i]
  end
end

-- ---------------------------------------------------------------------- diff

local function keyed(rows, vars)
  local map = {}
  for _, row in ipairs(rows) do
    local parts = {}
    for i, name in ipairs(vars) do parts[i] = values.show(row[name]) end
    map[table.concat(parts, "\0")] = row
  end
  return map
end

local function only_unknown(list)
  for _, d in ipairs(list or {}) do
    if d.code ~= "E202" then return false end
  end
  return list ~= nil and #list > 0
end

--- How the answers to a goal differ between two views: {gained=, lost=,
-- changed = {{before=, after=}}}. A relation that only one of them knows has no
-- answers in the other.
function M.diff(before, after, goal, params)
  local old, vars, code, list = M.answers(before, goal, params)
  if not old and not only_unknown(list) then return nil, vars, code, list end
  local new, message, kind, problems = M.answers(after, goal, params)
  if not new and not (old and only_unknown(problems)) then
    return nil, message, kind, problems
  end
  vars = old and vars or message
  old, new = old or {}, new or {}
  local was, is = keyed(old, vars), keyed(new, vars)
  local result = { gained = {}, lost = {}, changed = {} }
  for _, row in ipairs(new) do
    local twin = was[next(keyed({ row }, vars))]
    if not twin then table.insert(result.gained, row)
    elseif twin.truth ~= row.truth then
      table.insert(result.changed, { before = twin, after = row })
    end
  end
  for _, row in ipairs(old) do
    if not is[next(keyed({ row }, vars))] then
      table.insert(result.lost, row)
    end
  end
  return result
end

return M
