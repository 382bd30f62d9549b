-- Changes to what is known, as text: `+ STATEMENT.`, `- STATEMENT.`,
-- `- claim ID.` A plan says which statements go and which come; a scenario
-- tries it, a knowledge base commits it.
--
-- What is taken back must be there: every statement that says the same, be it
-- from whatever file or source, goes.

local diag = require "dragoman.diag"
local failure = require "dragoman.failure"
local grammar = require "dragoman.grammar"
local program = require "dragoman.program"
local statements = require "dragoman.statements"

local M = {}

-- ------------------------------------------------------------------- matching

local IGNORED = { kind = true, serial = true, txn = true, origin = true,
  line = true, column = true, language = true, doc = true, id = true,
  file = true }

local function same_value(a, b)
  if type(a) == "table" and getmetatable(a) == nil then
    if type(b) ~= "table" or #a ~= #b then return false end
    for i = 1, #a do if not same_value(a[i], b[i]) then return false end end
    return true
  end
  return a == b
end

local function squeeze(text)
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" ?%.?$", ""))
end

local IS_FACT = { fact = true, judgement = true }

-- Does a stored statement say what one in a change says? Every field that the
-- change gives must be the same.
local function says_the_same(pattern, st)
  if pattern.text and not pattern.relation then
    return st.kind == pattern.kind and squeeze(st.text) == squeeze(pattern.text)
  end
  if IS_FACT[pattern.kind] then
    if not IS_FACT[st.kind] then return false end
  elseif st.kind ~= pattern.kind then return false end
  for key, value in pairs(pattern) do
    if not IGNORED[key] and not same_value(value, st[key]) then
      return false
    end
  end
  return true
end

-- ------------------------------------------------------------------- planning

--- An environment for statements of a text, seen from what is known. modules,
-- list: what is known; chunk: the text; origin: where it stands; session:
-- chunks of this session's rules, which may declare what is spoken of.
function M.environment(modules, list, chunk, origin, session)
  local chunks = table.move(session or {}, 1, #(session or {}), 2,
    { { chunk = chunk } })
  local schema, _, problems = program.schema(modules, list, chunks)
  local index = statements.claim_index()
  for _, st in ipairs(list) do
    if st.kind == "claim" then statements.index_claim(index, st.id) end
  end
  local env = statements.prepare(chunk, { schema = schema, claims = index,
    origin = origin or "entered", undated_claims = true })
  table.move(problems, 1, #problems, #env.list + 1, env.list)
  return env
end

local function missing(chunk, change, what)
  return diag.new("E224", chunk, change.pos, change.stop,
    "there is no such " .. what .. " to take back")
end

-- The statements that a change takes back, appended to plan.retract.
local function take_back(plan, list, env, change, chunk)
  local found, what = 0, "claim"
  local function drop(st)
    if not plan.gone[st.serial] then
      plan.gone[st.serial] = true
      plan.retract[#plan.retract + 1] = st.serial
    end
    found = found + 1
  end
  if change.claim then
    local id, code = statements.resolve_claim(env.claims, change.claim)
    if code == "E218" then what = "single claim: name its source" end
    for _, st in ipairs(list) do
      if st.kind == "claim" and st.id == id then drop(st) end
    end
  else
    local pattern = statements.make_one(env, change.statement)
    what = pattern.kind
    for _, st in ipairs(list) do
      if says_the_same(pattern, st) then drop(st) end
    end
  end
  if found == 0 then env.list[#env.list + 1] = missing(chunk, change, what) end
end

local function without(list, gone)
  local rest = {}
  for _, st in ipairs(list) do
    if not gone[st.serial] then rest[#rest + 1] = st end
  end
  return rest
end

--- What a text of changes comes to, given the statements known: {retract =
-- {serials}, add = {statements}}, or nil, message, code, diagnostics.
function M.plan(modules, list, text, name)
  local changes, mistakes = grammar.parse_change(text, name or "change")
  if failure.has_errors(mistakes) then return failure.check(mistakes) end
  local plan = { retract = {}, add = {}, gone = {} }
  local old = { tag = "chunk", name = name or "change", text = text }
  local new = { tag = "chunk", name = old.name, text = text }
  for _, change in ipairs(changes) do
    local into = change.sign == "-" and old or new
    into[#into + 1] = change.statement
  end
  -- What is taken back is read against what there is.
  local env = M.environment(modules, list, { tag = "chunk", name = old.name,
    text = text })
  for _, node in ipairs(old) do env.ids[node] = node.id or "?" end
  for _, change in ipairs(changes) do
    if change.sign == "-" then take_back(plan, list, env, change, old) end
  end
  if failure.has_errors(env.list) then return failure.check(env.list) end
  env = M.environment(modules, without(list, plan.gone), new)
  plan.add, mistakes = statements.make(env)
  if failure.has_errors(mistakes) then return failure.check(mistakes) end
  return plan
end

return M
