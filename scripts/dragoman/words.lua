-- Reading aloud: values, terms and facts in words.
--
-- The words come from the knowledge: labels of entities, `plural` names,
-- phrase(functor, text) for how a term or fact reads as a clause, noun(functor,
-- text) for how it reads as a thing, assumed_as(relation, text) for how the
-- absence of a fact reads. In such a text {1}, {2} stand for the arguments,
-- {1:noun} for one as a thing, and [refuses|refuse] for the verb that agrees
-- with the argument named before it.
--
-- A term without a phrase is spelt out of its name; a fact without one is left
-- as the language writes it.

local values = require "dragoman.values"

local M = {}

local Reader = {}
Reader.__index = Reader

local WORDINGS = { phrases = "phrase", nouns = "noun",
  assumed = "assumed_as" }

local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
  "Sep", "Oct", "Nov", "Dec" }

--- "13 Apr 2021" for a day, the text of an imprecise date as it is.
function M.date(date)
  if not date then return nil end
  if date.earliest and date.earliest ~= date.latest or date.edtf then
    return date.text
  end
  local year, month, day = values.civil(date.day)
  return ("%d %s %d"):format(day, MONTHS[month], year)
end

--- A reader of what a view knows; each wording is a map from a name to a text.
function M.reader(wordings)
  return setmetatable({ labels = wordings.labels or {},
    phrases = wordings.phrases or {}, nouns = wordings.nouns or {},
    assumed = wordings.assumed or {}, plural = wordings.plural or {} },
    Reader)
end

--- Claim ids as people write them: without their source where no other source
-- has the same.
function M.short_ids(claims)
  local count, short = {}, {}
  local function bare(id) return id:match "^[^.]+%.(.+)$" or id end
  for _, claim in ipairs(claims) do
    count[bare(claim.id)] = (count[bare(claim.id)] or 0) + 1
  end
  for _, claim in ipairs(claims) do
    short[claim.id] = count[bare(claim.id)] == 1 and bare(claim.id) or claim.id
  end
  return short
end

--- The reader of a view whose rules are fine.
function M.of_view(view)
  view:prepared()
  local found = { labels = view:schema().labels, plural = {} }
  local function rows(relation)
    return view:has_relation(relation) and view:rows(relation) or {}
  end
  for field, relation in pairs(WORDINGS) do
    found[field] = {}
    for _, row in ipairs(rows(relation)) do found[field][row[1]] = row[2] end
  end
  for _, row in ipairs(rows "plural") do found.plural[row[1]] = true end
  found.labels = setmetatable(M.short_ids(view:claims()),
    { __index = found.labels })
  for _, row in ipairs(rows "question") do found.labels[row[1]] = row[2] end
  return M.reader(found)
end

--- The first letter of a sentence.
function M.sentence(text) return (text:gsub("^%l", string.upper)) end

-- Inside a sentence a label's first word is small if it is such a word.
local SMALL = { The = true, A = true, An = true, All = true, Other = true }

local function inside(label)
  local first = label:match "^(%a+) "
  return SMALL[first] and first:lower() .. label:sub(#first + 1) or label
end

-- Unnamed voices are symbols SOURCE.reporter and SOURCE.anonymous….
local function voice(symbol)
  if symbol:find "%.reporter$" then return "the reporter" end
  if symbol:find "%.anonymous" then return "an unnamed speaker" end
end

function Reader:is_plural(value)
  return type(value) == "string" and self.plural[value] or false
end

--- Fill a template with arguments.
function Reader:fill(template, args)
  local last
  return (template:gsub("([{%[])([^}%]]*)[}%]]", function(open, body)
    if open == "[" then
      local one, many = body:match "^(.-)|(.*)$"
      if not one then return nil end
      return self:is_plural(last) and many or one
    end
    local index, form = body:match "^(%d+):?(%a*)$"
    if not index then return nil end
    last = args[tonumber(index)]
    if last == nil then return "something" end
    return form == "noun" and self:noun(last) or self:say(last)
  end))
end

-- A term that has no phrase: `backs(us, talks)` as "the US backs the talks",
-- `paid(us)` as "paid (the US)".
local function spelt(self, term)
  local parts = {}
  for i = 1, #term do parts[i] = self:say(term[i]) end
  local name = term.name:gsub("_", " ")
  if #parts > 2 then
    return parts[1] .. " " .. name .. " "
      .. table.concat(parts, ", ", 2)
  end
  if #parts == 2 then return parts[1] .. " " .. name .. " " .. parts[2] end
  return #parts == 0 and name or name .. " (" .. parts[1] .. ")"
end

--- A value as it reads inside a sentence.
function Reader:say(value)
  local kind = values.type(value)
  if kind == "symbol" then
    local label = self.labels[value]
    return label and inside(label) or voice(value) or value
  elseif kind == "date" then return M.date(value)
  elseif kind == "term" then
    local sign, name = value.name:match "^(%-?)(.*)$"
    local template = self.phrases[name]
    local text = template and self:fill(template, value) or spelt(self,
      setmetatable({ name = name, table.unpack(value) }, getmetatable(value)))
    return sign == "-" and "it is not so that " .. text or text
  end
  return kind and values.show(value) or tostring(value)
end

--- A value as a thing: "the exit of the US forces".
function Reader:noun(value)
  local template = values.type(value) == "term" and self.nouns[value.name]
  return template and self:fill(template, value) or self:say(value)
end

--- A fact in words, or nil when nothing says how its relation reads.
function Reader:atom(relation, args)
  local sign, name = relation:match "^(%-?)(.*)$"
  local template = self.phrases[name]
  if not template then return nil end
  local text = self:fill(template, args)
  return sign == "-" and "it is not so that " .. text or text
end

--- The absence of a fact in words, or nil.
function Reader:absence(relation, args)
  local template = relation and self.assumed[relation]
  return template and self:fill(template, args or {})
end

return M
