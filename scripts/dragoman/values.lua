-- Values of the language as Lua sees them.
--
--   symbol, string  a Lua string (the two are one thing)
--   int, float      a Lua integer, a Lua float
--   date            {day=, text=, earliest=, latest=, qualifier=} with the
--                   metatable of `values.date`: days since 1970-01-01 in the
--                   proleptic Gregorian calendar. `day` is the latest day of
--                   an imprecise date. `text` is what was written.
--   compound term   {name=, arg, arg, …} with the metatable of `values.term`
--   interval        {from=, to=} of dates, both ends included
--
-- tostring of each gives the language's own syntax. `values.equal` and
-- `values.compare` agree with the engine's order: numbers by size (int before
-- float when equal), dates, intervals, symbols bytewise, then compounds by
-- arity, functor and arguments.

local M = {}

M.DAY_MIN = -0x80000000 -- before everything
M.DAY_MAX = 0x7FFFFFFF -- after everything

local MAX_YEAR = 9999

-- ---------------------------------------------------------------- calendar

--- Days since 1970-01-01 of a civil date (years are counted from March, so
-- that the leap day comes last; 400 years have 146097 days).
function M.day_of(year, month, day)
  local y = month <= 2 and year - 1 or year
  local era = y // 400
  local year_of_era = y - era * 400
  local month_from_march = (month + 9) % 12
  local day_of_year = (153 * month_from_march + 2) // 5 + day - 1
  local day_of_era = year_of_era * 365 + year_of_era // 4
    - year_of_era // 100 + day_of_year
  return era * 146097 + day_of_era - 719468
end

--- Year, month and day of a day number.
function M.civil(days)
  local z = days + 719468
  local era = z // 146097
  local day_of_era = z - era * 146097
  local year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524
    - day_of_era // 146096) // 365
  local day_of_year = day_of_era
    - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
  local mp = (5 * day_of_year + 2) // 153
  local day = day_of_year - (153 * mp + 2) // 5 + 1
  local month = mp < 10 and mp + 3 or mp - 9
  return year_of_era + era * 400 + (month <= 2 and 1 or 0), month, day
end

--- The number of days in a month.
function M.month_days(year, month)
  if month == 2 then
    local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
    return leap and 29 or 28
  end
  return (month == 4 or month == 6 or month == 9 or month == 11) and 30 or 31
end

--- "2021-04-13" for a day number; the infinities have names.
function M.day_text(days)
  if days <= M.DAY_MIN then return "-infinity" end
  if days >= M.DAY_MAX then return "infinity" end
  local y, m, d = M.civil(days)
  local sign = y < 0 and "-" or ""
  return string.format("%s%04d-%02d-%02d", sign, math.abs(y), m, d)
end

-- --------------------------------------------------------- reading of dates

local function problem_with(year, month, day)
  if month < 1 or month > 12 then return "there is no month " .. month end
  if day and (day < 1 or day > M.month_days(year, month)) then
    return string.format("%04d-%02d has no day %d", year, month, day)
  end
  return nil
end

local function span_of(year, month, day)
  local first, last = month or 1, month or 12
  return M.day_of(year, first, day or 1),
    M.day_of(year, last, day or M.month_days(year, last))
end

--- Read `2021-04-13` or `2021-04`: {earliest=, latest=, text=, plain=true}, or
-- nil and the reason.
function M.parse_date(text)
  local y, m, d = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)$"
  if not y then y, m = text:match "^(%d%d%d%d)%-(%d%d)$" end
  if not y then return nil, "a date is written 2021-04-13 or 2021-04" end
  y, m, d = tonumber(y), tonumber(m), tonumber(d)
  local problem = problem_with(y, m, d)
  if problem then return nil, problem end
  local earliest, latest = span_of(y, m, d)
  return { earliest = earliest, latest = latest, text = text, plain = true }
end

local QUALIFIERS = { ["?"] = "uncertain", ["~"] = "approximate",
  ["%"] = "both" }

-- Season codes 21-24 name a quarter of the year without saying which months;
-- the days are those of the year, and the text keeps the rest.
local SEASONS = { [21] = true, [22] = true, [23] = true, [24] = true }

local function unspecified(text)
  local y = text:match "^(%-?%d%d%d%d)%-XX%-XX$" or text:match
    "^(%-?%d%d%d%d)%-XX$"
  if y then return span_of(tonumber(y)) end
  local month_year, month = text:match "^(%-?%d%d%d%d)%-(%d%d)%-XX$"
  if month_year then
    if problem_with(tonumber(month_year), tonumber(month)) then return nil end
    return span_of(tonumber(month_year), tonumber(month))
  end
  local sign, digits, xs = text:match "^(%-?)(%d+)(X+)$"
  if not digits or #digits + #xs ~= 4 or #xs > 2 then return nil end
  local low = tonumber(digits .. ("0"):rep(#xs))
  local high = tonumber(digits .. ("9"):rep(#xs))
  if sign == "-" then low, high = -high, -low end
  return M.day_of(low, 1, 1), M.day_of(high, 12, 31)
end

local function long_year(text)
  local digits = text:match "^Y(%-?%d+)$"
  if not digits or #digits:gsub("-", "") < 5 then return nil end
  local year = tonumber(digits)
  if math.type(year) ~= "integer" or math.abs(year) > MAX_YEAR then
    return nil, "years go from -9999 to 9999"
  end
  return span_of(year)
end

-- One EDTF date without qualifier: earliest and latest day, or nil, reason.
local function plain_edtf(text)
  local day_part = text:match "^(%d%d%d%d%-%d%d%-%d%d)T%d%d:%d%d:%d%d[Z+%-:%d]*$"
  local y, m, d = (day_part or text):match "^(%-?%d%d%d%d)%-(%d%d)%-(%d%d)$"
  if not y then y, m = text:match "^(%-?%d%d%d%d)%-(%d%d)$" end
  if not y then y = text:match "^(%-?%d%d%d%d)$" end
  if y then
    y, m, d = tonumber(y), tonumber(m), tonumber(d)
    if m and SEASONS[m] and not d then return span_of(y) end
    local problem = m and problem_with(y, m, d)
    if problem then return nil, problem end
    return span_of(y, m, d)
  end
  if text:sub(1, 1) == "Y" then return long_year(text) end
  return unspecified(text)
end

local MALFORMED = "this is no date of EDTF level 0 or 1"

-- One EDTF date with its qualifier: {earliest, latest, qualifier}.
local function one_edtf(text)
  local qualifier = QUALIFIERS[text:sub(-1)]
  if qualifier then text = text:sub(1, -2) end
  local earliest, latest = plain_edtf(text)
  if not earliest then return nil, latest or MALFORMED end
  return { earliest = earliest, latest = latest, qualifier = qualifier }
end

local function open_end(text)
  return text == ".." or text == ""
end

local function interval_end(text, key, infinity)
  if open_end(text) then return { [key] = infinity } end
  return one_edtf(text)
end

local function edtf_interval(first, last)
  if open_end(first) and open_end(last) then return nil, MALFORMED end
  local from, problem = interval_end(first, "earliest", M.DAY_MIN)
  if not from then return nil, problem end
  local to, other_problem = interval_end(last, "latest", M.DAY_MAX)
  if not to then return nil, other_problem end
  if from.earliest > to.latest then return nil, "it ends before it begins" end
  return { earliest = from.earliest, latest = to.latest, interval = true,
    qualifier = from.qualifier or to.qualifier }
end

--- Read an EDTF date (levels 0 and 1): {earliest=, latest=, qualifier=, text=,
-- interval=true for A/B}, or nil and the reason.
function M.parse_edtf(text)
  local first, last = text:match "^([^/]*)/([^/]*)$"
  local date, problem
  if first then date, problem = edtf_interval(first, last)
  else date, problem = one_edtf(text) end
  if not date then return nil, problem or MALFORMED end
  date.text = text
  return date
end

-- ----------------------------------------------------------------- writing

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n",
  ["\t"] = "\\t", ["\r"] = "\\r" }

--- A text in quotes, as the language writes it.
function M.quote(text)
  local body = text:gsub('["\\\n\t\r]', ESCAPES):gsub("[\1-\31\127]",
    function(c) return string.format("\\u{%X}", c:byte()) end)
  return '"' .. body .. '"'
end

local RESERVED = { ["and"] = true, ["or"] = true, ["not"] = true,
  ["if"] = true }

--- Can a symbol be written bare?
function M.is_name(text)
  return text:match "^[a-z][%w_]*$" ~= nil and not RESERVED[text]
end

--- A symbol bare where it can be, else in quotes.
function M.symbol_text(text)
  return M.is_name(text) and text or M.quote(text)
end

--- A float that reads back as the same number, always with a point.
function M.float_text(value)
  local text = string.format("%.15g", value)
  if tonumber(text) ~= value then text = string.format("%.17g", value) end
  local mantissa, exponent = text:match "^([^e]+)(e.*)$"
  mantissa = mantissa or text
  if not mantissa:find(".", 1, true) then mantissa = mantissa .. ".0" end
  return mantissa .. (exponent or "")
end

-- ------------------------------------------------------------------- types

local date_meta = { __name = "dragoman.date" }
local term_meta = { __name = "dragoman.term" }
local interval_meta = { __name = "dragoman.interval" }

M.date_meta, M.term_meta, M.interval_meta = date_meta, term_meta,
  interval_meta

local type_names = { [date_meta] = "date", [term_meta] = "term",
  [interval_meta] = "interval" }

--- "symbol", "int", "float", "date", "term" or "interval"; nil for what is no
-- value of the language (NaN among it).
function M.type(value)
  local t = type(value)
  if t == "string" then return "symbol" end
  if t == "number" then
    if value ~= value then return nil end
    return math.type(value) == "integer" and "int" or "float"
  end
  return t == "table" and type_names[getmetatable(value)] or nil
end

local function new_date(parsed)
  return setmetatable({ day = parsed.latest, text = parsed.text,
    earliest = parsed.earliest, latest = parsed.latest,
    qualifier = parsed.qualifier, edtf = not parsed.plain or nil }, date_meta)
end

--- A date from text (plain, else EDTF) or from a day number; nil and the
-- reason when it is none.
function M.date(what)
  if M.type(what) == "date" then return what end
  if math.type(what) == "integer" then
    return new_date { earliest = what, latest = what, plain = true,
      text = M.day_text(what) }
  end
  if type(what) ~= "string" then return nil, "a date is a text or a day" end
  local parsed, problem = M.parse_date(what)
  if not parsed then
    local looks_plain = what:find "^%d%d%d%d%-%d%d"
    local other, other_problem = M.parse_edtf(what)
    parsed, problem = other, looks_plain and problem or other_problem
  end
  if not parsed then return nil, problem end
  return new_date(parsed)
end

--- A compound term: values.term("withdrawn", "us_forces").
function M.term(name, ...)
  return setmetatable({ name = name, ... }, term_meta)
end

--- The interval from one date to another, both included; texts and days will
-- do. nil and the reason when it is none.
function M.interval(from, to)
  local first, problem = M.date(from)
  if not first then return nil, problem end
  local last, last_problem = M.date(to)
  if not last then return nil, last_problem end
  if first.earliest > last.latest then
    return nil, "it ends before it begins"
  end
  return setmetatable({ from = first, to = last }, interval_meta)
end

-- --------------------------------------------------------------- tostring

local PRECEDENCE = { ["or"] = 1, ["and"] = 2, ["not"] = 3 }

local function write(value, level)
  local t = M.type(value)
  if t == "symbol" then return M.symbol_text(value) end
  if t == "float" then return M.float_text(value) end
  if t ~= "term" then return tostring(value) end
  local name, inner = value.name, PRECEDENCE[value.name]
  if inner and #value == (name == "not" and 1 or 2) then
    local text
    if name == "not" then text = "not " .. write(value[1], inner)
    else
      text = write(value[1], inner) .. " " .. name .. " "
        .. write(value[2], inner + 1)
    end
    return inner < level and "(" .. text .. ")" or text
  end
  local args = {}
  for i, arg in ipairs(value) do args[i] = write(arg, 0) end
  local sign = ""
  if name:sub(1, 1) == "-" then sign, name = "-", name:sub(2) end
  if #args == 0 then return sign .. M.symbol_text(name) end
  return sign .. M.symbol_text(name) .. "(" .. table.concat(args, ", ") .. ")"
end

--- Any value in the language's own syntax.
function M.show(value) return write(value, 0) end

-- A date that is an end of a validity has no notation of its own: the
-- infinities are written as they are named.
date_meta.__tostring = function(date)
  if date.edtf then return 'd"' .. date.text .. '"' end
  return date.text
end
term_meta.__tostring = function(term) return write(term, 0) end
interval_meta.__tostring = function(interval)
  return tostring(interval.from) .. ".." .. tostring(interval.to)
end

-- ------------------------------------------------------------------- order

local RANK = { int = 1, float = 1, date = 2, interval = 3, symbol = 4,
  term = 5 }

local function order(a, b)
  if a == b then return 0 end
  return a < b and -1 or 1
end

-- Lua compares an integer with a float by exact value.
local function compare_numbers(a, b)
  local by_size = order(a, b)
  if by_size ~= 0 or math.type(a) == math.type(b) then return by_size end
  return math.type(a) == "integer" and -1 or 1
end

-- Bytewise; the `<` of strings follows the locale.
local function compare_bytes(a, b)
  if a == b then return 0 end
  for i = 1, math.min(#a, #b) do
    local x, y = a:byte(i), b:byte(i)
    if x ~= y then return x < y and -1 or 1 end
  end
  return order(#a, #b)
end

local function compare_dates(a, b)
  local by_day = order(a.latest or a.day, b.latest or b.day)
  if by_day ~= 0 then return by_day end
  local by_start = order(a.earliest or a.day, b.earliest or b.day)
  if by_start ~= 0 then return by_start end
  local a_text, b_text = a.edtf and a.text or "", b.edtf and b.text or ""
  return compare_bytes(a_text, b_text)
end

local compare

local function compare_terms(a, b)
  local by_shape = order(#a, #b)
  if by_shape ~= 0 then return by_shape end
  by_shape = compare_bytes(a.name, b.name)
  for i = 1, #a do
    if by_shape ~= 0 then return by_shape end
    by_shape = compare(a[i], b[i])
  end
  return by_shape
end

local function compare_intervals(a, b)
  local by_start = compare_dates(a.from, b.from)
  if by_start ~= 0 then return by_start end
  return compare_dates(a.to, b.to)
end

local COMPARE = { compare_numbers, compare_dates, compare_intervals,
  compare_bytes, compare_terms }

--- Total order over values: below, at or above 0.
function compare(a, b)
  local rank_a, rank_b = RANK[M.type(a)], RANK[M.type(b)]
  assert(rank_a and rank_b, "not a value of the language")
  if rank_a ~= rank_b then return rank_a < rank_b and -1 or 1 end
  return COMPARE[rank_a](a, b)
end

M.compare = compare

--- Are two values the same value?
function M.equal(a, b) return compare(a, b) == 0 end

local function meta_equal(a, b)
  return M.type(a) ~= nil and M.type(a) == M.type(b) and compare(a, b) == 0
end

date_meta.__eq, term_meta.__eq, interval_meta.__eq = meta_equal, meta_equal,
  meta_equal
date_meta.__lt = function(a, b) return compare(a, b) < 0 end
date_meta.__le = function(a, b) return compare(a, b) <= 0 end

return M
