-- The tree of an explanation as text of 80 columns, and as plain data.
--
-- The text is for people: facts in words where a phrase is known (words.lua),
-- one line for each claim, sources as marks that a legend at the end explains,
-- declarations of names left out, and what rests on nothing but background
-- drawn together into one line. The data leave nothing out.

local values = require "dragoman.values"
local words = require "dragoman.words"

local M = {}

local WIDTH = 80

M.date_text = words.date

-- -------------------------------------------------------------------- wording

local function bare(id) return id and (id:match "^[^.]*%.(.+)$" or id) end

local function short(why, id)
  return why.short and why.short[id] or bare(id) or "?"
end

-- Does the speaker's label name the body already ("The Taliban's spokesman")?
local function names(label, body)
  return label:find(body:gsub("^%u%l* ", ""), 1, true) ~= nil
end

--- Who speaks, for whom: "the Turkish foreign ministry for Turkey".
function M.speaker(reader, claim)
  local text = claim.speaker and reader:say(claim.speaker) or "somebody"
  if claim.speaker_name then text = claim.speaker_name end
  if claim.body and claim.body ~= claim.speaker then
    local body = reader:say(claim.body)
    if not names(text, body) then text = text .. " for " .. body end
  end
  return text
end

--- `the Taliban's spokesperson, twitter, 13 Apr 2021, ABC News par 3`.
function M.claim_text(reader, claim, publisher)
  local parts = { M.speaker(reader, claim) }
  for _, body in ipairs(claim.chain or {}) do
    parts[1] = parts[1] .. " from " .. reader:say(body)
  end
  if claim.channel then
    parts[#parts + 1] = reader:say(claim.channel)
  end
  if claim.hedge then
    parts[#parts + 1] = "\"" .. claim.hedge:gsub("_", " ") .. "\""
  end
  parts[#parts + 1] = words.date(claim.said)
  if claim.source then
    parts[#parts + 1] = (publisher or claim.source)
      .. (claim.para and " par " .. claim.para or "")
  end
  return table.concat(parts, ", ")
end

--- What a claim asserts, in words.
function M.asserted(reader, claim)
  local text = reader:say(claim.atom)
  return claim.sign and claim.sign < 0 and "it is not so that " .. text or text
end

local function assumption_text(node, why)
  local text = why.words:absence(node.relation, node.args)
  if text then return text .. " (no claim found)" end
  return "no claim found that " .. tostring(node.atom)
end

local function list_ids(why, list)
  local parts = {}
  for i, item in ipairs(list) do
    parts[i] = short(why, item.id or item)
      .. (item.reason and " (" .. tostring(item.reason) .. ")" or "")
  end
  return table.concat(parts, ", ")
end

local function first_sentence(doc)
  local line = doc:gsub("%s+", " ")
  local sentence = line:match "^(.-)%.%s" or line
  return (sentence:gsub("[%.:]$", ""))
end

-- What stands below the head of a node, by kind.
local DETAIL = {
  rule = function(node)
    local rule = node.rule
    if not rule then return nil end
    local doc = rule.doc and first_sentence(rule.doc)
    if rule.name and not rule.generated then
      return "rule " .. rule.name .. (doc and ": " .. doc or "")
    end
    return doc
  end,
  claim = function(node, why)
    return short(why, node.claim.id) .. " "
      .. M.claim_text(why.words, node.claim, node.publisher)
  end,
  judgement = function(node, why)
    local because = node.judgement.because
    return "judgement: " .. tostring(node.judgement.by) .. "'s coding"
      .. (because and #because > 0 and " of " .. list_ids(why, because) or "")
  end,
  fact = function() return "fact without source" end,
  given = function(node)
    return "given by rules"
      .. (node.rule and node.rule.module and " " .. node.rule.module or "")
  end,
  aggregate = function(node)
    return node.omitted and node.omitted .. " more rows not shown" or nil
  end,
}

local function head(node, why)
  if node.kind == "assumption" then
    return "ASSUMPTION " .. assumption_text(node, why)
  end
  local text = node ~= why.root and node.relation and node.args
    and why.words:atom(node.relation, node.args)
  if not text and node.claim and node.claim.atom and node ~= why.root then
    text = M.asserted(why.words, node.claim)
  end
  text = text or tostring(node.atom)
  if node.denied then text = "not: " .. text end
  if node.truth == "disputed" then text = text .. "  DISPUTED" end
  if node.seen then text = text .. "  (above)" end
  return text
end

local function notes(node, why)
  local list = {}
  if node.seen then return list end
  local detail = DETAIL[node.kind]
  list[#list + 1] = detail and detail(node, why) or nil
  if node.set_aside then
    list[#list + 1] = "sets aside " .. list_ids(why, node.set_aside)
  end
  if node.disputed_with then
    list[#list + 1] = "clash with " .. list_ids(why, node.disputed_with)
  end
  return list
end

-- -------------------------------------------------------------------- folding

-- The sources of a node that rests on nothing but background, two steps deep
-- at most; nil for any other node.
local function background_of(node, depth)
  if node.truth == "disputed" or node.seen then return nil end
  if node.kind == "background" then return { node.source } end
  if node.kind ~= "rule" or depth == 0 or #node.children == 0 then
    return nil
  end
  local found = {}
  for _, child in ipairs(node.children) do
    local list = background_of(child, depth - 1)
    if not list then return nil end
    table.move(list, 1, #list, #found + 1, found)
  end
  return found
end

local function marks(legend, sources)
  local ids, seen = {}, {}
  for _, source in ipairs(sources) do
    if not seen[source.id] then
      seen[source.id], ids[#ids + 1] = true, source.id
    end
    if not legend[source.id] then
      legend[source.id], legend[#legend + 1] = true, source
    end
  end
  return "[" .. table.concat(ids, ", ") .. "]"
end

-- Children worth a line of their own; names declared are only counted.
local function shown(node, legend)
  local list = {}
  for _, child in ipairs(node.children) do
    if child.entity and child.kind == "background" then
      if not legend.names[child.atom] then
        legend.names[child.atom] = true
        legend.names[#legend.names + 1] = child.args[1]
      end
    else
      list[#list + 1] = child
    end
  end
  return list
end

-- --------------------------------------------------------------------- layout

local function length(text) return utf8.len(text) or #text end

-- Break text at spaces; every line fits behind its prefix.
local function wrap(out, first, rest, text)
  local line = first
  local empty = true
  for word in text:gmatch "%S+" do
    if not empty and length(line) + 1 + length(word) > WIDTH then
      out[#out + 1] = line
      line, empty = rest, true
    end
    line = line .. (empty and "" or " ") .. word
    empty = false
  end
  out[#out + 1] = line
end

local render

local function render_children(out, children, why, rest)
  for i, child in ipairs(children) do
    local last = i == #children
    render(out, child, why, rest .. (last and "'- " or "|- "),
      rest .. (last and "   " or "|  "))
  end
end

function render(out, node, why, first, rest)
  local sources = node ~= why.root and background_of(node, 2)
  if sources then
    wrap(out, first, rest .. "   ", head(node, why) .. "  "
      .. marks(why.legend, sources))
    return
  end
  local children = node.seen and {} or shown(node, why.legend)
  local below = #children > 0 and rest .. "|  " or rest .. "     "
  wrap(out, first, rest .. "   ", head(node, why))
  for _, note in ipairs(notes(node, why)) do
    wrap(out, below, below .. "  ", note)
  end
  render_children(out, children, why, rest)
end

local function put_legend(out, legend)
  for i, source in ipairs(legend) do
    local lead = i == 1 and "background: " or (" "):rep(12)
    local text = "[" .. source.id .. "] " .. (source.publisher or "")
      .. (source.published and ", " .. words.date(source.published) or "")
    wrap(out, lead, (" "):rep(14), text)
  end
  if #legend.names > 0 then
    local list = {}
    for i, name in ipairs(legend.names) do list[i] = tostring(name) end
    wrap(out, "names not shown: ", (" "):rep(14), table.concat(list, ", "))
  end
end

--- The tree as text.
function M.text(root, why)
  local out = {}
  why.legend = { names = {} }
  render(out, root, why, "", "")
  put_legend(out, why.legend)
  if why.others and why.others > 0 then
    out[#out + 1] = string.format("(%d more answer%s to %s)", why.others,
      why.others == 1 and "" or "s", why.goal)
  end
  return table.concat(out, "\n")
end

-- ----------------------------------------------------------------------- data

local CLAIM_FIELDS = { "id", "source", "speaker", "speaker_name", "body",
  "origin", "channel", "chain", "act", "content", "hedge", "para", "said",
  "text" }

local function claim_data(claim)
  local data = {}
  for _, name in ipairs(CLAIM_FIELDS) do data[name] = claim[name] end
  return data
end

local function node_data(node)
  local json = require "dragoman.json"
  local data = { kind = node.kind, truth = node.truth, atom = node.atom,
    relation = node.relation, rule = node.rule, tests = node.tests,
    judgement = node.judgement, source = node.source, omitted = node.omitted,
    set_aside = node.set_aside, disputed_with = node.disputed_with,
    seen = node.seen, denied = node.denied,
    claim = node.claim and claim_data(node.claim), children = json.array() }
  if node.args then
    data.args = json.array()
    for i, arg in ipairs(node.args) do
      data.args[i] = values.type(arg) and arg or tostring(arg)
    end
  end
  for i, child in ipairs(node.children) do
    data.children[i] = node_data(child)
  end
  return data
end

--- The tree as plain tables, for JSON.
function M.data(root, why)
  return { goal = why.goal, at = why.at, known_by = why.known_by,
    least = why.least, tree = node_data(root) }
end

return M
