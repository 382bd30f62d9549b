-- Checking rules in the core, with messages for people.

local core = require "dragoman.core"
local diag = require "dragoman.diag"
local failure = require "dragoman.failure"
local messages = require "dragoman.messages"
local program = require "dragoman.program"

local M = {}

--- Make the program of a build (see program.lua) in a view of the core: the
-- program, its table, warnings; or nil, message, code, diagnostics.
function M.program(view, build)
  local found, list = build.low:program(), {}
  local made, problems, code = view:program(found)
  if made == nil and type(problems) == "string" then
    return nil, problems, code
  end
  for _, d in ipairs(made and made:diagnostics() or problems) do
    local rule = d.rule and found.rules[d.rule]
    list[#list + 1] = messages.from_core(d, build.low.chunks,
      rule and build.low.users[rule.user].chunk)
  end
  if not made then return failure.check(list) end
  return made, found, list
end

--- All mistakes of a build: those found before, and those that the core finds
-- in the rules that could be lowered. Returns what failing functions do.
function M.mistakes(view, build)
  local list = table.move(build.diagnostics, 1, #build.diagnostics, 1, {})
  if build.low then
    local made, _, _, more = M.program(view, build)
    if made then made:close() end
    table.move(more or {}, 1, #(more or {}), #list + 1, list)
  end
  return failure.check(list)
end

--- Mistakes in the rules of chunks {chunk=, scope=} beside statements: those
-- that are in `known` already, by place and code, are left out.
function M.rules(modules, list, chunks, known)
  local more, seen, new = {}, {}, {}
  for i, c in ipairs(chunks) do
    more[i] = { chunk = c.chunk, scope = c.scope, facts = false }
  end
  local function key(d) return d.code .. (d.file or "") .. ":" .. (d.pos or 0) end
  for _, d in ipairs(known) do
    if d.code == "E227" then return new end -- too wide for the core
    seen[key(d)] = true
  end
  local build = program.build { modules = modules, statements = list,
    chunks = more }
  local scratch <close> = assert(core.open())
  local view <close> = assert(scratch:view())
  local _, _, _, found = M.mistakes(view, build)
  for _, d in ipairs(found) do
    if not seen[key(d)] and not d.code:match "^E50[1-4]$" then
      new[#new + 1], seen[key(d)] = d, true
    end
  end
  return new
end

-- What is kept for a later version may be stored; using it is an error.
local function is_for_later(d) return d.code:match "^E50[1-4]$" ~= nil end

local function without_later(list)
  local rest = {}
  for _, d in ipairs(list or {}) do
    if not is_for_later(d) then rest[#rest + 1] = d end
  end
  return rest
end

--- Would rules and declarations among statements be accepted? true, or nil,
-- message, code, diagnostics.
function M.statements(modules, list)
  local build = program.build { modules = modules, statements = list }
  local scratch <close> = assert(core.open())
  local view <close> = assert(scratch:view())
  build.diagnostics = without_later(build.diagnostics)
  if failure.has_errors(build.diagnostics) then
    return M.mistakes(view, build)
  end
  local made, message, code, problems = M.program(view, build)
  if not made then return nil, message, code, problems end
  return true
end

--- What an evaluation that was stopped gives: its message at the rule that was
-- at work, where the message names it. chunks: file name -> chunk.
function M.stopped(message, code, chunks)
  local d = messages.stopped(message, code, chunks)
  if not d then return nil, message, code end
  return nil, diag.format(d), code, { d }
end

local RULES = { rule = true, declaration = true, import = true }

--- The same for a plan that adds statements to those known; only when it adds
-- rules or declarations.
function M.plan(modules, known, plan)
  local gone, needed = {}, false
  for _, serial in ipairs(plan.retract or {}) do gone[serial] = true end
  for _, st in ipairs(plan.add) do needed = needed or RULES[st.kind] end
  if not needed then return true end
  local list = {}
  for _, st in ipairs(known) do
    if not gone[st.serial] then list[#list + 1] = st end
  end
  table.move(plan.add, 1, #plan.add, #list + 1, list)
  return M.statements(modules, list)
end

return M
