-- Views and scenarios: what was known by a date, read at a date, plus changes
-- that are tried and never written.
--
-- A view makes its program when first asked, and its model when a question
-- needs all of it or so many were asked that it pays; it keeps them until the
-- rules in use change. A commit of a few plain facts brings the default view's
-- up to date. What a view shows of statements is what it sees:
-- claims, sources and statements published later are not there.

local changes = require "dragoman.changes"
local checker = require "dragoman.checker"
local dump = require "dragoman.dump"
local failure = require "dragoman.failure"
local program = require "dragoman.program"
local query = require "dragoman.query"
local values = require "dragoman.values"

local M = {}

local View = { __name = "dragoman.view" }
M.View = View

local function alive(self)
  if not rawget(self, "core") then error("the view is closed", 3) end
end

local FIELDS = {
  at = function(self)
    alive(self)
    return self.core:at()
  end,
  known_by = function(self)
    alive(self)
    return self.core:known_by()
  end,
}

function View.__index(self, key)
  local field = FIELDS[key]
  if field then return field(self) end
  return View[key]
end

--- Wrap a view of the core. kb: the knowledge base it is of.
function M.new(kb, core, options)
  local self = setmetatable({ kb = kb, core = core, options = options or {},
    goals = {}, asked = 0, spent = 0 }, View)
  kb.views[self] = true
  return self
end

--- A view of another knowledge base's rules over what this one sees; it is
-- closed with it.
function View:like(kb)
  local other = M.new(kb, self.core, self.options)
  other.seen, other.hidden = self:visible()
  return other
end

-- ---------------------------------------------------------------- statements

--- The statements that the view sees, and those it hides ({statement=,
-- hidden=}).
function View:visible()
  alive(self)
  if not self.seen then
    local seen, hidden = {}, {}
    for i = 1, self.core:count() do
      local st, why = self.core:statement(i)
      if why then hidden[#hidden + 1] = { statement = st, hidden = why }
      else seen[#seen + 1] = st end
    end
    self.seen, self.hidden = seen, hidden
  end
  return self.seen, self.hidden
end

function View:statements(filter)
  local list = {}
  for _, st in ipairs((self:visible())) do
    local fits = true
    for key, value in pairs(filter or {}) do fits = fits and st[key] == value end
    if fits then list[#list + 1] = st end
  end
  return list
end

function View:sources()
  local list = {}
  for _, st in ipairs(self:statements { kind = "source" }) do
    list[#list + 1] = { id = st.id, title = st.title,
      publisher = st.publisher, published = st.published,
      grade = st.reliability, credibility = st.credibility,
      fields = st.field, serial = st.serial, file = st.origin }
  end
  return list
end

local function source_map(self)
  local map = {}
  for _, source in ipairs(self:sources()) do map[source.id] = source end
  return map
end

--- What people want to know of a claim; `origin` is the voice it goes back
-- to, `file` where it was read.
function M.claim_record(st, sources)
  local source = st.source and sources[st.source]
  return { id = st.id, source = st.source, speaker = st.speaker,
    speaker_name = st.speaker_name, body = st.body, origin = st.origin_of,
    channel = st.via, chain = st.chain, act = st.act, content = st.content,
    atom = st.atom, sign = st.sign, hedge = st.hedge, para = st.para,
    said = st.said or source and source.published, on = st.on, by = st.by,
    from = st.from, to = st.to, ["if"] = st["if"], only_if = st.only_if,
    ["until"] = st["until"], after = st.after,
    reliability = st.reliability or source and source.grade,
    credibility = st.credibility, text = dump.statement(st),
    serial = st.serial, file = st.origin, line = st.line }
end

function View:claims()
  local list, sources = {}, source_map(self)
  for i, st in ipairs(self:statements { kind = "claim" }) do
    list[i] = M.claim_record(st, sources)
  end
  return list
end

--- The claim with that full id as the view sees it, or nil.
function View:claim(id)
  if not self.claim_map then
    self.claim_map = {}
    for _, claim in ipairs(self:claims()) do
      self.claim_map[claim.id] = claim
    end
  end
  return self.claim_map[id]
end

function View:source(id)
  if not self.sources_seen then self.sources_seen = source_map(self) end
  return self.sources_seen[id]
end

-- ---------------------------------------------------------- program and model

local function forget(self)
  if self.bare then forget(self.bare) end
  self.bare = nil
  for _, goal in pairs(self.goals) do
    goal.model:close()
    goal.program:close()
  end
  if self.model then self.model:close() end
  if self.program then self.program:close() end
  self.model, self.program, self.build, self.goals = nil, nil, nil, {}
  self.relations, self.derived, self.asked, self.spent = nil, nil, 0, 0
end

function View:make_build()
  if self.kb.broken then return { diagnostics = self.kb.broken } end
  local build = program.build { modules = self.kb.modules,
    statements = (self:visible()), chunks = self.kb.chunks,
    keep_builtin = self.kb.keep_builtin }
  self.rules_version = self.kb.rules_version
  return build
end

-- The core's program for a build; its warnings are kept in self.warnings.
function View:check(build)
  local made, found, warnings, list = checker.program(self.core, build)
  if not made then return nil, found, warnings, list end
  self.warnings = warnings
  return made, found
end

--- Make the program unless it is there: true, or nil, message, code,
-- diagnostics.
function View:prepared()
  alive(self)
  if self.build and self.rules_version ~= self.kb.rules_version then
    forget(self)
  end
  if self.program then return true end
  local build = self:make_build()
  if failure.has_errors(build.diagnostics) then
    return checker.mistakes(self.core, build)
  end
  local made, found, code, list = self:check(build)
  if not made then return nil, found, code, list end
  self.build, self.program, self.table = build, made, found
  return true
end

--- Make program and model unless they are there; as `prepared`.
function View:ready()
  local ok, problem, code, list = self:prepared()
  if not ok then return nil, problem, code, list end
  if self.model then return true end
  local model, message, kind = self.core:evaluate(self.program,
    self.kb:budget())
  if not model then
    return checker.stopped(message, kind, self.build.low.chunks)
  end
  self.model = model
  return true
end

-- Can a fact come or go without another program? Its relation must be known
-- and typed as it is now; names that a unary relation lists are the schema's.
local function is_plain(self, st, goes)
  local schema = self.build.schema
  local name, args = st.relation, st.args or {}
  local entry = st.kind == "fact" and not st.label and schema.relations[name]
  if not entry or #args ~= #entry.columns or #args == 0
    or #args == 1 and type(args[1]) == "string" then
    return false
  end
  local inferred = self.build.low.inferred[name] or {}
  for i, value in ipairs(args) do
    local given = entry.columns[i].type ~= nil
    if not given and (goes or inferred[i] ~= values.type(value)) then
      return false
    end
  end
  return true
end

-- The view itself and the one without modules (lookup.lua), those of them that
-- have a program.
local function built(self)
  local list = {}
  for _, view in ipairs { self, self.bare or nil } do
    if view.program then list[#list + 1] = view end
  end
  return list
end

local function follows(self, plan)
  if self.rules_version ~= self.kb.rules_version then return false end
  for _, st in ipairs(plan.add or {}) do
    if not is_plain(self, st, false) then return false end
  end
  for _, serial in ipairs(plan.retract or {}) do
    local st = self.core:find(serial)
    if not st or not is_plain(self, st, true) then return false end
  end
  return true
end

--- Can the view follow the commit of a plan (KB:commit) by itself? Only plain
-- facts come and go.
function View:can_follow(plan)
  local list = built(self)
  if #list == 0 or next(plan.imports or {}) then return false end
  for _, view in ipairs(list) do
    if not follows(view, plan) then return false end
  end
  return true
end

--- See what has been committed since, models brought up to date: true; nil,
-- message, code when it isn't simple, and the view is to be closed.
function View:refresh()
  alive(self)
  local ok, message, code = self.core:refresh()
  if not ok then return nil, message, code end
  for _, view in ipairs { self, self.bare or nil } do
    view.seen, view.hidden = nil, nil
    view.claim_map, view.sources_seen = nil, nil
  end
  return true
end

function View:schema() return self.build.schema end

--- Does the program have the relation?
function View:has_relation(name) return self:index(name) ~= nil end

-- Do rules derive the relation?
function View:is_derived(name)
  if not self.derived then
    self.derived = {}
    for _, rule in ipairs(self.table.rules) do
      self.derived[rule.head.rel] = true
    end
  end
  return self.derived[name] or false
end

-- Which relation of the program's table it is.
function View:index(name)
  if not self.relations then
    self.relations = {}
    for i, relation in ipairs(self.table.relations) do
      self.relations[relation.name] = i
    end
  end
  return self.relations[name]
end

-- Lower a goal on top of the program, then take it off again.
local function with_goal(self, node, chunk, scope)
  local low = self.build.low
  local marks = { rules = #low.rules, users = #low.users,
    extra = #low.extra, list = #low.list }
  local name, vars = low:goal(node, chunk, scope)
  local problems = table.move(low.list, marks.list + 1, #low.list, 1, {})
  local made, found, code, list
  if failure.has_errors(problems) then
    made, found, code, list = failure.check(problems)
  else
    made, found, code, list = self:check(self.build)
  end
  local users = table.move(low.users, 1, #low.users, 1, {})
  if found and made then
    found.rules = table.move(found.rules, 1, #found.rules, 1, {})
  end
  for field, mark in pairs(marks) do
    for i = #low[field], mark + 1, -1 do low[field][i] = nil end
  end
  if not made then return nil, found, code, list end
  return made, { relation = name, vars = vars, users = users, table = found }
end

local KEPT = 64 -- models of goals

local function keep(self, key, entry)
  local n = 0
  for _ in pairs(self.goals) do n = n + 1 end
  if n >= KEPT then
    for _, old in pairs(self.goals) do
      old.model:close()
      old.program:close()
    end
    self.goals = {}
  end
  self.goals[key] = entry
end

-- What a goal needs of a program, and the name of its relation there.
local function evaluate_less(self, made, relation, pattern)
  local limits = self.kb:budget()
  local less, name, code = made:demand(relation, pattern, limits)
  if not less then return nil, name, code end
  local began = os.clock()
  local model, message, kind = self.core:evaluate(less, limits)
  self.spent = self.spent + os.clock() - began
  if model then return model, name, less end
  less:close()
  return checker.stopped(message, kind, self.build.low.chunks)
end

--- A model that holds a goal's answers: the model and what to read of it. key
-- names the goal, if not its text; scope: whose private relations it sees.
-- whole: the model of all rules, for proofs.
function View:goal_model(node, chunk, key, scope, whole)
  key = (key or chunk.text) .. (whole and "\0whole" or "")
  local kept = self.goals[key]
  if not kept then
    local made, goal, code, list = with_goal(self, node, chunk, scope)
    if not made then return nil, goal, code, list end
    local model, name, kind, problems, message
    if whole then
      name = goal.relation
      model, message, kind = self.core:evaluate(made, self.kb:budget())
      if not model then
        name, kind, problems = select(2, checker.stopped(message, kind,
          self.build.low.chunks))
      end
    else
      model, name, kind, problems = evaluate_less(self, made, goal.relation)
    end
    if not model then
      made:close()
      return nil, name, kind, problems
    end
    local asked = { relation = name, pattern = {}, vars = {} }
    for i, var in ipairs(goal.vars) do
      asked.vars[i] = { name = var, column = i }
    end
    kept = { model = model, program = made, asked = asked, goal = goal }
    -- A goal with parameters is another one with other values.
    if not key:find("$", 1, true) then keep(self, key, kept) end
  end
  return kept.model, kept.asked, kept.goal
end

-- ------------------------------------------------------------ asking for less

local MANY = 16 -- goals, from which on the model of all may pay

-- Once as much time has gone into single goals as the model of all rules
-- takes, it is made: so both together take at most twice the better one.
local function try_all(self)
  self.asked = self.asked + 1
  if self.asked < (self.next_try or MANY) then return end
  self.next_try = 4 * self.asked
  local limits = self.kb:budget()
  limits.seconds = math.min(limits.seconds or math.huge,
    math.max(self.spent, 0.001))
  self.model = self.core:evaluate(self.program, limits)
end

--- The model to read a relation's rows in that agree with a pattern, and its
-- name there: the model of all rules if it is there, else, without bound
-- columns, made; else one that holds just what is needed. nil, message, code,
-- diagnostics. The view is prepared.
function View:model_for(relation, pattern, whole)
  local never = false
  for _, way in ipairs(self.kb.limits.force or {}) do
    never = never or way == "no_demand"
  end
  if not self.model and not whole and not never and next(pattern) then
    return self:less(relation, pattern)
  end
  local ok, problem, code, list = self:ready()
  if not ok then return nil, problem, code, list end
  return self.model, relation
end

--- The same, for any pattern, without making the model of all rules.
function View:less(relation, pattern)
  if not self.model and self:is_derived(relation) then try_all(self) end
  if self.model then return self.model, relation end
  local parts = { relation }
  for i = 1, #self.table.relations[self:index(relation)].columns do
    parts[i + 1] = pattern[i] == nil and "" or values.show(pattern[i])
  end
  local key = table.concat(parts, "\0")
  local kept = self.goals[key]
  if not kept then
    local model, name, less, list = evaluate_less(self, self.program, relation,
      pattern)
    if not model then return nil, name, less, list end
    kept = { model = model, program = less, name = name }
    keep(self, key, kept)
  end
  return kept.model, kept.name
end

--- The rows of a relation that agree with a pattern: as model:rows.
function View:rows(relation, pattern)
  local model, name, code, list = self:less(relation, pattern or {})
  if not model then return nil, name, code, list end
  return model:rows(name, pattern)
end

-- --------------------------------------------------------------------- asking

function View:query(goal, params, options)
  return query.iterate(self, goal, params, options)
end

--- All answers at once: an array of rows, each with its values by position
-- and by name, and `vars`, the names in order.
function View:answers(goal, params, options)
  local rows, vars, code, list = query.answers(self, goal, params, options)
  if not rows then return nil, vars, code, list end
  for _, row in ipairs(rows) do
    for i, name in ipairs(vars) do row[i] = row[name] end
  end
  rows.vars = vars
  return rows
end

function View:why(goal, params)
  return require "dragoman.why".explain(self, goal, params)
end

--- The rules that take part: {name=, doc=, relation=, module=, file=, line=}
-- each; facts that a module states are not among them.
function View:rules()
  local list, seen = {}, {}
  if not self:prepared() then return list end
  for _, rule in ipairs(self.table.rules) do
    local user = self.build.low.users[rule.user]
    if user and not user.generated and not seen[user] and #rule.body > 0 then
      seen[user] = true
      list[#list + 1] = { name = user.name, doc = user.doc,
        relation = user.relation, module = user.module, file = user.file,
        line = user.line }
    end
  end
  return list
end

-- ------------------------------------------------------------------ scenarios

local Scenario = { __name = "dragoman.scenario" }

function Scenario.__index(self, key)
  local own = Scenario[key]
  if own ~= nil then return own end
  return View.__index(self, key)
end

-- Apply one text of changes to a fresh view.
local function apply(self, text)
  local plan, message, code, list = changes.plan(self.kb.modules,
    (self:visible()), text)
  if not plan then return nil, message, code, list end
  for _, serial in ipairs(plan.retract) do
    local ok, problem, kind = self.core:withdraw(serial)
    if not ok then return nil, problem, kind end
  end
  for _, st in ipairs(plan.add) do
    local serial, problem, kind = self.core:add(st)
    if not serial then return nil, problem, kind end
  end
  self.seen, self.claim_map, self.sources_seen = nil, nil, nil
  return true
end

--- Try changes ("+ promised(us, stay). - claim c6."): a scenario, which is
-- asked like a view. Nothing is written.
function View:suppose(text)
  alive(self)
  assert(type(text) == "string", "suppose: a text of changes")
  local options = {}
  for key, value in pairs(self.options) do options[key] = value end
  options.at, options.known_by = self.at, self.known_by
  local core, message, code = self.kb.core:view(options)
  if not core then return nil, message, code end
  local scenario = setmetatable(M.new(self.kb, core, self.options), Scenario)
  scenario.base = self
  scenario.changes = table.move(self.changes or {}, 1,
    #(self.changes or {}), 1, {})
  table.insert(scenario.changes, text)
  for _, change in ipairs(scenario.changes) do
    local ok, problem, kind, list = apply(scenario, change)
    if not ok then
      scenario:close()
      return nil, problem, kind, list
    end
  end
  return scenario
end

--- How the answers to a goal differ from those of the view it was made from.
function Scenario:diff(goal, params)
  return query.diff(self.base, self, goal, params)
end

-- ------------------------------------------------------------------- closing

function View:close()
  if not rawget(self, "core") then return end
  forget(self)
  self.core:close()
  self.core = nil
  self.kb.views[self] = nil
end

View.__close = View.close
Scenario.__close = View.close

function View:__tostring()
  if not rawget(self, "core") then return "closed view" end
  return "view at " .. tostring(self.at) .. ", known by "
    .. tostring(self.known_by)
end
Scenario.__tostring = View.__tostring

return M
