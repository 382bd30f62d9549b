-- The prompt: Lua with a knowledge base open as `kb`, and the language of the
-- knowledge base beside it.
--
-- A text is tried as Lua first, then as statements of the language, which end
-- with a full stop that Lua never accepts; as long as it is the beginning of
-- either, more lines are read. `?` asks, `??` asks why, `+` and `-` change,
-- `.word` is a command. No error ends the session; Ctrl-C drops the line, or
-- stops what is running.

local core = require "dragoman.core"
local diag = require "dragoman.diag"
local dump = require "dragoman.dump"
local grammar = require "dragoman.grammar"
local values = require "dragoman.values"

local M = {}

local Session = {}
Session.__index = Session

local HELP = [[
Lua runs as it is typed; the knowledge base is `kb`. Besides:
  ? GOAL             ask: ? outcome(P, O)
  ?? GOAL            ask why, down to who said what
  STATEMENT.         put in a fact, claim, declaration or rule
  + STATEMENT.       the same        - STATEMENT.  - claim ID.   take back
  .at DATE           read at this date        .known_by DATE   know until then
  .why GOAL          as ??
  .rules .claims .sources .questions .facts [RELATION]   what there is
  .schema [NAME]     declarations
  .use MODULE        use a rule module
  .load FILE         put in knowledge text, CSV or TSV
  .dump              everything as text
  .log               the transactions
  .view              dates and counts of the view
  .quit              leave (or Ctrl-D)]]

-- ------------------------------------------------------------------- output

function Session:say(text)
  self.err:write(text, "\n")
end

function Session:print(text)
  self.out:write(text)
  if text:sub(-1) ~= "\n" then self.out:write "\n" end
end

-- What a failing call gave back: message, code, diagnostics.
function Session:report(message, _, list)
  if list and #list > 0 then return self:say(diag.format_all(list)) end
  self:say(tostring(message or "it failed"))
end

-- ---------------------------------------------------------------- the view

function Session:drop_view()
  if self.kept then self.kept:close() end
  self.kept = nil
end

--- The view that questions are asked in: nil, message when there is none.
function Session:view()
  if not self.kept then
    local view, message, code, list = self.kb:view { at = self.at,
      known_by = self.known_by }
    if not view then return nil, message, code, list end
    self.kept = view
  end
  return self.kept
end

function Session:ask(goal)
  local view, message, code, list = self:view()
  if not view then return self:report(message, code, list) end
  local answers, problem, more, found = view:answers(goal)
  if not answers then return self:report(problem, more, found) end
  if #answers.vars == 0 then
    local truth = answers[1] and answers[1].truth
    self:print(truth == "true" and "yes" or truth or "no")
  elseif #answers == 0 then
    self:print "no answer"
  else
    self:print(table.concat(require "dragoman.cli".answer_lines(answers),
      "\n"))
  end
end

function Session:why(goal)
  local view, message, code, list = self:view()
  if not view then return self:report(message, code, list) end
  local found, problem, more, mistakes = view:why(goal)
  if not found then return self:report(problem, more, mistakes) end
  self:print(tostring(found))
end

-- ------------------------------------------------------------------ changes

-- Text of statements, or of signed changes, committed at once.
function Session:change(text)
  self:drop_view()
  local report, message, code, list = self.kb:change(text)
  if not report then return self:report(message, code, list) end
  if type(report) == "string" then self:print(report) end
end

-- ----------------------------------------------------------------- commands

local function trim(text) return text:match "^%s*(.-)%s*$" end

function Session:set_date(key, text)
  if text == "" then
    self:print(self[key] and tostring(self[key]) or "not set")
    return
  end
  local date, problem
  if text ~= "none" then
    date, problem = values.date(text)
    if not date then return self:say(text .. ": " .. problem) end
  end
  self[key] = date
  self:drop_view()
end

function Session:statements(kind, wanted)
  local view, message, code, list = self:view()
  if not view then return self:report(message, code, list) end
  local lines = {}
  local inner = view.core
  for i = 1, inner:count() do
    local st, hidden = inner:statement(i)
    if not hidden and st.kind == kind and (not wanted or wanted(st)) then
      lines[#lines + 1] = dump.statement(st)
    end
  end
  self:print(#lines > 0 and table.concat(lines, "\n") or "none")
end

local commands = {}

function commands.help(self) self:print(HELP) end

function commands.quit(self) self.done = true end
commands.exit = commands.quit

function commands.at(self, text) self:set_date("at", text) end
function commands.known_by(self, text) self:set_date("known_by", text) end
function commands.why(self, text) self:why(text) end

function commands.claims(self) self:statements "claim" end
function commands.sources(self) self:statements "source" end
function commands.questions(self) self:statements "question" end
function commands.rules(self) self:statements "rule" end

function commands.facts(self, text)
  local wanted = text ~= "" and function(st) return st.relation == text end
  self:statements("fact", wanted or nil)
  if not wanted then self:statements "judgement" end
end

function commands.schema(self, text)
  self:statements("declaration", text ~= "" and function(st)
    return st.text:match("%f[%w_]" .. text:gsub("%p", "%%%0") .. "%f[^%w_]")
  end or nil)
end

function commands.use(self, text)
  self:drop_view()
  local ok, message, code = self.kb:use(text)
  if ok == nil and message then self:report(message, code) end
end

function commands.load(self, text)
  self:drop_view()
  local count, what, code, list = self.kb:load(text)
  if not count then return self:report(what, code, list) end
  self:print(count .. " " .. what .. (count == 1 and "" or "s"))
end

function commands.dump(self) self:print(self.kb:dump()) end

function commands.log(self)
  local entries, message = self.kb.core:log()
  if not entries then return self:report(message) end
  for _, e in ipairs(entries) do
    self:print(string.format("%d  %s  %s  +%d -%d  %s", e.number,
      os.date("!%Y-%m-%d %H:%M:%S", e.microseconds // 1000000), e.author,
      e.added, e.retracted, e.message))
  end
end

function commands.view(self)
  local view, message, code, list = self:view()
  if not view then return self:report(message, code, list) end
  local inner, counts, hidden = view.core, {}, 0
  for i = 1, inner:count() do
    local st, reason = inner:statement(i)
    if reason then hidden = hidden + 1
    else counts[st.kind] = (counts[st.kind] or 0) + 1 end
  end
  self:print("read at " .. tostring(inner:at()) .. ", known until "
    .. tostring(inner:known_by()))
  for _, kind in ipairs { "source", "claim", "fact", "judgement", "question",
    "rule", "declaration", "import" } do
    if counts[kind] then self:print(string.format("%6d  %s", counts[kind],
      kind)) end
  end
  if hidden > 0 then self:print(string.format("%6d  hidden", hidden)) end
end

function Session:command(line)
  local name, rest = line:match "^%.([%a_]+)%s*(.*)$"
  local command = name and commands[name]
  if command then return command(self, trim(rest)) end
  local near = name and diag.near(name, commands)
  self:say("there is no command " .. line:match "^%S+"
    .. (near and "; did you mean ." .. near .. "?" or "; see .help"))
end

-- ---------------------------------------------------------------------- Lua

local MOST_ITEMS = 50

local function show(value, depth)
  if values.type(value) and type(value) ~= "string" then
    return values.show(value)
  end
  local meta = type(value) == "table" and getmetatable(value)
  if type(value) ~= "table" or meta and meta.__tostring or depth > 3 then
    return type(value) == "string" and depth > 0 and values.quote(value)
      or tostring(value)
  end
  local parts, count = {}, 0
  for i, item in ipairs(value) do
    if i > MOST_ITEMS then break end
    parts[i] = show(item, depth + 1)
  end
  local keys = {}
  for key in pairs(value) do
    count = count + 1
    if math.type(key) ~= "integer" then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for i, key in ipairs(keys) do
    if i > MOST_ITEMS then break end
    parts[#parts + 1] = tostring(key) .. " = " .. show(value[key], depth + 1)
  end
  if count > #parts then parts[#parts + 1] = "…" end
  return "{" .. table.concat(parts, ", ") .. "}"
end

function Session:run_lua(chunk)
  local results = table.pack(chunk())
  if results.n == 0 then return end
  local parts = {}
  for i = 1, results.n do parts[i] = show(results[i], 0) end
  self:print(table.concat(parts, "\t"))
end

local function ends_too_early(message)
  return message ~= nil and message:sub(-5) == "<eof>"
end

-- As an expression, else as statements: a function, or nil, what is wrong, and
-- whether it is only that the end is missing.
local function compile(text, env)
  local chunk, as_value = load("return " .. text, "=prompt", "t", env)
  if chunk then return chunk end
  local other, problem = load(text, "=prompt", "t", env)
  return other, problem, ends_too_early(as_value) or ends_too_early(problem)
end

-- ----------------------------------------------------------------- one text

local function looks_like_statement(text)
  return text:match "%.%s*$" ~= nil or text:match "%sif%s" ~= nil
    and not text:match "%sthen%s"
end

-- What to do with a text: a function, or nil and whether more may follow, and
-- what is wrong if not.
function Session:interpret(text)
  local chunk, problem, lua_more = compile(text, self.env)
  if chunk then return function() self:run_lua(chunk) end end
  local node, list = grammar.parse(text, "prompt")
  if #list == 0 and #node > 0 then
    return function() self:change(text) end
  end
  local more = lua_more and not looks_like_statement(text)
    or grammar.incomplete(list)
  if looks_like_statement(text) then
    return nil, more, function() self:say(diag.format_all(list)) end
  end
  return nil, more, function() self:say(problem) end
end

function Session:interpret_change(text)
  local _, list = grammar.parse_change(text, "prompt")
  if #list == 0 then return function() self:change(text) end end
  return nil, grammar.incomplete(list),
    function() self:say(diag.format_all(list)) end
end

function Session:interpret_goal(text)
  local why, goal = text:match "^%s*%?(%??)%s*(.-)%s*$"
  goal = goal:gsub("%.$", "")
  local _, list = grammar.parse_formula(goal, "goal")
  if #list > 0 and grammar.incomplete(list) then
    return nil, true, function() self:say(diag.format_all(list)) end
  end
  return function() self[why == "?" and "why" or "ask"](self, goal) end
end

function Session:meaning(text)
  local first = text:match "^%s*(%S?)"
  if first == "." and text:match "^%s*%.[%a_]" then
    return function() self:command(trim(text)) end
  elseif first == "?" then
    return self:interpret_goal(text)
  elseif text:match "^%s*[+-]%s" then
    return self:interpret_change(text)
  end
  return self:interpret(text)
end

local function handler(message)
  if type(message) ~= "string" then return message end
  if message:match "^prompt:%d+: " then return message end
  return message:match "^[^\n]-%.lua:%d+: " and debug.traceback(message, 2)
    or message
end

--- Do one text; errors are reported, never raised.
function Session:perform(action)
  local ok, message = xpcall(action, handler)
  debug.sethook()
  core.uncancel()
  if ok then return end
  if type(message) == "table" then return self:report(message) end
  message = tostring(message)
  self:say(message:match "interrupted" and "interrupted" or message)
end

-- Read the lines of one text: nil at the end of the input.
function Session:read_text()
  local text, action, more, complain
  repeat
    local line = self.read(text and self.prompt2 or self.prompt1)
    if line == false then return "" end
    if line == nil then
      if not text then return nil end
      return text, complain or action
    end
    if text and line:match "^%s*$" and not self.lua_open then
      return text, complain
    end
    text = text and text .. "\n" .. line or line
    if not text:match "%S" then return "" end
    action, more, complain = self:meaning(text)
    self.lua_open = not action and more and not looks_like_statement(text)
  until action or not more
  return text, action or complain
end

function Session:loop()
  while not self.done do
    local ok, text, action = pcall(self.read_text, self)
    if not ok then
      debug.sethook()
      core.uncancel()
      self:say(tostring(text):match "interrupted" and "" or tostring(text))
    elseif text == nil then
      break
    elseif action then
      self:perform(action)
    end
    self.out:flush()
  end
end

-- ------------------------------------------------------------------ starting

local function history_file()
  local state = os.getenv "XDG_STATE_HOME"
  if not state or state == "" then
    local home = os.getenv "HOME"
    if not home then return nil end
    core.mkdir(home .. "/.local")
    state = home .. "/.local/state"
  end
  core.mkdir(state)
  core.mkdir(state .. "/dragoman")
  return state .. "/dragoman/history"
end

-- A function that reads a line: text, nil at the end, false when dropped.
local function line_reader()
  local terminal = core.tty(0)
  if terminal then
    local ok, edit = pcall(require, "dragoman.edit")
    local editor = ok and edit.open(history_file())
    if editor then
      return function(prompt) return editor:line(prompt) end,
        function() editor:close() end
    end
  end
  return function(prompt)
    if terminal then
      io.stdout:write(prompt)
      io.stdout:flush()
    end
    return (io.stdin:read "l")
  end, function() end
end

local function new_session(kb, opts)
  local env = setmetatable({ kb = kb, dragoman = require "dragoman" },
    { __index = _G })
  local read, close = line_reader()
  return setmetatable({ kb = kb, env = env, at = opts.at,
    known_by = opts.known_by, out = io.stdout, err = io.stderr, read = read,
    close_reader = close, prompt1 = "> ", prompt2 = ">> " }, Session)
end

--- Run the prompt on the knowledge base at `path` (nil: an empty one in
-- memory); the exit status.
function M.run(path, opts)
  local dragoman = require "dragoman"
  local kb, message, code, list = dragoman.open(path)
  if not kb then
    local where = setmetatable({ err = io.stderr }, Session)
    where:report(message, code, list)
    return 1
  end
  local closing <close> = kb
  local session = new_session(closing, opts or {})
  for _, module in ipairs(opts.use or {}) do commands.use(session, module) end
  if core.tty(0) then
    session:print("Dragoman " .. core.version .. (path and ", " .. path or "")
      .. "   (.help for help, .quit to leave)")
  end
  if kb.unwritable then
    session:say("warning: " .. kb.unwritable
      .. "\n  what is entered here is not kept")
  end
  session:loop()
  session:drop_view()
  session.close_reader()
  return 0
end

return M
