-- Diagnostics: what every message has, the table of codes, the printer with
-- its caret, and the search for a near name.
--
-- A diagnostic is {code=, severity=, file=, line=, column=, length=, message=,
-- hint=, text=, pos=, stop=}: columns count characters from 1, `text` is the
-- line, `length` the characters to underline, pos and stop are bytes. Codes
-- never change their meaning; a code that is retired is not used again.

local M = {}

-- code -> title (what `dragoman explain CODE` and the manual say), hint.
-- E1xx: the text of the language.
M.codes = {
  E101 = { title = "unexpected word or sign" },
  E102 = { title = "a statement lacks its full stop",
    hint = "end the statement with `.`" },
  E103 = { title = "a bracket is not closed" },
  E104 = { title = "a bracket closes nothing", hint = "remove it" },
  E105 = { title = "a string is not closed",
    hint = "close it with `\"` on its line; a `\\` at the end of a line "
      .. "continues it" },
  E106 = { title = "an unknown escape in a string",
    hint = "escapes are \\n \\t \\r \\\" \\\\ and \\u{1F4A1}" },
  E107 = { title = "a date that does not exist or is malformed",
    hint = "dates are 2021-04-13 or 2021-04; anything else d\"…\"" },
  E108 = { title = "a malformed number",
    hint = "a decimal point has digits on both sides, a subtraction spaces" },
  E109 = { title = "an integer beyond 64 bits",
    hint = "integers go from -9223372036854775808 to 9223372036854775807; "
      .. "with a decimal point it is a float" },
  E110 = { title = "a float too large",
    hint = "floats go up to about 1.8e308" },
  E111 = { title = "a stray character",
    hint = "names are ASCII letters, digits and _; other text goes in quotes" },
  E112 = { title = "invalid UTF-8", hint = "save the file as UTF-8" },
  E113 = { title = "a NUL byte", hint = "remove it; is this a text file?" },
  E114 = { title = "nested too deep", hint = "the limit is 200 levels" },
  E115 = { title = "a statement too large",
    hint = "split it; tables belong in a file that is imported" },
  E116 = { title = "an unknown act" },
  E117 = { title = "an unknown statement" },
  E118 = { title = "a probability inside a claim",
    hint = "a hedge is kept as a word: `hedge likely`; `P ::` belongs to "
      .. "facts and rules" },
  E119 = { title = "a variable in a fact",
    hint = "names begin with a small letter; a rule needs `if`" },
  E120 = { title = "a variable in a claim",
    hint = "a claim speaks of named things; names begin with a small letter" },
  E121 = { title = "an aggregate out of place" },
  E122 = { title = "said twice", hint = "keep one of them" },
  E123 = { title = "a reserved word as a name",
    hint = "`and or not if` are reserved; write it in quotes, or choose "
      .. "another name" },
  E124 = { title = "a variable where a name belongs",
    hint = "names begin with a small letter" },
  E125 = { title = "a statement that cannot stand in a source's block",
    hint = "a block `in SOURCE { … }` holds claims, facts, questions and "
      .. "entities" },
  E126 = { title = "a value where a condition belongs",
    hint = "a condition is an atom, a comparison, or those with and, or, not" },
  E127 = { title = "a condition where a value belongs" },
  E128 = { title = "a bad probability",
    hint = "a number from 0 to 1, a percentage, lo..hi, or one of "
      .. "almost_no_chance, very_unlikely, unlikely, roughly_even, likely, "
      .. "very_likely, almost_certain" },
  E129 = { title = "a rule without a body",
    hint = "a label names a rule or a claim; a fact has none" },
  E130 = { title = "a parameter outside a goal",
    hint = "`$name` is filled in by a query only" },
  E131 = { title = "a range upside down", hint = "the lower end comes first" },
  E132 = { title = "a claim without an act",
    hint = "acts: states, denies, assesses, forecasts, plans, promises, "
      .. "threatens, demands, offers, accepts, refuses, warns, infers" },
  E133 = { title = "a block is not opened or not closed" },
  E134 = { title = "an unknown probability word" },
  E135 = { title = "a change that makes no sense",
    hint = "`+ STATEMENT.`, `- STATEMENT.` or `- claim ID.`" },
  E136 = { title = "an operator of another language" },
  E137 = { title = "a bad grade",
    hint = "reliability A to F, then credibility 1 to 6: B, B2" },
  E138 = { title = "a keyword where its part is missing" },
}

--- Add the codes of another module (each {title=, hint=}); a code has one
-- owner.
function M.register(codes)
  for code, entry in pairs(codes) do
    assert(not M.codes[code], "diagnostic code used twice: " .. code)
    M.codes[code] = entry
  end
end

-- ------------------------------------------------------------- near names

-- Optimal string alignment distance (insertion, deletion, substitution,
-- transposition of neighbours), or limit + 1 as soon as it is above limit.
local function distance(a, b, limit)
  local n, m = #a, #b
  if math.abs(n - m) > limit then return limit + 1 end
  local before, previous, current = {}, {}, {}
  for j = 0, m do previous[j] = j end
  for i = 1, n do
    current[0] = i
    local best = i
    for j = 1, m do
      local same = a:byte(i) == b:byte(j)
      local cost = math.min(previous[j] + 1, current[j - 1] + 1,
        previous[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1)
        and a:byte(i - 1) == b:byte(j) then
        cost = math.min(cost, before[j - 2] + 1)
      end
      current[j] = cost
      best = math.min(best, cost)
    end
    if best > limit then return limit + 1 end
    before, previous, current = previous, current, before
  end
  return previous[m]
end

M.distance = distance

local MAX_NAME = 64 -- a longer name gets no suggestion

--- The candidate nearest to name, or nil when none is near. Candidates are an
-- array or a set (keys). One mistake is allowed in three letters, at most 3;
-- of equally near ones the first by the alphabet is taken.
function M.near(name, candidates)
  if #name > MAX_NAME then return nil end
  local limit = math.min(3, (#name + 1) // 3)
  local found, found_distance = nil, limit + 1
  local function try(candidate)
    if type(candidate) ~= "string" or candidate == name
      or #candidate > MAX_NAME then return end
    local d = distance(name:lower(), candidate:lower(), limit)
    if d < found_distance
      or d == found_distance and found and candidate < found then
      found, found_distance = candidate, d
    end
  end
  for key, value in pairs(candidates) do
    try(type(key) == "string" and key or value)
  end
  return found
end

--- "did you mean `x`?" or nil.
function M.suggestion(name, candidates)
  local found = M.near(name, candidates)
  return found and "did you mean `" .. found .. "`?" or nil
end

-- ------------------------------------------------------------------- lines

--- The byte positions at which the lines of text begin.
function M.line_starts(text)
  local starts, n = { 1 }, 1
  local pos = text:find("\n", 1, true)
  while pos do
    n = n + 1
    starts[n] = pos + 1
    pos = text:find("\n", pos + 1, true)
  end
  return starts
end

local function line_of(starts, pos)
  local low, high = 1, #starts
  while low < high do
    local middle = (low + high + 1) // 2
    if starts[middle] <= pos then low = middle else high = middle - 1 end
  end
  return low
end

-- Characters in a stretch of text; every byte that is no valid UTF-8 counts
-- as one.
local function characters(text)
  local count, pos = 0, 1
  while pos <= #text do
    local n, bad = utf8.len(text, pos)
    if n then return count + n end
    count = count + utf8.len(text, pos, bad - 1) + 1
    pos = bad + 1
  end
  return count
end

-- The first byte of a line that counts; a byte order mark takes no column.
local function line_first(text, starts, line, pos)
  local first = starts[line]
  if first == 1 and text:sub(1, 3) == "\u{FEFF}" then return math.min(4, pos) end
  return first
end

--- Line and column (in characters, from 1) of byte pos; starts comes from
-- line_starts and remembers the last place, so that places asked for in order
-- cost what lies between them, however long the line is.
function M.place(text, starts, pos)
  pos = math.max(1, math.min(pos, #text + 1))
  local line = line_of(starts, pos)
  local first, column = line_first(text, starts, line, pos), 1
  local last = starts.last
  if last and last.line == line and last.pos <= pos and last.pos > first then
    first, column = last.pos, last.column
  end
  column = column + characters(text:sub(first, pos - 1))
  if (text:byte(pos) or 0) & 0xC0 ~= 0x80 then -- not inside a character
    starts.last = { line = line, pos = pos, column = column }
  end
  return line, column
end

--- Line, column and text of the line that holds byte pos, and the line's first
-- byte.
function M.locate(text, starts, pos)
  pos = math.max(1, math.min(pos, #text + 1))
  local line, column = M.place(text, starts, pos)
  local first = line_first(text, starts, line, pos)
  local last = (starts[line + 1] or #text + 2) - 2
  if text:sub(last, last) == "\r" then last = last - 1 end
  return line, column, text:sub(first, last), first
end

-- --------------------------------------------------------- making, printing

local MAX_TEXT = 2000 -- bytes of a line that a diagnostic keeps

--- A part of a long line around byte pos, which is in that column, and how many
-- characters of the line stand before it. text is the line, which begins at
-- byte `first` of `whole`.
function M.window(whole, text, first, pos, column)
  local from = math.max(first, pos - MAX_TEXT // 2)
  while from < pos and (whole:byte(from) or 0) & 0xC0 == 0x80 do
    from = from + 1
  end
  local last = math.min(#text, from - first + MAX_TEXT)
  while last < #text and text:byte(last + 1) & 0xC0 == 0x80 do
    last = last - 1 -- do not end inside a character
  end
  local part = text:sub(from - first + 1, last)
  return part, column - 1 - characters(whole:sub(from, pos - 1))
end

--- A diagnostic about bytes pos..stop-1 of a text. where: {text=, name=,
-- starts=} (starts is filled in when it is missing). extra may give hint,
-- severity, and any other fields.
function M.new(code, where, pos, stop, message, extra)
  local entry = assert(M.codes[code], "unknown diagnostic code")
  where.starts = where.starts or M.line_starts(where.text)
  local line, column, text, first = M.locate(where.text, where.starts, pos)
  local line_stop = first + #text
  local underlined = where.text:sub(pos, math.min(stop, line_stop,
    pos + MAX_TEXT) - 1)
  local shift = 0
  if #text > MAX_TEXT then
    text, shift = M.window(where.text, text, first, pos, column)
  end
  local d = { code = code, file = where.name, line = line, column = column,
    shift = shift,
    length = math.max(1, characters(underlined)), message = message,
    text = text, pos = pos, stop = stop, hint = entry.hint,
    severity = code:sub(1, 1) == "W" and "warning" or "error" }
  for key, value in pairs(extra or {}) do d[key] = value end
  return d
end

local WIDTH = 200 -- a longer line is shown in part

-- Bytes that would disturb a terminal are shown as `?`; tabs stay, so that
-- the caret line can repeat them.
local function printable(text)
  if not utf8.len(text) then text = text:gsub("[\128-\255]", "?") end
  return (text:gsub("[%z\1-\8\11-\31\127]", "?"))
end

local function chars_of(text)
  local list = {}
  for _, code in utf8.codes(text) do list[#list + 1] = utf8.char(code) end
  return list
end

-- The line and its caret line; tabs stand in both, so the two align.
local function excerpt(d)
  local chars = chars_of(printable(d.text))
  local from, column = 1, d.column - (d.shift or 0)
  if #chars > WIDTH then from = math.max(1, column - WIDTH // 2) end
  local to = math.min(#chars, from + WIDTH - 1)
  local pad = {}
  for i = from, column - 1 do
    pad[#pad + 1] = chars[i] == "\t" and "\t" or " "
  end
  local length = math.max(1, math.min(d.length, to - column + 1))
  return table.concat(chars, "", from, to), table.concat(pad)
    .. ("^"):rep(length)
end

--- A diagnostic for people: place and message, the line, carets, the hint.
function M.format(d)
  local place = (d.file or "?")
  if d.line then place = place .. ":" .. d.line .. ":" .. d.column end
  local lines = { string.format("%s: %s[%s]: %s", place, d.severity or "error",
    d.code, d.message) }
  if d.text and d.line then
    local line, carets = excerpt(d)
    lines[2], lines[3] = "  " .. line, "  " .. carets
  end
  if d.hint then lines[#lines + 1] = "  hint: " .. d.hint end
  return table.concat(lines, "\n")
end

--- Several diagnostics, by place, with an empty line between them.
function M.format_all(list)
  local parts = {}
  for i, d in ipairs(M.sort(list)) do parts[i] = M.format(d) end
  return table.concat(parts, "\n\n")
end

--- Sort a list in place by line, column, code; returns it.
function M.sort(list)
  local order = {}
  for i, d in ipairs(list) do order[d] = i end
  table.sort(list, function(a, b)
    if a.file ~= b.file then return order[a] < order[b] end
    local pa, pb = a.pos or 0, b.pos or 0
    if pa ~= pb then return pa < pb end
    if a.code ~= b.code then return a.code < b.code end
    return order[a] < order[b]
  end)
  return list
end

return M
