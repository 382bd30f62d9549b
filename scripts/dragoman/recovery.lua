-- Words for mistakes: from the place where a statement stopped making sense,
-- and what could have stood there, to one diagnostic, and where to read on.
--
-- `diagnose` tries the particular mistakes below in order, the ones that
-- people make; what none of them knows is "unexpected X, expected Y".

local build = require "dragoman.build"
local diag = require "dragoman.diag"
local lexer = require "dragoman.lexer"

local M = {}

local ACTS = { "states", "denies", "assesses", "forecasts", "plans",
  "promises", "threatens", "demands", "offers", "accepts", "refuses", "warns",
  "infers" }
local IS_ACT = {}
for _, act in ipairs(ACTS) do IS_ACT[act] = true end

local OPENERS = { "relation", "state", "event", "asserted", "private", "term",
  "never", "import", "export", "source", "question", "in" }

-- Operators of other languages -> what to write here.
local FOREIGN = { ["=="] = "=", ["<>"] = "!=", ["\\="] = "!=", ["~="] = "!=",
  ["=<"] = "<=", ["=>"] = ">=", ["<-"] = "if", ["->"] = "if", ["&&"] = "and",
  ["||"] = "or", ["&"] = "and", ["|"] = "or", ["!"] = "not", ["\\+"] = "not",
  ["//"] = "div", ["^"] = "a function" }

-- ----------------------------------------------------------------- wording

local WHAT = { compare = "a comparison", during = "a condition with `during`",
  ["and"] = "a condition", ["or"] = "a condition", ["not"] = "a condition",
  atom = "an atom" }

local FIELD_WORD = { body = "for", channel = "via", source = "in",
  judged_by = "judged by", id = "the id", lo = "scale" }

-- Code of a mistake found in the actions -> message (and hint).
local WORDING = {
  E106 = function(text) return "unknown escape `" .. text .. "`" end,
  E107 = function(text, problem)
    return "`" .. text .. "` is not a date: " .. problem
  end,
  E109 = function(text) return "`" .. text .. "` does not fit in 64 bits" end,
  E110 = function(text) return "`" .. text .. "` is too large a float" end,
  E114 = function() return "more than 200 signs or `not`s in a row" end,
  E115 = function() return "an expression of over a thousand operators" end,
  E119 = function(name) return "variable `" .. name .. "` in a fact" end,
  E120 = function(name) return "variable `" .. name .. "` in a claim" end,
  E121 = function(op, problem)
    return "aggregate `" .. op .. "` is out of place", problem
  end,
  E122 = function(key)
    return "`" .. (FIELD_WORD[key] or key:gsub("_", " ")) .. "` is said twice"
  end,
  E126 = function() return "this is a value; a condition belongs here" end,
  E127 = function(tag)
    return "this is " .. WHAT[tag] .. "; a value belongs here"
  end,
  E128 = function(problem) return problem end,
  E129 = function(label)
    if label then return "`" .. label .. ":` has no body, so it is no rule" end
    return "this is no rule, for it has no body, and no fact"
  end,
  E130 = function(name) return "parameter `$" .. name .. "` outside a goal" end,
  E137 = function() return "this is not a grade" end,
  E131 = function() return "the range ends before it begins" end,
}

--- Message and extra fields for a mistake that an action reports.
function M.wording(code, ...)
  local message, hint = WORDING[code](...)
  return message, hint and { hint = hint } or nil
end

-- ----------------------------------------------------------------- context

local TOKEN_NAMES = { name = "a name", symbol = "a name",
  variable = "a variable", parameter = "a parameter", integer = "a number",
  natural = "a number", float = "a number", percent = "a percentage",
  date = "a date", edtf = "a date", string = "a string", text = "a string",
  grade_code = "a grade", negative = "`-`", label_mark = "`:`",
  claim_ref = "the id of a claim", change_sign = "a sign" }

local function expected_name(what)
  return TOKEN_NAMES[what] or "`" .. what:gsub('"', "") .. "`"
end

-- The units of the statement up to the failure: brackets still open, the last
-- unit, whether `::` or an act occurs.
local function survey(c)
  local pos, open, count = c.start, {}, 0
  while true do
    local first, stop = lexer.unit(c.text, pos)
    if not first or first >= c.far then break end
    local unit = c.text:sub(first, stop - 1)
    count = count + 1
    if unit == "(" or unit == "{" then open[#open + 1] = first
    elseif unit == ")" or unit == "}" then open[#open] = nil
    elseif IS_ACT[unit] then c.act = first
    elseif unit == ":" and c.text:sub(first, first + 1) == "::" then
      c.chance = first
    end
    if count == 1 then c.first_word, c.first_pos, c.first_stop = unit, first, stop
    elseif count == 2 then c.second_word, c.second_pos = unit, first end
    c.last, c.last_pos, c.last_stop, pos = unit, first, stop, stop
  end
  c.open, c.count = open, count
end

local function look(c)
  local first, stop = lexer.unit(c.text, c.far)
  if not first then
    c.at_end, c.pos, c.stop_pos, c.unit = true, #c.text + 1, #c.text + 2, ""
    return
  end
  c.pos, c.stop_pos, c.unit = first, stop, c.text:sub(first, stop - 1)
  local second, second_stop = lexer.unit(c.text, stop)
  c.next_unit = second and c.text:sub(second, second_stop - 1) or ""
end

local function first_on_line(text, pos)
  local before = pos - 1
  while before >= 1 and text:find("^[ \t\r]", before) do before = before - 1 end
  return before < 1 or text:byte(before) == 10
end

local function wants(c, what) return c.expected[what] ~= nil end

local function wants_from(c, what, rule)
  return c.expected[what] ~= nil and c.expected[what][rule] ~= nil
end

local function keywords(c)
  local list = {}
  for what in pairs(c.expected) do
    local word = what:match '^"(%l[%l_]+)"$'
    if word then list[#list + 1] = word end
  end
  return list
end

local function is_word(c) return c.unit:find "^%a" ~= nil end

local function here(c, code, message, hint)
  return { code = code, pos = c.pos, stop = c.stop_pos, message = message,
    hint = hint }
end

-- ------------------------------------------------------ particular mistakes

local mistakes = {}

local function mistake(f) mistakes[#mistakes + 1] = f end

-- Text that ends too early: a prompt reads on.
mistake(function(c)
  if not c.at_end then return nil end
  local open = c.open[#c.open]
  if open then
    return { code = "E103", pos = open, stop = open + 1, incomplete = true,
      message = "this `" .. c.text:sub(open, open) .. "` is never closed",
      hint = "close it before the end of the statement" }
  end
  local at = c.last_stop or c.start
  if wants(c, '"."') and c.rule ~= "goal" then
    return { code = "E102", pos = at, stop = at + 1, incomplete = true,
      message = "the statement lacks its full stop" }
  end
  return nil
end)

-- Does a line begin here that looks like another statement? Either it is one,
-- or it stands at the margin, where what goes on is indented.
local function new_statement(c)
  if not first_on_line(c.text, c.pos) then return false end
  if c.fits(c.pos) then return true end
  local before = c.text:sub(c.pos - 1, c.pos - 1)
  return before == "\n" and is_word(c)
    and not diag.near(c.unit, keywords(c))
end

mistake(function(c)
  local at_brace = c.unit == "}" and c.in_block and #c.open == 0
  if c.at_end or not wants(c, '"."') or c.rule == "goal" then return nil end
  if not at_brace and not new_statement(c) then return nil end
  return { code = "E102", pos = c.last_stop, stop = c.last_stop + 1,
    message = "the statement lacks its full stop", resume = c.pos }
end)

local MALFORMED = {
  E105 = "this string is not closed",
  E107 = "`%s` is not a date",
  E108 = "`%s` is not a number",
}

mistake(function(c)
  if c.at_end then return nil end
  local code, stop = lexer.malformed(c.text, c.pos)
  if not code then return nil end
  -- A good number or date in a bad place is not malformed.
  local spelt = c.text:sub(c.pos, stop - 1)
  if code == "E108" and (spelt:find "^%d+$" or spelt:find "^%d+%.%d+$") then
    return nil
  end
  if code == "E107" and (spelt:find "^%d%d%d%d%-%d%d$"
    or spelt:find "^%d%d%d%d%-%d%d%-%d%d$") then return nil end
  return { code = code, pos = c.pos, stop = stop,
    message = MALFORMED[code]:format(spelt) }
end)

mistake(function(c)
  for length = 2, 1, -1 do
    local spelt = c.text:sub(c.pos, c.pos + length - 1)
    if #spelt == length and FOREIGN[spelt] then
      return { code = "E136", pos = c.pos, stop = c.pos + length,
        message = "`" .. spelt .. "` is no operator here",
        hint = "write `" .. FOREIGN[spelt] .. "`" }
    end
  end
  -- The first half of the foreign operator may have been read already.
  local both = (c.last or "") .. c.unit
  if c.last_stop == c.pos and FOREIGN[both] and #both == 2 then
    return { code = "E136", pos = c.last_pos, stop = c.stop_pos,
      message = "`" .. both .. "` is no operator here",
      hint = "write `" .. FOREIGN[both] .. "`" }
  end
  return nil
end)

mistake(function(c)
  if c.at_end or c.unit:find '^[%w_%s"$.:,;(){}<>=!+*/-]' then return nil end
  local stop = c.text:match("^[\xC2-\xF4][\x80-\xBF]+()", c.pos)
  if not stop or not utf8.len(c.text, c.pos, c.pos) then stop = c.pos + 1 end
  local d = here(c, "E111", "stray character `"
    .. c.text:sub(c.pos, stop - 1) .. "`")
  d.stop, d.byte_error = stop, true
  return d
end)

mistake(function(c)
  local sign = c.text:sub(c.pos, c.pos + 1)
  if sign == "::" and c.act then
    return { code = "E118", pos = c.last_pos, stop = c.pos + 2,
      message = "a probability inside a claim" }
  end
  if c.chance and is_word(c) and (IS_ACT[c.unit] or wants(c, '"states"')) then
    return { code = "E118", pos = c.start, stop = c.chance + 2,
      message = "a probability before a claim" }
  end
  if sign ~= "::" then return nil end
  if c.last and c.last:find "^%a" then
    return { code = "E134", pos = c.last_pos, stop = c.last_stop,
      message = "`" .. c.last .. "` is no word of probability",
      hint = diag.suggestion(c.last, build.chance_words)
        or diag.codes.E128.hint }
  end
  return nil
end)

local IS_OPENER = {}
for _, word in ipairs(OPENERS) do IS_OPENER[word] = true end

-- `relation if(x).` reads as a rule for a while.
mistake(function(c)
  if c.last == "not" and (c.unit == "," or c.unit == ")") then
    return { code = "E123", pos = c.last_pos, stop = c.last_stop,
      message = "`not` is a reserved word" }
  end
  local second = c.second_word
  if not (second and IS_OPENER[c.first_word] and lexer.reserved[second])
    or c.first_word == "never" then return nil end
  return { code = "E123", pos = c.second_pos, stop = c.second_pos + #second,
    message = "`" .. second .. "` is a reserved word" }
end)

mistake(function(c)
  if not lexer.reserved[c.unit] or not wants(c, "name") then return nil end
  if wants(c, "variable") and c.next_unit ~= "(" and c.next_unit ~= ")" then
    return nil
  end
  if c.unit == "not" and wants(c, '"not"') then return nil end
  return here(c, "E123", "`" .. c.unit .. "` is a reserved word")
end)

mistake(function(c)
  if c.count == 1 and c.unit == "(" and c.first_word:find "^[%u_]" then
    return { code = "E124", pos = c.first_pos, stop = c.first_stop,
      message = "`" .. c.first_word .. "` is a variable; a name belongs here" }
  end
  if not c.unit:find "^[%u_]" or wants(c, "variable") then return nil end
  if wants(c, "grade_code") then return nil end
  if not wants(c, "name") then return nil end
  return here(c, "E124", "`" .. c.unit .. "` is a variable; a name belongs here",
    "names begin with a small letter: `" .. c.unit:lower() .. "`")
end)

mistake(function(c)
  if wants(c, "grade_code") then
    return here(c, "E137", "`" .. c.unit .. "` is not a grade")
  end
  return nil
end)

mistake(function(c)
  if not c.unit:find "^%d%d%d%d$" or not wants(c, "date") or wants(c, "integer")
  then return nil end
  return here(c, "E107", "`" .. c.unit .. "` is not a date",
    "a year alone is written d\"" .. c.unit .. "\"")
end)

-- `source abc title = …`, `in abc c1: …`
mistake(function(c)
  if not wants(c, '"{"') then return nil end
  if wants_from(c, '"{"', "source") then
    return here(c, "E133", "the fields of a source stand in braces",
      "source NAME { title = \"…\", … }.")
  end
  return nil
end)

mistake(function(c)
  if c.first_word ~= "in" or c.count ~= 2 then return nil end
  local d = here(c, "E133", "`{` is missing after `in " .. c.last .. "`",
    "in SOURCE { statements }")
  if c.at_end then d.pos, d.stop, d.incomplete = c.last_stop, c.last_stop + 1,
    true end
  return d
end)

mistake(function(c)
  if c.last ~= ";" or not wants(c, "percent") or wants(c, "variable") then
    return nil
  end
  return here(c, "E128", "each alternative needs its probability")
end)

-- Brackets.
mistake(function(c)
  local open = c.open[#c.open]
  if open and is_word(c) and first_on_line(c.text, c.pos) and c.fits(c.pos)
  then
    return { code = "E103", pos = open, stop = open + 1, resume = c.pos,
      message = "this `" .. c.text:sub(open, open) .. "` is not closed",
      hint = "another statement begins on line "
        .. select(2, c.text:sub(1, c.pos):gsub("\n", "")) + 1 }
  end
  if (c.unit == "." or c.unit == "}" or c.unit == ")") and open then
    local close = c.text:sub(open, open) == "(" and ")" or "}"
    if c.unit ~= close then
      return { code = "E103", pos = open, stop = open + 1,
        message = "this `" .. c.text:sub(open, open) .. "` is not closed",
        hint = "`" .. close .. "` is expected before `" .. c.unit .. "`" }
    end
  elseif c.unit == ")" or c.unit == "}" then
    return here(c, "E104", "this `" .. c.unit .. "` closes nothing")
  end
  return nil
end)

-- The first word, which begins no statement.
local function bad_opener(c, hint)
  return { code = "E117", pos = c.first_pos, stop = c.first_stop,
    message = "`" .. c.first_word .. "` begins no statement", hint = hint
      or "declarations begin with relation, state, event, term, source, "
      .. "question, import, export, never, in" }
end

local AFTER_SPEAKER = { "beats", "for", "via", "from", table.unpack(ACTS) }

local function bad_act(c, word, pos, stop)
  return { code = "E116", pos = pos, stop = stop,
    message = "`" .. word .. "` is no act of a claim",
    hint = diag.suggestion(word, AFTER_SPEAKER) or diag.codes.E132.hint }
end

local function is_name(word) return word ~= nil and word:find "^%l" ~= nil end

-- WORD WORD begins an entity, a claim, or a declaration misspelt.
mistake(function(c)
  if not (wants_from(c, "text", "entity") and c.count == 2
    and is_name(c.first_word) and is_name(c.last)) then return nil end
  local near_act = diag.near(c.last, AFTER_SPEAKER)
  local hint = diag.suggestion(c.first_word, OPENERS)
  if hint and not near_act then return bad_opener(c, hint) end
  if c.unit == "(" and not near_act then return bad_opener(c) end
  if c.unit == "." and not near_act then
    return here(c, "E101", "unexpected `.`; expected a label in quotes",
      "an entity is declared with a label: " .. c.first_word .. " " .. c.last
        .. " \"…\".")
  end
  return bad_act(c, c.last, c.last_pos, c.last_stop)
end)

mistake(function(c)
  if c.count ~= 1 or not is_name(c.first_word) or not is_word(c) then
    return nil
  end
  local hint = diag.suggestion(c.first_word, OPENERS)
  if not hint or diag.near(c.unit, ACTS) then return nil end
  return bad_opener(c, hint)
end)

mistake(function(c)
  if not wants_from(c, '"states"', "act") or #c.open > 0 then return nil end
  if not is_word(c) then
    if c.unit == "." or c.unit == "" then
      return here(c, "E132", "the claim has no act")
    end
    return nil
  end
  if IS_ACT[c.unit] then return nil end
  return bad_act(c, c.unit, c.pos, c.stop_pos)
end)

mistake(function(c)
  if c.unit == "claim" and wants(c, "change_sign") then
    return here(c, "E135", "`claim` follows a sign")
  end
  return nil
end)

-- -------------------------------------------------------------- unexpected

local function expected_list(c)
  local seen, list = {}, {}
  for what in pairs(c.expected) do
    if what ~= "unnamed" then
      local name = expected_name(what)
      if not seen[name] then
        seen[name] = true
        list[#list + 1] = name
      end
    end
  end
  table.sort(list)
  return list
end

local function or_list(list)
  if #list == 1 then return list[1] end
  return table.concat(list, ", ", 1, #list - 1) .. " or " .. list[#list]
end

local MAX_LISTED = 6

local function unexpected(c)
  local message = c.at_end and "the text ends too early"
    or "unexpected `" .. c.unit .. "`"
  local list = expected_list(c)
  if wants(c, "variable") and wants(c, '"("') then
    list = { wants(c, '"not"') and "a condition" or "a value" }
    if wants(c, '")"') then list[2] = "`)`" end
    if wants(c, '"}"') then list[2] = "`}`" end
  end
  local hint = is_word(c) and diag.suggestion(c.unit, keywords(c)) or nil
  if #list > 0 and #list <= MAX_LISTED then
    message = message .. "; expected " .. or_list(list)
  elseif wants(c, '"."') then
    message = message .. "; expected `.` or a keyword that goes on"
  end
  if lexer.reserved[c.unit] and not hint then
    hint = "`" .. c.unit .. "` is a reserved word"
  elseif is_word(c) and wants(c, '"and"') and #c.open == 0 and not hint then
    hint = "conditions are joined by `and`, `or`"
  end
  local d = here(c, "E101", message, hint)
  d.incomplete = c.at_end or nil
  if c.at_end and c.last_stop then d.pos, d.stop = c.last_stop, c.last_stop + 1 end
  return d
end

--- Make a diagnostic of a failure. context: text, start (of the statement),
-- far (where it stopped making sense), expected (what -> set of rules), rule
-- (what was being read), in_block, fits(pos) (does a statement begin there?).
-- Returns {code=, pos=, stop=, message=, hint=, incomplete=, resume=}.
function M.diagnose(context)
  local c = context
  look(c)
  survey(c)
  for _, try in ipairs(mistakes) do
    local found = try(c)
    if found then return found end
  end
  return unexpected(c)
end

return M
