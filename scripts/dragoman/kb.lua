-- Knowledge bases: a folder of files, a store, one file, or memory.
--
-- A knowledge base has a core handle, the rule modules in use, and rules that
-- were added for this session. Whatever is asked of it is asked of its default
-- view, which is made when needed and dropped at every change.

local changes = require "dragoman.changes"
local checker = require "dragoman.checker"
local diag = require "dragoman.diag"
local dump = require "dragoman.dump"
local failure = require "dragoman.failure"
local grammar = require "dragoman.grammar"
local modules = require "dragoman.module"
local program = require "dragoman.program"
local statements = require "dragoman.statements"
local syntax = require "dragoman.syntax"
local values = require "dragoman.values"
local views = require "dragoman.view"

local M = {}

local KB = { __name = "dragoman.kb" }
M.KB = KB

-- Rules that never stop making values are stopped here, unless kb.limits says
-- otherwise (facts, rounds, bytes, seconds; threads and trace, too).
local LIMITS = { facts = 200 * 1000 * 1000, rounds = 10 * 1000 * 1000 }

local function alive(self)
  if not rawget(self, "core") then error("the knowledge base is closed", 3) end
end

-- kb.at and kb.known_by are those of the default view.
function KB.__index(self, key)
  if key == "at" or key == "known_by" then
    local view, message = KB.default(self)
    if not view then error(message, 2) end
    return view[key]
  end
  return KB[key]
end

--- Wrap a core handle. options: modules (in order), kind, path, texts.
function M.new(core, options)
  local self = { core = core, modules = options.modules or {},
    chunks = {}, views = setmetatable({}, { __mode = "k" }),
    rules_version = 0, limits = {},
    kind = options.kind or "memory", path = options.path,
    texts = options.texts or {}, author = options.author
      or os.getenv "USER" or "unknown" }
  return setmetatable(self, KB)
end

--- What an evaluation may use.
function KB:budget()
  local budget = {}
  for name, limit in pairs(LIMITS) do budget[name] = limit end
  for name, limit in pairs(self.limits) do budget[name] = limit end
  return budget
end

-- -------------------------------------------------------------------- rules

--- Use a rule module, by name or the module itself, and those it builds on.
function KB:use(...)
  alive(self)
  local wanted = table.move(self.modules, 1, #self.modules, 1, {})
  for _, name in ipairs { ... } do wanted[#wanted + 1] = name end
  local list, message, code = modules.closure(wanted)
  if not list then return nil, message, code end
  self.modules = list
  self.rules_version = self.rules_version + 1
  return self
end

--- Add rules and declarations for this session. A text with mistakes is
-- refused, and so is every question until it is mended by opening anew.
function KB:rules(text)
  alive(self)
  assert(type(text) == "string", "rules: a text")
  local info = debug.getinfo(2, "Sl")
  -- A long string of several lines begins on the line after the call.
  local above = (info.currentline or 1) - (text:find "\n" and 0 or 1)
  local padded = ("\n"):rep(math.max(0, above)) .. text
  local chunk, list = grammar.parse(padded, info.short_src or "rules")
  if failure.has_errors(list) then
    self.broken, self.rules_version = list, self.rules_version + 1
    return failure.check(list)
  end
  self.chunks[#self.chunks + 1] = { chunk = chunk }
  self.rules_version = self.rules_version + 1
  return self
end

-- --------------------------------------------------------------- statements

--- All current statements; filter = {kind=, …} keeps those with these fields.
function KB:all(filter)
  alive(self)
  local list = {}
  for i = 1, self.core:count() do
    local st, fits = self.core:statement(i), true
    for key, value in pairs(filter or {}) do fits = fits and st[key] == value end
    if fits then list[#list + 1] = st end
  end
  return list
end

--- Everything stated, as text.
function KB:dump() return dump.text(self:all()) end

-- ----------------------------------------------------------------- the views

local VIEW_OPTIONS = { at = true, known_by = true, sources = true,
  speakers = true }

local function day(value, name)
  if value == nil then return nil end
  local date, problem = values.date(value)
  if not date then error(name .. ": " .. problem, 3) end
  return date
end

-- The first of `names` that nobody bears, as a message; nil when all are known.
local function unheard_of(names, known, what)
  if names == nil then return nil end
  if type(names) ~= "table" then
    error(what .. "s is an array of names", 4)
  end
  for _, name in ipairs(names) do
    if not known[name] then
      local hint = diag.suggestion(name, syntax.sorted_keys(known))
      return ("no %s is called %s%s"):format(what, name,
        hint and "; " .. hint or "")
    end
  end
end

-- Is everybody that a view is to listen to there?
local function check_listening(self, options)
  if not (options.sources or options.speakers) then return nil end
  local sources, speakers = {}, {}
  for _, st in ipairs(self:all()) do
    if st.kind == "source" then sources[st.id] = true end
    if st.kind == "claim" then
      speakers[st.speaker] = true
      if st.body then speakers[st.body] = true end
    end
  end
  return unheard_of(options.sources, sources, "source")
    or unheard_of(options.speakers, speakers, "speaker")
end

--- A view: at, known_by (dates, or texts), sources, speakers (arrays: listen
-- to these only).
function KB:view(options)
  alive(self)
  options = options or {}
  for key in pairs(options) do
    if key == "as_of" then
      return nil, "as_of comes with history: not in this version",
        "unsupported"
    elseif not VIEW_OPTIONS[key] then
      error("view has no option '" .. tostring(key) .. "'", 2)
    end
  end
  local chosen = { at = day(options.at, "at"),
    known_by = day(options.known_by, "known_by"),
    sources = options.sources, speakers = options.speakers }
  if chosen.known_by and not chosen.at then chosen.at = chosen.known_by end
  local nobody = check_listening(self, chosen)
  if nobody then return nil, nobody, "not_found" end
  local core, message, code = self.core:view(chosen)
  if not core then return nil, message, code end
  return views.new(self, core, chosen)
end

--- The default view.
function KB:default()
  alive(self)
  if not self.current then
    local view, message, code = self:view()
    if not view then return nil, message, code end
    self.current = view
  end
  return self.current
end

function KB:drop_default()
  if self.current then
    self.current:close()
    self.current = nil
  end
end

-- Methods of views that a knowledge base passes on to its default view.
for _, name in ipairs { "query", "answers", "why", "suppose", "claims",
  "sources", "statements", "claim", "source" } do
  KB[name] = function(self, ...)
    local view, message, code, list = self:default()
    if not view then return nil, message, code, list end
    return view[name](view, ...)
  end
end

-- ------------------------------------------------------------- transactions

-- The keys that a commit checks: of every declared relation that has one.
local function set_keys(tx, schema)
  for _, name in ipairs(schema.order) do
    local entry = schema.relations[name]
    if entry.key and #entry.key > 0 and not entry.builtin then
      tx:key(name, entry.key)
    end
  end
end

local function fill(tx, plan)
  for _, serial in ipairs(plan.retract or {}) do
    local ok, message, code = tx:retract(serial)
    if not ok then return nil, message, code end
  end
  for _, st in ipairs(plan.add or {}) do
    local serial, message, code = tx:add(st)
    if not serial then return nil, message, code end
    local import = plan.imports and plan.imports[st]
    if import then
      local rows, problem, kind = tx:import(serial, import.file,
        import.options)
      if not rows then
        plan.failed = st
        return nil, problem, kind
      end
      plan.rows = (plan.rows or 0) + rows
    end
  end
  if plan.schema then set_keys(tx, plan.schema) end
  for key, text in pairs(plan.notes or {}) do
    local ok, message, code = tx:note(key, text)
    if not ok then return nil, message, code end
  end
  return true
end

--- Commit a plan {add = {statements}, retract = {serials}, imports = {[st] =
-- {file=, options=}}, notes=, schema=, author=, message=}: the number of the
-- transaction, or nil, message, code; then nothing has changed.
function KB:commit(plan)
  alive(self)
  local follows = self.current and self.current:can_follow(plan)
  if not follows then self:drop_default() end
  local tx, message, code = self.core:begin(plan.author or self.author,
    plan.message or "")
  if not tx then return nil, message, code end
  local ok, problem, kind = fill(tx, plan)
  if not ok then
    tx:abort()
    return nil, problem, kind
  end
  local number
  number, message, code = tx:commit()
  if number and follows and not self.current:refresh() then
    self:drop_default()
  end
  return number, message, code
end

--- The schema of everything stated, with further chunks.
function KB:schema(more)
  return program.schema(self.modules, self:all(), more)
end

-- Nodes for values from Lua, as the parser would make them.
local TAGS = { symbol = "string", int = "int", float = "float" }

local function value_node(value, where)
  local kind = values.type(value)
  if not kind then error(where .. ": no value of the language", 4) end
  return { tag = TAGS[kind] or "constant", value = value, pos = 1, stop = 1 }
end

local FACT_OPTIONS = { judged_by = true, because = true, source = true,
  on = true, from = true, to = true, made = true, basis = true }

local function date_node(value, name)
  if value == nil then return nil end
  local date = day(value, name)
  return { tag = "date", text = date.text, earliest = date.earliest,
    latest = date.latest, pos = 1, stop = 1 }
end

-- The fact that assert("position", {…}, options) means, as a tree.
local function fact_node(relation, args, options)
  if type(relation) ~= "string" or type(args) ~= "table" then
    error("assert: the name of a relation and an array of values", 4)
  end
  options = options or {}
  for key in pairs(options) do
    if not FACT_OPTIONS[key] then
      error("assert has no option '" .. tostring(key) .. "'", 4)
    end
  end
  local sign, name = relation:match "^(%-?)(.*)$"
  local atom = { tag = "atom", name = name, negative = sign == "-",
    args = {}, pos = 1, stop = 1 }
  for i, value in ipairs(args) do
    atom.args[i] = value_node(value, "argument " .. i)
  end
  local during
  if options.from or options.to then
    during = { from = date_node(options.from or values.date(values.DAY_MIN),
      "from"), to = date_node(options.to or values.date(values.DAY_MAX),
      "to") }
  end
  return { tag = "fact", atom = atom, judged_by = options.judged_by,
    because = options.because, source = options.source,
    on = date_node(options.on, "on"), during = during,
    made = date_node(options.made, "made"), basis = options.basis,
    pos = 1, stop = 1 }
end

local Transaction = { __name = "dragoman.transaction" }
Transaction.__index = Transaction

--- Assert a fact in the transaction.
function Transaction:assert(relation, args, options)
  self.chunk[#self.chunk + 1] = fact_node(relation, args, options)
end

--- Make changes given as text.
function Transaction:change(text) table.insert(self.changes, text) end

--- Take back the statement with that serial.
function Transaction:retract(serial) table.insert(self.serials, serial) end

local function plan_of(self, work)
  local list = self:all()
  local env = changes.environment(self.modules, list, work.chunk, nil,
    self.chunks)
  local add, mistakes = statements.make(env)
  if failure.has_errors(mistakes) then return failure.check(mistakes) end
  local plan = { add = add, retract = work.serials, schema = env.schema }
  for _, text in ipairs(work.changes) do
    local more, message, code, problems = changes.plan(self.modules, list, text)
    if not more then return nil, message, code, problems end
    table.move(more.add, 1, #more.add, #plan.add + 1, plan.add)
    table.move(more.retract, 1, #more.retract, #plan.retract + 1,
      plan.retract)
  end
  return plan
end

--- Many changes in one: f gets a transaction to fill; an error in f leaves
-- everything as it was and is raised again.
function KB:transaction(message, f, options)
  alive(self)
  local work = setmetatable({ changes = {}, serials = {}, chunk = {
    tag = "chunk", name = "assert", text = "" } }, Transaction)
  f(work)
  local plan, problem, code, list = plan_of(self, work)
  if not plan then return nil, problem, code, list end
  plan.message, plan.author = message, options and options.author
  return self:commit(plan)
end

--- Assert one fact: kb:assert("position", {"taliban", "talks", 10, 0.9},
-- {judged_by = "me"}).
function KB:assert(relation, args, options)
  local node = fact_node(relation, args, options)
  return self:transaction("assert " .. relation, function(tx)
    tx.chunk[1] = node
  end)
end

local function plural(n, word)
  return n .. " " .. word .. (n == 1 and "" or "s")
end

--- Commit changes given as text ("+ …. - ….", statements without sign are
-- added): a line that says what was done.
function KB:change(text, options)
  alive(self)
  local known = self:all()
  local plan, message, code, list = changes.plan(self.modules, known, text)
  if not plan then return nil, message, code, list end
  local ok, wrong, what, mistakes = checker.plan(self.modules, known, plan)
  if not ok then return nil, wrong, what, mistakes end
  plan.schema = self:schema()
  plan.message = options and options.message or "entered"
  local number, problem, kind = self:commit(plan)
  if not number then return nil, problem, kind end
  local parts = {}
  if #plan.add > 0 then
    parts[1] = plural(#plan.add, "statement") .. " added"
  end
  if #plan.retract > 0 then
    parts[#parts + 1] = plural(#plan.retract, "statement") .. " taken back"
  end
  return #parts > 0 and table.concat(parts, ", ") or "nothing changed"
end

function KB:load(path, options)
  alive(self)
  return require "dragoman.loaders".load(self, path, options)
end

-- ------------------------------------------------------------------- closing

function KB:close()
  if not rawget(self, "core") then return true end
  self:drop_default()
  for view in pairs(self.views) do view:close() end
  local core = self.core
  self.core = nil
  return core:close()
end

KB.__close = function(self) KB.close(self) end

function KB:__tostring()
  if not rawget(self, "core") then return "closed knowledge base" end
  return "knowledge base " .. (self.path or "in memory")
end

return M
