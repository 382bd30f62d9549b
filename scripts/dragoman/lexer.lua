-- The words of the language: one LPeg pattern for each kind of token, white
-- space, and the scans over raw text that recovery and the limits need.
--
-- A token pattern yields its value: text for names, a node (tag, pos, stop and
-- the value) for literals. Every token is guarded so that it never matches the
-- beginning of something longer; what is malformed (`12ab`, `2021-4-1`, an open
-- string) matches nothing and is named by `lexer.malformed`.

local lpeg = require "lpeg"
local values = require "dragoman.values"

local P, R, S = lpeg.P, lpeg.R, lpeg.S
local C, Cc, Cp, Cs = lpeg.C, lpeg.Cc, lpeg.Cp, lpeg.Cs

local M = {}

local digit = R "09"
local letter = R("az", "AZ", "09") + "_"
local comment = P "--" * (1 - P "\n") ^ 0
local blank = S " \t\r\n\f\v" ^ 1

M.letter = letter
M.skip = (blank + comment) ^ 0

-- Symbols compete for the longest match; `--` begins a comment.
M.symbols = { "::", ":-", ":", "..", "--", "-", "<=", "<", ">=", ">", "!=",
  "=", "+", "*", "/", "(", ")", "{", "}", ",", ";", "." }

M.reserved = { ["and"] = true, ["or"] = true, ["not"] = true, ["if"] = true }

-- A statement's full stop: `.` before white space, `--`, `}` or the end.
M.full_stop = P "." * #(blank + "--" + "}" + -P(1))

-- ------------------------------------------------------------------ errors

-- Problems found while values are made (an integer too large, a date that
-- does not exist) are told to this function: report(code, pos, stop, ...).
local report = function() end

function M.set_reporter(f) report = f end

-- ----------------------------------------------------------------- numbers

-- A numeral ends where no letter, decimal or date part goes on.
local numeral_end = -(letter + P "-" * digit + P "." * digit)
local exponent = S "eE" * S "+-" ^ -1 * digit ^ 1
local whole = digit ^ 1 * numeral_end
local fraction = (digit ^ 1 * "." * digit ^ 1 * exponent ^ -1
  + digit ^ 1 * exponent) * numeral_end

local function make_integer(pos, text, stop)
  local value = math.tointeger(tonumber(text))
  if math.type(tonumber(text)) ~= "integer" then
    report("E109", pos, stop, text)
    value = 0
  end
  return { tag = "int", pos = pos, stop = stop, value = value }
end

local function make_float(pos, text, stop)
  local value = tonumber(text)
  if value == math.huge or value == -math.huge then
    report("E110", pos, stop, text)
    value = 0.0
  end
  return { tag = "float", pos = pos, stop = stop, value = value + 0.0 }
end

-- ------------------------------------------------------------------- dates

local date_text = digit * digit * digit * digit * "-" * digit * digit
  * ("-" * digit * digit) ^ -1 * -(letter + P "-" * digit)

local function date_node(pos, text, stop, date, problem)
  if not date then
    report("E107", pos, stop, text, problem)
    date = { earliest = 0, latest = 0 }
  end
  return { tag = "date", pos = pos, stop = stop, text = text,
    earliest = date.earliest, latest = date.latest }
end

local function make_date(pos, text, stop)
  local node = date_node(pos, text, stop, values.parse_date(text))
  node.plain = true
  return node
end

local function make_edtf(pos, text, stop)
  local date, problem = values.parse_edtf(text)
  local node = date_node(pos, text, stop, date, problem)
  node.plain, node.edtf = false, text
  return node
end

-- ----------------------------------------------------------------- strings

local escapes = { n = "\n", t = "\t", r = "\r", ['"'] = '"', ["\\"] = "\\" }

local function bad_escape(pos, text)
  report("E106", pos, pos + #text, text)
  return text
end

local function code_point(pos, digits)
  local value = tonumber(digits, 16)
  if #digits > 6 or value > 0x10FFFF or value >= 0xD800 and value <= 0xDFFF
    or value == 0 then
    report("E106", pos, pos + #digits + 4, "\\u{" .. digits .. "}")
    return ""
  end
  return utf8.char(value)
end

local newline = P "\r" ^ -1 * P "\n"
local escape = P "\\" * S 'ntr"\\' / function(s) return escapes[s:sub(2)] end
  + Cp() * P "\\u{" * C(R("09", "af", "AF") ^ 1) * "}" / code_point
  + P "\\" * newline * S " \t" ^ 0 / ""
  + Cp() * C(P "\\" * (1 - S "\r\n")) / bad_escape
local quoted = P '"' * Cs((escape + (1 - S '"\\\r\n')) ^ 0) * P '"'

local function make_string(pos, value, stop)
  return { tag = "string", pos = pos, stop = stop, value = value }
end

-- ------------------------------------------------------------------- words

local reserved = P(false)
for word in pairs(M.reserved) do reserved = reserved + P(word) * -letter end

local word = R "az" * letter ^ 0
local name = -P 'd"' * word - reserved
local aggregate = P(false)
for _, op in ipairs { "count", "sum", "min", "max", "mean", "list" } do
  aggregate = aggregate + P(op) * -letter
end
M.aggregates = { count = true, sum = true, min = true, max = true,
  mean = true, list = true }

local function make_variable(pos, text, stop)
  if text == "_" then return { tag = "anon", pos = pos, stop = stop } end
  return { tag = "var", pos = pos, stop = stop, name = text }
end

local function make_param(pos, text, stop)
  return { tag = "param", pos = pos, stop = stop, name = text }
end

-- For those who read plain names without the grammar (short.lua).
M.variable, M.param = make_variable, make_param

local function make_percent(pos, text, stop)
  return { tag = "percent", pos = pos, stop = stop, value = tonumber(text) }
end

local function make_symbol(pos, text, stop)
  return { tag = "symbol", pos = pos, stop = stop, value = text }
end

local function make_grade(pos, reliability, credibility, stop)
  return { tag = "grade", pos = pos, stop = stop, reliability = reliability,
    credibility = tonumber(credibility) }
end

local function token(pattern, make) return Cp() * pattern * Cp() / make end

local negative = P "-" ^ -1
local named_start = name * M.skip * "=" -- `name = …` opens named columns

-- Name of the token -> its pattern and its EBNF (as in engine/doc/language.md).
M.tokens = {
  name = { pattern = C(name), ebnf = 'lower { letter }' },
  symbol = { pattern = token(C(name), make_symbol), ebnf = 'name' },
  variable = { pattern = token(C((R "AZ" + "_") * letter ^ 0), make_variable),
    ebnf = '( upper | "_" ) { letter }' },
  parameter = { pattern = token("$" * C((R("az", "AZ") + "_") * letter ^ 0),
    make_param), ebnf = '"$" ( lower | upper | "_" ) { letter }' },
  integer = { pattern = token(C(negative * whole), make_integer),
    ebnf = '[ "-" ] digit { digit }' },
  natural = { pattern = C(whole) / tonumber, ebnf = 'digit { digit }' },
  float = { pattern = token(C(negative * fraction), make_float),
    ebnf = '[ "-" ] digit { digit } '
      .. '( "." digit { digit } [ exponent ] | exponent )' },
  percent = { pattern = token(C(digit ^ 1 * ("." * digit ^ 1) ^ -1) * "%",
    make_percent), ebnf = 'digit { digit } [ "." digit { digit } ] "%"' },
  date = { pattern = token(C(date_text), make_date),
    ebnf = 'digit digit digit digit "-" digit digit [ "-" digit digit ]' },
  edtf = { pattern = token(P 'd"' * C((1 - S '"\r\n') ^ 0) * '"', make_edtf),
    ebnf = '"d" string' },
  string = { pattern = token(quoted, make_string),
    ebnf = '"\\"" { character | escape } "\\""' },
  text = { pattern = quoted, ebnf = 'string' },
  grade_code = { pattern = token(C(R "AF") * C(R "16") ^ -1 * -letter,
    function(pos, reliability, credibility, stop)
      if not stop then credibility, stop = nil, credibility end
      return make_grade(pos, reliability, credibility, stop)
    end), ebnf = '( "A" | "B" | "C" | "D" | "E" | "F" ) '
      .. '[ "1" | "2" | "3" | "4" | "5" | "6" ]' },
  negative = { pattern = P "-" * #word * Cc "-",
    ebnf = '"-" ? with a name right after it ?' },
  label_mark = { pattern = P ":" * #(blank + -P(1)),
    ebnf = '":" ? before white space ?' },
  change_sign = { pattern = C(S "+-") * #blank,
    ebnf = '( "+" | "-" ) ? before white space ?' },
  unnamed = { pattern = -named_start,
    ebnf = '? nothing, but not before name and "=" ?' },
  claim_ref = { pattern = C(name * ("." * name) ^ -1),
    ebnf = 'name [ "." name ]' },
}

-- Words that are keywords in one place only and need a guard there: `never`
-- before `(` is a name.
M.special = {
  ["."] = M.full_stop,
  never = P "never" * -letter * -(M.skip * "("),
  d = P(false),
}

-- -------------------------------------------------------------- raw scans

-- One lexical unit, whatever it is; `Cp` of the next one.
local open_string = P '"' * (P "\\" * 1 + (1 - S '"\\\r\n')) ^ 0
local raw_string = open_string * '"'
local unit = raw_string + letter ^ 1 + P(1)

local unit_span = M.skip * Cp() * unit * Cp()

--- The next lexical unit at or after pos: its first byte and the byte after
-- it; nil at the end.
function M.unit(text, pos)
  return unit_span:match(text, pos)
end

local stretch = (raw_string + comment + (1 - (M.full_stop + S '"{}' + "--")))
  ^ 1
local stop_at = stretch ^ -1 * Cp()

--- Go through text from pos to the end of the statement that begins there.
-- Returns the byte after it, and why it ended: "stop" (a full stop), "brace"
-- (a closing brace that this statement did not open) or "end".
function M.statement_end(text, pos)
  local depth = 0
  while true do
    pos = stop_at:match(text, pos)
    local c = text:sub(pos, pos)
    if c == "" then return pos, "end" end
    if c == "." then return pos + 1, "stop" end
    if c == "{" then depth = depth + 1 end
    if c == "}" then
      if depth == 0 then return pos, "brace" end
      depth = depth - 1
    end
    if c == '"' then -- an open string ends with its line, dot included
      local line_end = text:find("\n", pos, true) or #text + 1
      local rest = text:sub(pos, line_end - 1)
      if rest:find "%.%s*$" then return line_end, "stop" end
      pos = line_end
    else
      pos = pos + 1
    end
  end
end

local deep = (raw_string + comment + (1 - (S '"(){}' + "--"))) ^ 0 * Cp()

--- Position of the bracket that opens a nesting deeper than limit between
-- pos and stop, or nil.
function M.too_deep(text, pos, stop, limit)
  local depth, slice, first = 0, text:sub(pos, stop - 1), pos
  pos = 1
  while pos <= #slice do
    pos = deep:match(slice, pos)
    local c = slice:sub(pos, pos)
    if c == "(" or c == "{" then
      depth = depth + 1
      if depth > limit then return first + pos - 1 end
    elseif c == ")" or c == "}" then
      depth = depth - 1
    end
    pos = pos + 1
  end
  return nil
end

-- Malformed tokens by their look, in the order tried: code and pattern.
local numeral = (P "." * #digit) ^ -1 * digit
  * (letter + P "." * #digit + P "-" * #digit) ^ 0
local malformed = {
  { "E105", P "d" ^ -1 * open_string * -P '"' },
  { "E107", digit * digit * digit * digit * "-" * digit * (letter + "-") ^ 0 },
  { "E108", numeral },
}

--- The code and end of a malformed token at pos, or nil.
function M.malformed(text, pos)
  for _, entry in ipairs(malformed) do
    local stop = (entry[2] * Cp()):match(text, pos)
    if stop then return entry[1], stop end
  end
  return nil
end

return M
