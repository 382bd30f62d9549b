-- Statements of the store back in the language: what `dragoman dump` prints.
-- Loading the text gives the same statements again.

local values = require "dragoman.values"

local M = {}

local show, symbol, quote = values.show, values.symbol_text, values.quote

local function names(list)
  local parts = {}
  for i, name in ipairs(list) do parts[i] = symbol(name) end
  return table.concat(parts, ", ")
end

-- Add `word value` to the parts when there is a value.
local function note(parts, word, text)
  if text ~= nil then parts[#parts + 1] = word .. " " .. text end
end

local function date_note(parts, word, date)
  note(parts, word, date and tostring(date))
end

local function during(parts, st)
  if not st.from and not st.to then return end
  note(parts, "during", tostring(st.from) .. ".." .. tostring(st.to))
end

-- A private relation is stored under SCOPE.NAME; in its own file the name will
-- do.
local function relation_name(name)
  local sign, rest = name:match "^(%-?)(.*)$"
  return sign .. (rest:match "%.(.+)$" or rest)
end

--- The atom of a fact.
function M.atom(relation, args)
  local parts = {}
  for i, arg in ipairs(args or {}) do parts[i] = show(arg) end
  return relation_name(relation) .. "(" .. table.concat(parts, ", ") .. ")"
end

local function entity(st)
  local parts = { st.relation, symbol(st.args[1]), quote(st.label) }
  if st.alias then
    local aliases = {}
    for i, alias in ipairs(st.alias) do aliases[i] = quote(alias) end
    note(parts, "alias", table.concat(aliases, ", "))
  end
  note(parts, "scale", st.scale)
  note(parts, "in", st.source)
  return parts
end

local function fact(st)
  if st.label then return entity(st) end
  local parts = {}
  if st.probability then parts[1] = st.probability .. " ::" end
  parts[#parts + 1] = M.atom(st.relation, st.args)
  date_note(parts, "on", st.on)
  during(parts, st)
  note(parts, "judged by", st.judge and symbol(st.judge))
  note(parts, "because", st.because and table.concat(st.because, ", "))
  date_note(parts, "made", st.made)
  note(parts, "basis", st.basis and quote(st.basis))
  note(parts, "in", st.source)
  return parts
end

local function speaker(st)
  local kind = st.speaker:match "%.?(reporter)$"
    or st.speaker:match "%.?(anonymous)$"
  local unnamed = kind and (st.speaker == kind
    or st.speaker == (st.source or "") .. "." .. kind)
  if not unnamed then return symbol(st.speaker) end
  return st.speaker_name and kind .. " " .. quote(st.speaker_name) or kind
end

local function grade_text(st)
  if not st.reliability then return nil end
  return st.reliability .. (st.credibility and tostring(st.credibility) or "")
end

local function bare_id(st)
  local prefix = (st.source or "") .. "."
  if st.id:sub(1, #prefix) == prefix then return st.id:sub(#prefix + 1) end
  return st.id
end

-- `and` and `or` at the top of a condition would take in what follows.
local CONDITIONS = { { "if", "if" }, { "only_if", "only if" },
  { "until", "until" } }

local function claim(st)
  local head = bare_id(st)
    .. (st.para and " para " .. st.para or "") .. ":"
  local parts = { head, speaker(st) }
  if st.body ~= st.speaker then note(parts, "for", symbol(st.body)) end
  note(parts, "via", st.via and symbol(st.via))
  if st.chain then
    for _, name in ipairs(st.chain) do note(parts, "from", symbol(name)) end
  end
  note(parts, st.act, show(st.content))
  for _, pair in ipairs(CONDITIONS) do
    for _, condition in ipairs(st[pair[1]] or {}) do
      note(parts, pair[2], show(condition))
    end
  end
  date_note(parts, "on", st.on)
  during(parts, st)
  date_note(parts, "by", st.by)
  date_note(parts, "said", st.said)
  note(parts, "hedge", st.hedge and symbol(st.hedge))
  note(parts, "grade", grade_text(st))
  note(parts, "after", st.after and table.concat(st.after, ", "))
  note(parts, "in", st.source)
  return parts
end

local function source(st)
  local fields = {}
  local function field(name, text)
    if text then fields[#fields + 1] = name .. " = " .. text end
  end
  field("title", st.title and quote(st.title))
  field("publisher", st.publisher and quote(st.publisher))
  field("published", st.published and tostring(st.published))
  field("grade", grade_text(st))
  table.move(st.field or {}, 1, #(st.field or {}), #fields + 1, fields)
  return { "source " .. st.id .. " {\n  "
    .. table.concat(fields, ",\n  ") .. " }" }
end

local function question(st)
  local parts = { "question " .. st.id .. " " .. quote(st.title or "") }
  note(parts, "process", st.process and symbol(st.process))
  date_note(parts, "by", st.by)
  note(parts, "resolves", st.resolves and quote(st.resolves))
  note(parts, "options", st.option and names(st.option))
  note(parts, "in", st.source)
  return parts
end

local writers = { fact = fact, judgement = fact, claim = claim,
  source = source, question = question }

local function with_doc(st)
  if not st.doc then return st.text end
  local lines = {}
  for line in (st.doc .. "\n"):gmatch "(.-)\n" do
    lines[#lines + 1] = ("-- " .. line):gsub("%s+$", "")
  end
  lines[#lines + 1] = st.text
  return "\n" .. table.concat(lines, "\n")
end

--- A statement as text, with its full stop.
function M.statement(st)
  local writer = writers[st.kind]
  if not writer then return with_doc(st) end
  return table.concat(writer(st), " ") .. "."
end

-- Sources come before what refers to them only for the reader's sake: the
-- order of statements means nothing.
local RANK = { declaration = 1, import = 1, source = 2, fact = 3,
  judgement = 5, claim = 4, question = 6, rule = 7 }

--- Statements as a text, in a readable order.
function M.text(list)
  local order, parts, last = {}, {}, nil
  for i, st in ipairs(list) do order[i] = { rank = RANK[st.kind], i, st } end
  table.sort(order, function(a, b)
    if a.rank ~= b.rank then return a.rank < b.rank end
    return a[1] < b[1]
  end)
  for _, item in ipairs(order) do
    if last and item.rank ~= last then parts[#parts + 1] = "" end
    last = item.rank
    parts[#parts + 1] = M.statement(item[2])
  end
  return #parts > 0 and table.concat(parts, "\n") .. "\n" or ""
end

return M
