-- Statements of the syntax tree as statements of the store.
--
-- A statement table is {kind=, origin=, fields…}, as engine/lua/statement.c
-- names them. Facts, claims, sources and questions are taken apart into
-- fields; rules and declarations are kept as text. What a claim asserts (its
-- one atom and the sign) is settled here, so that nobody downstream has to
-- know the acts: see `assertion`.

local diag = require "dragoman.diag"
local messages = require "dragoman.messages"
local schemas = require "dragoman.schema"
local terms = require "dragoman.terms"
local values = require "dragoman.values"

local M = {}

M.LANGUAGE = 1 -- version of the language that rules and declarations are in

local report = terms.report

-- ------------------------------------------------------------------ claims

--- An index of claim ids, for references like `because c3`.
function M.claim_index()
  return { full = {}, bare = {} }
end

local function bare_id(id) return id:match "^[^.]*%.(.+)$" or id end

M.bare_id = bare_id

--- Enter a claim id; false when it is there already.
function M.index_claim(index, id)
  if index.full[id] then return false end
  index.full[id] = true
  local bare = bare_id(id)
  local list = index.bare[bare] or {}
  list[#list + 1] = id
  index.bare[bare] = list
  return true
end

--- The full id meant by a reference, seen from a source (or nil); else nil and
-- "E210" (unknown) or "E218" (several).
function M.resolve_claim(index, ref, source)
  if index.full[ref] and ref:find(".", 1, true) then return ref end
  if source and index.full[source .. "." .. ref] then
    return source .. "." .. ref
  end
  local list = index.bare[ref]
  if not list or ref:find(".", 1, true) then return nil, "E210" end
  if #list > 1 then return nil, "E218" end
  return list[1]
end

local function full_id(source, id)
  return source and source .. "." .. id or id
end

-- The place where a note of a statement says `text`: a node for messages.
local function place(env, node, field, text)
  local from = node.at and node.at[field]
  if not from then return node end
  local pos = text and env.chunk.text:find(text, from, true) or from
  return { pos = pos, stop = pos + #(text or field) }
end

local function references(env, node, field, source)
  local refs = node[field]
  if not refs or #refs == 0 then return nil end
  local list = {}
  for _, ref in ipairs(refs) do
    local id, code = M.resolve_claim(env.claims, ref, source)
    if not id then
      report(env, code, place(env, node, field, ref), code == "E210"
        and "no claim is called " .. ref
        or "several sources have a claim called " .. ref,
        code == "E210" and diag.suggestion(ref, env.claims.bare) or nil)
    end
    list[#list + 1] = id or ref
  end
  return list
end

-- ------------------------------------------------------------------ values

local function date(node)
  return node and (values.date(node.text)) or nil
end

-- `during` of one imprecise date means all of its days.
local function validity(st, during)
  if not during then return end
  local from, to = during.from, during.to
  if from.text == to.text then
    st.from, st.to = values.date(from.earliest), values.date(to.latest)
  else
    st.from, st.to = date(from), date(to)
  end
end

-- The source of a block is looked at once, at the head of the block.
local function check_source(env, node)
  local source = node.source
  if source and not env.schema.sources[source]
    and (node.tag == "in" or node.at and node.at.source) then
    local at = node.tag == "in" and { pos = node.pos, stop = (
      env.chunk.text:find("{", node.pos, true)) } or place(env, node, "source",
        source)
    report(env, "E209", at, "no source is called " .. source,
      diag.suggestion(source, env.schema.sources))
  end
end

-- A value of the core's kinds for an argument of a fact or claim.
local function ground(env, node, column, inside)
  return terms.value(terms.convert(env, node, column, inside))
end

local function base(env, node, kind)
  local line, column = messages.span(env.chunk, node.pos, node.pos)
  return { kind = kind, origin = env.origin, line = line, column = column }
end

-- -------------------------------------------------------------------- facts

local function tuple(env, atom, entry)
  local args = terms.arguments(env, atom, entry)
  for i, expr in ipairs(args) do args[i] = terms.value(expr) end
  return args
end

local function slice(env, node)
  return env.chunk.text:sub(node.pos, node.stop - 1)
end

local function fact(env, node)
  local atom = node.atom
  local entry = env.schema:find(atom.name, env.scope)
  if entry and entry.input == "system" then
    report(env, "E217", atom, atom.name .. " is filled by the engine")
  end
  local st = base(env, node, node.judged_by and "judgement" or "fact")
  local name = entry and entry.name or atom.name
  st.relation = (atom.negative and "-" or "") .. name
  st.args = tuple(env, atom, entry)
  st.source, st.judge = node.source, node.judged_by
  st.because = references(env, node, "because", node.source)
  st.on, st.made, st.basis = date(node.on), date(node.made), node.basis
  validity(st, node.during)
  if node.prob then st.probability = slice(env, node.prob) end
  check_source(env, node)
  return st
end

local function scale_text(scale)
  local function side(value, label)
    local text = values.show(value)
    return label and text .. " " .. values.quote(label) or text
  end
  return side(scale.lo, scale.lo_label) .. " .. "
    .. side(scale.hi, scale.hi_label)
end

local function entity(env, node)
  local st = base(env, node, "fact")
  st.relation, st.args, st.label = node.type, { node.name }, node.label
  if #node.aliases > 0 then st.alias = node.aliases end
  if node.scale then st.scale = scale_text(node.scale) end
  st.source = node.source
  check_source(env, node)
  return st
end

-- ------------------------------------------------------------------- claims

local function person(env, node, name)
  if not env.schema.names[name] then
    report(env, "E205", node, "no actor is called "
      .. values.symbol_text(name), diag.suggestion(name, env.schema.names))
  end
  return name
end

local function speaker(env, st, node)
  local who = node.speaker
  if who.tag == "name" then
    st.speaker = person(env, who, who.name)
  else
    st.speaker = full_id(node.source, who.tag)
    st.speaker_name = who.label
  end
  st.body = node.body and person(env, place(env, node, "body", node.body),
    node.body) or st.speaker
  if #node.from > 0 then st.chain = node.from end
  for _, name in ipairs(node.from) do
    person(env, place(env, node, "from", name), name)
  end
  st.origin_of = st.chain and st.chain[#st.chain] or st.body
  st.via = node.channel
end

local function is_formula(value, name)
  return values.type(value) == "term" and value.name == name
end

-- Strip negations: the atom and the sign.
local function positive(value, sign)
  while true do
    if is_formula(value, "not") and #value == 1 then
      value, sign = value[1], -sign
    elseif values.type(value) == "term" and value.name:sub(1, 1) == "-" then
      local name = value.name:sub(2)
      if #value == 0 then value = name
      else value = values.term(name, table.unpack(value)) end
      sign = -sign
    else
      return value, sign
    end
  end
end

--- The one atom that a claim asserts, and its sign. Unhedged `states` asserts
-- the content, unhedged `denies` its negative; all else asserts the act.
function M.assertion(act, body, content, hedge)
  if not hedge and act == "states" then return positive(content, 1) end
  if not hedge and act == "denies" then return positive(content, -1) end
  return values.term(act, body, content), 1
end

local CONTENT = { name = "content", type = "term" }

-- An int where the atom's column is float becomes one, as in a fact.
local function asserted_atom(env, st, node)
  local atom, sign = M.assertion(st.act, st.body, st.content, st.hedge)
  if is_formula(atom, "and") or is_formula(atom, "or") then
    report(env, "E212", node.content, "a claim asserts one atom, not several")
  end
  local name = values.type(atom) == "term" and atom.name or atom
  local entry = type(name) == "string" and env.schema:find(name, env.scope)
  if not entry and not is_formula(atom, "and")
    and not is_formula(atom, "or") then
    report(env, "E202", node.content, values.show(name)
      .. " is no relation, so nothing can hold of it",
      diag.suggestion(tostring(name), env.schema:relation_names()))
  end
  st.atom, st.sign = atom, sign
end

local function conditions(env, st, node)
  for _, condition in ipairs(node.conditions) do
    local list = st[condition.mode] or {}
    list[#list + 1] = ground(env, condition.formula, CONTENT, true)
    st[condition.mode] = list
  end
end

local function grade(st, node)
  if not node then return end
  st.reliability = node.reliability
  st.credibility = node.credibility
end

local function is_dated(env, node)
  if node.said or node.on or node.during then return true end
  local source = node.source and env.schema.sources[node.source]
  return source and (source.published or source.fields
    and source.fields.published) or not node.source and env.undated_claims
end

local function claim(env, node)
  local st = base(env, node, "claim")
  st.id, st.source, st.para = env.ids[node], node.source, node.para
  check_source(env, node)
  speaker(env, st, node)
  st.act, st.hedge = node.act, node.hedge
  st.content = ground(env, node.content, CONTENT, true)
  conditions(env, st, node)
  st.on, st.by, st.said = date(node.on), date(node.by), date(node.said)
  validity(st, node.during)
  grade(st, node.grade)
  st.after = references(env, node, "after", node.source)
  asserted_atom(env, st, node)
  if not is_dated(env, node) then
    report(env, "E213", node, "nothing tells when this was said")
  end
  return st
end

-- ------------------------------------------------------- sources, questions

local function field_text(name, node)
  local value = node.value
  if node.tag == "date" then value = date(node) end
  if node.tag == "string" then return name .. " = " .. values.quote(value) end
  return name .. " = " .. values.show(value)
end

local TEXTS = { title = true, publisher = true }

local function source_field(env, st, name, node)
  if TEXTS[name] and type(node.value) == "string" then
    st[name] = node.value
  elseif name == "published" and node.tag == "date" then
    st.published = date(node)
  elseif name == "grade" then
    grade(st, node)
  elseif name == "published" or TEXTS[name] then
    report(env, "E204", node, name .. " is "
      .. (TEXTS[name] and "a text" or "a date"))
  else
    return field_text(name, node)
  end
end

local function source(env, node)
  local st, names = base(env, node, "source"), {}
  st.id = node.id
  for name in pairs(node.fields) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    return node.fields[a].pos < node.fields[b].pos
  end)
  for _, name in ipairs(names) do
    local text = source_field(env, st, name, node.fields[name])
    if text then
      st.field = st.field or {}
      st.field[#st.field + 1] = text
    end
  end
  return st
end

local function question(env, node)
  local st = base(env, node, "question")
  st.id, st.title, st.process = node.id, node.text, node.process
  st.by, st.resolves, st.source = date(node.by), node.resolves, node.source
  if #node.options > 0 then st.option = node.options end
  check_source(env, node)
  return st
end

-- ------------------------------------------------------------ kept as text

-- The lines of comment right above a rule say what it is about.
local function comment_above(chunk, pos)
  chunk.starts = chunk.starts or diag.line_starts(chunk.text)
  local line = diag.place(chunk.text, chunk.starts, pos)
  local lines = {}
  for i = line - 1, 1, -1 do
    local text = chunk.text:sub(chunk.starts[i],
      (chunk.starts[i + 1] or #chunk.text + 2) - 2)
    local comment = text:match "^%s*%-%-%s?(.-)%s*$"
    if not comment then break end
    table.insert(lines, 1, comment)
  end
  return #lines > 0 and table.concat(lines, "\n") or nil
end

M.comment_above = comment_above

local function as_text(kind)
  return function(env, node)
    local st = base(env, node, kind)
    st.text, st.language = slice(env, node), M.LANGUAGE
    if kind == "rule" then st.doc = comment_above(env.chunk, node.pos) end
    return st
  end
end

local function import(env, node)
  local st = base(env, node, "import")
  st.relation, st.file = node.name, node.file
  st.text, st.language = slice(env, node), M.LANGUAGE
  return st
end

local makers = {
  fact = fact, entity = entity, claim = claim, source = source,
  question = question, import = import, rule = as_text "rule",
  relation = as_text "declaration", constructor = as_text "declaration",
  never = as_text "declaration", export = as_text "declaration",
  beats = as_text "declaration",
}

-- --------------------------------------------------------------------- API

-- Ids that were given are taken in first, then the others are numbered.
local function number_claims(env, chunk)
  local unnamed = {}
  schemas.each_statement(chunk, function(node)
    if node.tag ~= "claim" then return end
    if not node.id then
      unnamed[#unnamed + 1] = node
      return
    end
    local id = full_id(node.source, node.id)
    env.ids[node] = id
    if not M.index_claim(env.claims, id) then
      report(env, "E211", place(env, node, "id", node.id),
        "there is a claim " .. id .. " already")
    end
  end)
  for _, node in ipairs(unnamed) do
    local n, id = 0
    repeat
      n = n + 1
      id = full_id(node.source, "u" .. n)
    until M.index_claim(env.claims, id)
    env.ids[node] = id
  end
end

--- Make an environment for a chunk. options: schema, claims (an index of
-- ids), origin, scope, undated_claims (true: a claim without source or date
-- is allowed, as at the prompt). Its claims get their ids at once, so that
-- chunks may refer to each other's.
function M.prepare(chunk, options)
  local env = { chunk = chunk, schema = options.schema, list = {}, ids = {},
    claims = options.claims or M.claim_index(), facts = true,
    check_names = true, origin = options.origin or chunk.name,
    scope = options.scope, undated_claims = options.undated_claims }
  number_claims(env, chunk)
  return env
end

--- The statements of a prepared chunk, and the diagnostics.
function M.make(env)
  local list = {}
  for _, node in ipairs(env.chunk) do
    if node.tag == "in" then check_source(env, node) end
  end
  schemas.each_statement(env.chunk, function(node)
    list[#list + 1] = makers[node.tag](env, node)
  end)
  return list, env.list
end

--- One statement of a prepared chunk, for changes.
function M.make_one(env, node) return makers[node.tag](env, node) end

return M
