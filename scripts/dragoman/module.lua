-- Rule modules: rules as text beside the Lua that they need.
--
--     local m = require "dragoman".module "pressures"
--     m:doc   "Who leans on whom, over what, and how hard."
--     m:uses  "positions"
--     m:fn("decay", function(days) return math.exp(-days / 90) end, "float")
--     m:rules [[ pressure(A, B, I, C * S * decay(Days)) if ... ]]
--     return m
--
-- A module is found as the Lua module rules.NAME. Its texts are parsed once,
-- as one chunk whose lines are those of the Lua file, so that a message names
-- the place in that file.

local grammar = require "dragoman.grammar"

local M = {}

local Module = {}
Module.__index = Module
Module.__name = "dragoman.module"

--- A new module.
function M.new(name)
  assert(type(name) == "string" and name:match "^%l[%w_]*$",
    "a rule module is named like a relation")
  return setmetatable({ name = name, used = {}, texts = {}, functions = {},
    documentation = "" }, Module)
end

function M.is_module(value) return getmetatable(value) == Module end

--- Say what the module is about.
function Module:doc(text)
  self.documentation = text
  return self
end

--- Name modules that this one builds on.
function Module:uses(...)
  for _, name in ipairs { ... } do
    assert(type(name) == "string" or M.is_module(name), "uses: a module")
    self.used[#self.used + 1] = name
  end
  return self
end

local RESULTS = { symbol = true, int = true, float = true, date = true,
  interval = true, term = true }

local function check_result(result)
  assert(result == nil or RESULTS[result],
    "a result type is symbol, int, float, date, interval or term")
  return result
end

--- Register a pure function for expressions. result: the type of its values
-- (symbol, int, float, date, interval, term); without it the place where the
-- function is first used tells, else it is float. A result nil means that the
-- function has no value there.
function Module:fn(name, f, result)
  assert(type(name) == "string" and type(f) == "function",
    "fn: a name and a function")
  self.functions[#self.functions + 1] = { name = name, call = f,
    result = check_result(result) }
  return self
end

--- Register an aggregate: f gets the values of a group, sorted, as an array.
function Module:aggregate(name, f, result)
  assert(type(name) == "string" and type(f) == "function",
    "aggregate: a name and a function")
  self.functions[#self.functions + 1] = { name = name, fold = f,
    aggregate = true, result = check_result(result) or "float" }
  return self
end

local function source_name(info)
  local path = info.short_src
  return path:match "([%w_%-]+/[%w_%-]+%.lua)$" or path
end

--- Add declarations and rules.
function Module:rules(text)
  assert(type(text) == "string", "rules: a text")
  local info = debug.getinfo(2, "Sl")
  self.texts[#self.texts + 1] = { text = text, line = info.currentline or 0 }
  self.file = self.file or source_name(info)
  self.parsed = nil
  return self
end

-- A long string that starts with a line end stands on the lines after the
-- call's; the line end itself is not in the string.
local function assemble(texts)
  local parts, line = {}, 1
  for _, item in ipairs(texts) do
    local first = item.line + (item.text:find "\n" and 1 or 0)
    if first > line then
      parts[#parts + 1] = ("\n"):rep(first - line)
      line = first
    end
    parts[#parts + 1] = item.text .. "\n"
    line = line + select(2, item.text:gsub("\n", "")) + 1
  end
  return table.concat(parts)
end

--- The module's rules as a chunk, and diagnostics.
function Module:chunk()
  if not self.parsed then
    local chunk, list = grammar.parse(assemble(self.texts),
      self.file or self.name)
    self.parsed = { chunk, list }
  end
  return self.parsed[1], self.parsed[2]
end

--- Find a module by name (or take one): the module, or nil, message, code.
function M.find(name)
  if M.is_module(name) then return name end
  local full = "rules." .. name
  local loader, where = nil, nil
  for _, search in ipairs(package.searchers) do
    loader, where = search(full)
    if type(loader) == "function" then break end
  end
  if type(loader) ~= "function" and not package.loaded[full] then
    return nil, "there is no rule module " .. name .. " (rules/" .. name
      .. ".lua)", "not_found"
  end
  local ok, module = pcall(require, full)
  if not ok then return nil, module, "invalid" end
  if not M.is_module(module) then
    return nil, "rules/" .. name .. ".lua returns no rule module (from "
      .. tostring(where) .. ")", "invalid"
  end
  return module
end

--- The modules named and all they build on, in an order in which each comes
-- after what it uses; or nil, message, code.
function M.closure(names)
  local list, state = {}, {}
  local function visit(name)
    local module, message, code = M.find(name)
    if not module then return nil, message, code end
    if state[module.name] then return true end
    state[module.name] = true
    for _, used in ipairs(module.used) do
      local ok, problem, kind = visit(used)
      if not ok then return nil, problem, kind end
    end
    list[#list + 1] = module
    return true
  end
  for _, name in ipairs(names) do
    local ok, message, code = visit(name)
    if not ok then return nil, message, code end
  end
  return list
end

return M
