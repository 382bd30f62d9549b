--- One program through the oracle and through the whole engine, and the
-- difference between the two models.
--
-- A line `-- ask asked1(X) if p(2, X).` in a program is a goal: the oracle
-- takes it for a rule, the engine is asked it as a user would.

local grammar = require "dragoman.grammar"
local dragoman = require "dragoman"
local oracle = require "oracle"

local M = {}

local BASE = os.tmpname()
local FILE = BASE .. ".dm"

--- Remove the files that programs are handed to the engine in.
function M.finish()
  os.remove(BASE)
  os.remove(FILE)
end

local function write(text)
  local file = assert(io.open(FILE, "w"))
  file:write(text)
  file:close()
end

local function first_error(list)
  for _, d in ipairs(list or {}) do
    if d.severity ~= "warning" then
      return ("%s line %s: %s"):format(d.code, d.line or "?", d.message)
    end
  end
end

--- The goals of a text: {relation =, vars = {names}, goal =, rule =}.
local function asked_in(text)
  local list = {}
  for rule in text:gmatch "%-%- ask ([^\n]*)" do
    local head, goal = rule:match "^(.-) if (.*)%.$"
    local entry = { relation = head:match "^[%w_]+", vars = {}, goal = goal,
      rule = rule }
    for name in head:gmatch "%u%w*" do table.insert(entry.vars, name) end
    list[#list + 1] = entry
  end
  return list
end

--- Answers to a goal as the rows of a relation.
local function answer_rows(answers, vars)
  local rows = {}
  for _, answer in ipairs(answers) do
    local row = {}
    for i, name in ipairs(vars) do row[i] = answer[name] end
    rows[oracle.tuple_key(row)] = { row, answer.truth }
  end
  return rows
end

--- Ask the goals of the program in FILE: true; nil and why not.
local function ask(goals, options, out)
  if #goals == 0 then return true end
  local kb <close>, message, _, list = dragoman.open(FILE)
  if not kb then return nil, message or first_error(list) end
  kb.limits = options
  for _, entry in ipairs(goals) do
    local answers
    answers, message, _, list = kb:answers(entry.goal)
    if not answers then
      return nil, ("goal %s: %s"):format(entry.goal,
        message or first_error(list))
    end
    out[entry.relation] = answer_rows(answers, entry.vars)
  end
  return true
end

local function rows_of(model, checked)
  local out = {}
  for _, r in ipairs(checked:relations()) do
    if not r.aux and r.input ~= "system" then
      out[r.name] = {}
      for _, row in ipairs(assert(model:rows(r.name))) do
        out[r.name][oracle.tuple_key(row)] = { row, row.truth }
      end
    end
  end
  return out
end

--- Let go of what `open` gave.
function M.close(program)
  program.view:close()
  program.kb:close()
end

--- A text as the engine has it: the program, checked, and its model; nil and
-- why not.
function M.open(text, options)
  local eval = require "dragoman.eval"
  write(text)
  local program, message, list = eval.read(FILE)
  if not program then return nil, message or first_error(list) end
  local checked, model
  checked, message, list = program:check {}
  if checked then model, message = program:evaluate(options or {}) end
  if model then return program, checked, model end
  M.close(program)
  return nil, message or first_error(list) or "refused without a reason"
end

--- The engine's model of a program's text and its goals' answers; nil and why
-- not.
function M.engine(text, options)
  options = options or {}
  local program, checked, model = M.open(text, options)
  if not program then return nil, checked end
  local out = rows_of(model, checked)
  model:close()
  M.close(program)
  local asked, message = ask(asked_in(text), options, out)
  if asked then return out end
  return nil, message
end

local function show(v)
  if type(v) == "table" then
    local parts = {}
    for i, a in ipairs(v) do parts[i] = show(a) end
    return v.name .. "(" .. table.concat(parts, ", ") .. ")"
  end
  return type(v) == "string" and ("%q"):format(v) or tostring(v)
end

local function line(name, row, expected, got)
  local args = {}
  for i, v in ipairs(row) do args[i] = show(v) end
  return ("%s(%s): expected %s, got %s"):format(name, table.concat(args, ", "),
    expected, got)
end

--- Rows that the two models don't agree on, as lines; "" when there are none.
function M.difference(expected, got)
  local lines = {}
  for name, set in pairs(expected) do
    for k, entry in pairs(set) do
      local other = got[name] and got[name][k]
      local truth = other and other[2] or "false"
      if truth ~= entry[2] then
        lines[#lines + 1] = line(name, entry[1], entry[2], truth)
      end
    end
  end
  for name, set in pairs(got) do
    for k, entry in pairs(set) do
      if not (expected[name] and expected[name][k]) then
        lines[#lines + 1] = line(name, entry[1], "false", entry[2])
      end
    end
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

--- Compare both on a text: nil when they agree, else what kind of difference
-- ("rows", "error") and its description; or "given up" and why, when the
-- oracle has no answer, "refused" when both refuse the program.
function M.compare(text, options)
  local rules = { text }
  for _, entry in ipairs(asked_in(text)) do rules[#rules + 1] = entry.rule end
  local chunk, list = grammar.parse(table.concat(rules, "\n"), "program")
  if #list > 0 then return "error", "parser: " .. first_error(list) end
  local known, expected = pcall(oracle.model, chunk)
  if not known and not tostring(expected):find "^oracle:" then
    error(expected, 0)
  end
  local got, why = M.engine(text, options)
  if not known then return got and "given up" or "refused", expected end
  if not got then return "error", why end
  local lines = M.difference(expected, got)
  if lines ~= "" then return "rows", lines end
  return nil
end

--- The smallest program found that shows the same kind of difference, an
-- error with the same code.
function M.shrink(p, kind, random, options)
  local function class(text)
    local found, why = M.compare(text, options)
    return found, found == "error" and tostring(why):match "^%u%d+"
  end
  local again, _, code = true, class(random.text(p))
  while again do
    again = false
    for _, smaller in ipairs(random.smaller(p)) do
      local ok, found, found_code = pcall(class, random.text(smaller))
      if ok and found == kind and found_code == code then
        p, again = smaller, true
        break
      end
    end
  end
  return p
end

return M
