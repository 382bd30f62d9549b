--- Goals by demand against the whole model: random relations of a random
-- program, random columns bound, to values that occur and some that don't.
--
-- What is asked must have the same rows with the same truth.  A goal whose
-- program fails (overflow) where the whole one did not is a difference, too.

local compare = require "compare"
local oracle = require "oracle"

local M = {}

local FORCES = { { force = { "demand" } }, {}, { force = { "no_demand" } } }

--- A generator of our own, so that a seed means the same everywhere: a
-- function of n that gives 1 to n.
function M.source(seed)
  local s = (seed * 2654435769 + 88172645463325252) | 1
  return function(n)
    s = s ~ (s >> 12)
    s = s ~ (s << 25)
    s = s ~ (s >> 27)
    return ((s * 0x2545F4914F6CDD1D) >> 33) % n + 1
  end
end

local CONSTANTS = { int = { 0, 1, 2, 7 }, float = { 0.5, 1.0, 2.0 },
  symbol = { "a", "b", "nobody" } }

-- A value for a column: one of the model's in half of the cases or more.
local function value(rnd, rows, i, column)
  local list = CONSTANTS[column.type]
  if #rows > 0 and (not list or rnd(4) > 1) then return rows[rnd(#rows)][i] end
  return list and list[rnd(#list)]
end

--- Random goals on a relation with its rows: arrays of values and holes.
local function pattern(rnd, relation, rows)
  local out, n = {}, 0
  for i, column in ipairs(relation.columns) do
    if rnd(2) == 1 then
      out[i] = value(rnd, rows, i, column)
      n = n + (out[i] ~= nil and 1 or 0)
    end
  end
  return out, n
end

local function keyed(rows)
  local out = {}
  for _, row in ipairs(rows) do
    out[oracle.tuple_key(row)] = { row, row.truth }
  end
  return out
end

--- How the goal's rows by demand differ from those of the model; nil: not.
local function differs(program, checked, model, relation, asked, options)
  local made, name = checked:demand(relation, asked, options)
  if not made then return "no program: " .. tostring(name) end
  local part, message = program.view:evaluate(made, options)
  if not part then
    made:close()
    return message
  end
  local expected = keyed(assert(model:rows(relation, asked)))
  local got = keyed(assert(part:rows(name, asked)))
  local lines = compare.difference({ [relation] = expected },
    { [relation] = got })
  local text = lines ~= "" and lines .. "\n" .. made:print "rules" or nil
  part:close()
  made:close()
  return text
end

local function ask_all(program, checked, model, rnd, goals)
  local asked = 0
  local relations = {}
  for _, r in ipairs(checked:relations()) do
    if r.input ~= "system" then relations[#relations + 1] = r end
  end
  for _ = 1, goals do
    local relation = relations[rnd(#relations)]
    local bound, n = pattern(rnd, relation, model:rows(relation.name))
    local options = FORCES[rnd(5)] or FORCES[1]
    local why = differs(program, checked, model, relation.name, bound,
      options)
    if why then
      local parts = {}
      for i = 1, #relation.columns do
        parts[i] = bound[i] ~= nil and tostring(bound[i]) or "_"
      end
      return nil, ("%s(%s), force %s:\n%s"):format(relation.name,
        table.concat(parts, ", "), (options.force or { "-" })[1], why)
    end
    asked = asked + (n > 0 and 1 or 0)
  end
  return asked
end

--- Ask `goals` goals of the program in a text: how many had bound columns; or
-- nil and the difference; or 0 where the program can't be evaluated at all.
function M.compare(text, seed, goals)
  local opened = compare.open(text)
  if not opened then return 0 end
  local asked, why = ask_all(opened.program, opened.checked, opened.model,
    M.source(seed), goals)
  compare.close(opened)
  return asked, why
end

return M
