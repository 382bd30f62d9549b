-- What the rules of the grammar make: the syntax tree described in
-- engine/doc/language.md ("The tree"), and the mistakes that only show once a
-- statement is whole (a variable in a fact, a value where a condition belongs).
--
-- Expressions and conditions share their rules, since `(` may open either. A
-- node becomes one or the other when its place is known: `condition_of` and
-- `value_of` turn it in place and report what fits neither.

local lexer = require "dragoman.lexer"

local M = {}

local MAX_CHAIN = 1000 -- operands of one arithmetic chain
local MAX_PREFIX = 200 -- signs or `not`s before one operand

local report = function() end

--- Mistakes are told to f(code, pos, stop, ...).
function M.set_reporter(f)
  report = f
  lexer.set_reporter(f)
end

-- Set while a goal is read: only there may `$name` stand.
local params_allowed = false

function M.allow_params(yes) params_allowed = yes end

-- -------------------------------------------------------------- node tests

local FORMULA = { ["and"] = true, ["or"] = true, ["not"] = true,
  compare = true, during = true, atom = true }

local function make_atom(node)
  if node.tag == "symbol" then
    node.tag, node.name, node.args, node.value = "atom", node.value, {}, nil
    node.negative = false
  elseif node.tag == "call" then
    node.tag = "atom"
  end
  return node
end

local function condition_of(node)
  if FORMULA[node.tag] then return node end
  if node.tag == "symbol" or node.tag == "call" then return make_atom(node) end
  report("E126", node.pos, node.stop)
  return { tag = "atom", pos = node.pos, stop = node.stop, name = "?",
    args = {}, negative = false }
end

local function value_of(node)
  if FORMULA[node.tag] then
    report("E127", node.pos, node.stop, node.tag)
  end
  return node
end

local CONNECTIVE = { ["and"] = true, ["or"] = true, ["not"] = true }

-- Inside a term a condition has only atoms, `not`, `and`, `or`.
local function term_of(node)
  if node.tag == "compare" or node.tag == "during" then
    report("E127", node.pos, node.stop, node.tag)
  elseif CONNECTIVE[node.tag] then
    for _, child in ipairs(node) do term_of(child) end
  end
  return node
end

-- ------------------------------------------------------------- expressions

local function connective(tag)
  return function(first, second, ...)
    if second == nil then return first end
    local node = { tag = tag, pos = first.pos, condition_of(first),
      condition_of(second), ... }
    for i = 3, #node do condition_of(node[i]) end
    node.stop = node[#node].stop
    return node
  end
end

local disjunction, conjunction = connective "or", connective "and"

-- `not not a`: the words come before the operand as a list of positions.
local function negation(...)
  local count = select("#", ...)
  local node = select(count, ...)
  if count == 1 then return node end
  if count > MAX_PREFIX then
    report("E114", (...), node.stop)
    return condition_of(node)
  end
  for i = count - 1, 1, -1 do
    node = { tag = "not", pos = (select(i, ...)), stop = node.stop,
      condition_of(node) }
  end
  return node
end

local function timed(atom, interval)
  if not interval then return atom end
  if atom.tag ~= "symbol" and atom.tag ~= "call" then
    report("E126", atom.pos, atom.stop)
  end
  return { tag = "during", pos = atom.pos, stop = interval.stop,
    atom = condition_of(atom), interval = value_of(interval) }
end

local function comparison(left, op, right)
  if not op then return left end
  return { tag = "compare", pos = left.pos, stop = right.stop, op = op,
    left = value_of(left), right = value_of(right) }
end

local function check_order(from, to, pos, stop)
  if from.tag == "date" and to.tag == "date" and from.earliest > to.latest then
    report("E131", pos, stop)
  end
end

local function range(from, to)
  if not to then return from end
  check_order(from, to, from.pos, to.stop)
  return { tag = "interval", pos = from.pos, stop = to.stop,
    from = value_of(from), to = value_of(to) }
end

-- a - b + c, from the left.
local function chain(first, op, ...)
  if op == nil then return first end
  local rest, node = { op, ... }, value_of(first)
  if #rest > 2 * MAX_CHAIN then
    report("E115", first.pos, rest[#rest].stop)
    return node
  end
  for i = 1, #rest, 2 do
    local right = value_of(rest[i + 1])
    node = { tag = "arith", pos = node.pos, stop = right.stop, op = rest[i],
      node, right }
  end
  return node
end

local function unary(...)
  local count = select("#", ...)
  local node = select(count, ...)
  if count == 1 then return node end
  if count > MAX_PREFIX then
    report("E114", (...), node.stop)
    return node
  end
  value_of(node)
  for i = count - 1, 1, -1 do
    node = { tag = "arith", pos = (select(i, ...)), stop = node.stop,
      op = "neg", node }
  end
  return node
end

local function parameter(node)
  if node.tag == "param" and not params_allowed then
    report("E130", node.pos, node.stop, node.name)
  end
  return node
end

local AGGREGATES = lexer.aggregates

-- `count{ a = X, … }` reads as named columns first; of an aggregate they are
-- comparisons.
local function comparisons(named)
  local parts = {}
  for i, column in ipairs(named) do
    local left = { tag = "symbol", pos = column.pos, stop = column.stop,
      value = column.name }
    parts[i] = comparison(left, "=", column.value)
  end
  return conjunction(table.unpack(parts))
end

local function aggregate(node, braces)
  local first, second = braces.first, braces.second
  if braces.named then first = comparisons(braces.named) end
  local result = { tag = "aggregate", pos = node.pos, stop = node.stop,
    op = node.name }
  if not first or node.sign then
    report("E121", node.pos, node.stop, node.name,
      "braces hold a condition, with `VALUE :` before it where one is needed")
    return result
  end
  if second then result.value = value_of(first) end
  result.body = condition_of(second or first)
  return result
end

local function application(node)
  local name, args, braces = node.name, node.args, node.braces
  local negative = node.sign ~= nil
  if braces and (braces.first or AGGREGATES[name]) then
    return aggregate(node, braces)
  end
  if not args and not braces and not negative then
    return { tag = "symbol", pos = node.pos, stop = node.stop, value = name }
  end
  return { tag = "call", pos = node.pos, stop = node.stop, name = name,
    args = args or {}, named = braces and (braces.named or {}) or nil,
    negative = negative }
end

-- ------------------------------------------------------------- walking terms

local function each_part(node, f)
  f(node)
  for _, child in ipairs(node) do each_part(child, f) end
  for _, child in ipairs(node.args or {}) do each_part(child, f) end
  for _, column in ipairs(node.named or {}) do each_part(column.value, f) end
  if node.tag == "interval" then
    each_part(node.from, f)
    each_part(node.to, f)
  end
end

-- Neither a fact nor a claim may speak of a variable.
local function refuse_variables(node, code)
  each_part(node, function(part)
    if part.tag == "var" then
      report(code, part.pos, part.stop, part.name)
    elseif part.tag == "anon" then
      report(code, part.pos, part.stop, "_")
    elseif part.tag == "aggregate" then
      report("E121", part.pos, part.stop, part.op,
        "an aggregate stands in the head of a rule or in a rule's body")
    end
  end)
end

-- ---------------------------------------------------------------- statements

local LISTS = { aliases = true, from = true }

-- Notes may come in any order, each once. `at[field]` is where it was said.
local function add_note(node, note)
  for key, value in pairs(note) do
    if key ~= "pos" and key ~= "stop" then
      if node[key] ~= nil and not LISTS[key] then
        report("E122", note.pos, note.stop, key)
      elseif LISTS[key] then
        node[key] = node[key] or {}
        local list = type(value) == "table" and value or { value }
        table.move(list, 1, #list, #node[key] + 1, node[key])
      else
        node[key] = value
      end
      node.at[key] = note.pos
    end
  end
end

-- Move the notes in a node's array part into its fields.
local function take_notes(node)
  local notes = table.move(node, 1, #node, 1, {})
  for i = 1, #node do node[i] = nil end
  node.at = {}
  for _, note in ipairs(notes) do add_note(node, note) end
  return node
end

local function tagged(tag)
  return function(node)
    node.tag = tag
    return node
  end
end

local function relation(node)
  for i, modifier in ipairs(node) do
    if node[modifier] then
      report("E122", node.pos, node.stop, modifier)
    end
    node[modifier], node[i] = true, nil
  end
  node.tag = "relation"
  node.asserted, node.private = node.asserted or false, node.private or false
  node.columns = node.columns or {}
  return node
end

local function constructor(node)
  node.tag, node.columns = "constructor", node.columns or {}
  return node
end

local function never(node)
  node.tag, node.body = "never", condition_of(node.body)
  return node
end

local BOOLEAN = { ["true"] = true, ["false"] = false }

local function option_value(node)
  if node.list then return node.list end
  local constant = node.value
  if not constant then return true end
  if constant.tag == "symbol" and BOOLEAN[constant.value] ~= nil then
    return BOOLEAN[constant.value]
  end
  if constant.tag == "date" then return constant end
  return constant.value
end

local function options(node)
  local map = {}
  for _, option in ipairs(node) do
    if map[option.name] ~= nil then
      report("E122", option.pos, option.stop, option.name)
    end
    map[option.name] = option_value(option)
  end
  return map
end

local function with_options(tag)
  return function(node)
    node.tag, node.options = tag, node.options or {}
    return node
  end
end

local function source(node)
  local fields, at = {}, {}
  for i, field in ipairs(node) do
    if fields[field.name] then
      report("E122", field.pos, field.stop, field.name)
    end
    if field.name == "grade" and field.value.tag ~= "grade" then
      report("E137", field.value.pos, field.value.stop)
    end
    fields[field.name], at[field.name] = field.value, field.pos
    node[i] = nil
  end
  node.tag, node.fields, node.at = "source", fields, at
  return node
end

local function scale(node)
  local plain = { lo = node.lo.value, hi = node.hi.value,
    lo_label = node.lo_label, hi_label = node.hi_label }
  if plain.lo >= plain.hi then report("E131", node.pos, node.stop) end
  return plain
end

local function entity(node)
  node.tag = "entity"
  take_notes(node)
  node.aliases = node.aliases or {}
  return node
end

local function question(node)
  node.tag = "question"
  take_notes(node)
  node.options = node.options or {}
  return node
end

local function speaker(node)
  local word = node.word
  return { tag = word or "name", pos = node.pos, stop = node.stop,
    name = node.name, label = node.label }
end

-- The conditions keep the order they were written in.
local MODES = { ["if"] = "if", only_if = "only_if", ["until"] = "until" }

local function claim_note(node)
  for key, mode in pairs(MODES) do
    local formula = node[key]
    if formula then
      formula = term_of(condition_of(formula))
      refuse_variables(formula, "E120")
      return { condition = { mode = mode, formula = formula, pos = node.pos },
        pos = node.pos, stop = node.stop }
    end
  end
  return node
end

local function claim(node)
  local conditions, notes = {}, {}
  for i, note in ipairs(node) do
    if note.condition then conditions[#conditions + 1] = note.condition
    else notes[#notes + 1] = note end
    node[i] = nil
  end
  for i, note in ipairs(notes) do node[i] = note end
  take_notes(node)
  node.tag, node.conditions = "claim", conditions
  node.from, node.after = node.from or {}, node.after or {}
  refuse_variables(node.content, "E120")
  return node
end

-- The head's fields ride along as a note in front.
local function claim_head(node)
  return { id = node.id, para = node.para, pos = node.pos, stop = node.stop }
end

local function head_atom(node)
  if node.tag == "aggregate" then
    report("E121", node.pos, node.stop, node.op,
      "a head or a fact is an atom; braces of this kind belong in a body")
    return { tag = "atom", pos = node.pos, stop = node.stop, name = node.op,
      args = {}, negative = false }
  end
  return make_atom(node)
end

local function refuse_aggregate_names(atom)
  each_part(atom, function(part)
    if part.tag == "call" and AGGREGATES[part.name] then
      report("E121", part.pos, part.stop, part.name,
        "an aggregate stands in the head of a rule or in a rule's body")
    end
  end)
end

local function fact(node)
  node.tag, node.atom = "fact", head_atom(node.atom)
  refuse_variables(node.atom, "E119")
  refuse_aggregate_names(node.atom)
  return take_notes(node)
end

--- What the rule `fact` makes of a name and plain arguments.
function M.plain_fact(pos, name, args, atom_stop, stop)
  return { tag = "fact", pos = pos, stop = stop, at = {},
    atom = { tag = "atom", pos = pos, stop = atom_stop, name = name,
      args = args, negative = false } }
end

local function head_aggregate(call)
  local op, args = call.name, call.args
  local wanted = op == "count" and "none or one" or "one"
  if #args > 1 or #args == 0 and op ~= "count" or call.named then
    report("E121", call.pos, call.stop, op, "it takes " .. wanted
      .. " argument")
  end
  return { tag = "aggregate", pos = call.pos, stop = call.stop, op = op,
    value = args[1] }
end

local function refuse_aggregates(node)
  each_part(node, function(part)
    if part.tag == "aggregate"
      or part.tag == "call" and AGGREGATES[part.name] then
      report("E121", part.pos, part.stop, part.op or part.name,
        "in a head an aggregate is a whole argument")
    end
  end)
end

-- Arguments of a head, where names of aggregates are reserved.
local function rule_head(node)
  node = head_atom(node)
  local function convert(argument)
    if argument.tag == "call" and AGGREGATES[argument.name]
      and not argument.negative then
      argument = head_aggregate(argument)
      if argument.value then refuse_aggregates(argument.value) end
    else
      refuse_aggregates(argument)
    end
    return argument
  end
  for i, argument in ipairs(node.args) do node.args[i] = convert(argument) end
  for _, column in ipairs(node.named or {}) do
    column.value = convert(column.value)
  end
  return node
end

local function rule(node)
  local alternatives, notes = {}, {}
  for i, part in ipairs(node) do
    if part.alternative then
      alternatives[#alternatives + 1] = { prob = part.prob, head = part.head,
        pos = part.pos, stop = part.stop }
    else
      notes[#notes + 1] = part
    end
    node[i] = nil
  end
  for i, note in ipairs(notes) do node[i] = note end
  node.tag, node.mode = "rule", node.mode or "strict"
  node.head, node.alternatives = rule_head(node.head), alternatives
  take_notes(node)
  if #alternatives > 0 and not node.prob then
    report("E128", node.head.pos, node.head.stop,
      "each alternative needs its probability")
  elseif not node.body and node.mode == "strict" and #alternatives == 0 then
    report("E129", node.pos, node.stop, node.label)
  end
  return node
end

local function alternative(node)
  node.alternative, node.head = true, rule_head(node.head)
  return node
end

local function rule_body(formula) return condition_of(formula) end

-- ------------------------------------------------------------- probability

-- ICD 203: the ranges of its words of estimative probability.
local ICD_203 = {
  almost_no_chance = { 0.01, 0.05 }, very_unlikely = { 0.05, 0.20 },
  unlikely = { 0.20, 0.45 }, roughly_even = { 0.45, 0.55 },
  likely = { 0.55, 0.80 }, very_likely = { 0.80, 0.95 },
  almost_certain = { 0.95, 0.99 },
}
M.chance_words = ICD_203

local function chance(node)
  if node.tag == "percent" then return node.value / 100 end
  return node.value + 0.0
end

local function probability(node)
  local prob = { tag = "prob", pos = node.pos, stop = node.stop,
    word = node.word }
  if node.word then
    prob.lo, prob.hi = table.unpack(ICD_203[node.word])
  else
    prob.lo = chance(node.lo)
    prob.hi = node.hi and chance(node.hi) or prob.lo
  end
  if prob.lo < 0 or prob.hi > 1 then
    report("E128", node.pos, node.stop, "a probability lies from 0 to 1")
  elseif prob.lo > prob.hi then
    report("E128", node.pos, node.stop, "the range is upside down")
  end
  return prob
end

local function span(node)
  local to = node.to or node.from
  check_order(node.from, to, node.pos, node.stop)
  return { pos = node.pos, stop = node.stop, from = node.from, to = to }
end

-- ------------------------------------------------------------------ changes

local function change(node)
  local sign = node[1] or "+"
  return { sign = sign, statement = node.statement, claim = node.claim,
    pos = node.pos, stop = node.stop }
end

local function position(node) return node.pos end

M.condition_of = condition_of

--- Rule name -> action, as peg.lua wants them.
M.actions = {
  relation = { node = relation }, modifier = "word", kind = "word",
  columns = "list", column = { node = tagged(nil) }, names = "list",
  constructor = { node = constructor }, never = { node = never },
  import = { node = with_options "import" },
  export = { node = with_options "export" },
  options = { node = options }, option = { node = tagged(nil) },
  source = { node = source }, field = { node = tagged(nil) },
  grade_field = "word", block_head = { node = tagged "in" },
  entity = { node = entity }, entity_note = { node = tagged(nil) },
  scale = { node = scale },
  question = { node = question }, question_note = { node = tagged(nil) },
  claim = { node = claim }, claim_head = { node = claim_head },
  speaker = { node = speaker }, reporter = "word", anonymous = "word",
  attribution = { node = tagged(nil) }, act = "word",
  claim_note = { node = function(node)
    return claim_note(node[1] or node)
  end },
  claim_refs = "list",
  fact = { node = fact }, fact_note = { node = tagged(nil) },
  rule = { node = rule }, rule_note = { node = tagged(nil) },
  mode = "word", alternative = { node = alternative }, rule_body = rule_body,
  beats = { node = tagged "beats" },
  probability = { node = probability }, chance_word = "word",
  formula = disjunction, conjunction = conjunction, literal = negation,
  ["not"] = { node = position }, timed = timed,
  condition = disjunction, condition_part = conjunction,
  plain_literal = negation,
  argument = function(...) return term_of(disjunction(...)) end,
  argument_part = conjunction, comparison = comparison, comparator = "word",
  range = range, sum = chain, additive = "word", product = chain,
  multiplicative = "word", unary = unary, minus = { node = position },
  primary = parameter, application = { node = application },
  arguments = "list", braces = { node = tagged(nil) }, named = "list",
  column_value = { node = tagged(nil) }, namings = "list", span = { node = span },
  goal = condition_of,
  change = { node = change },
}

return M
