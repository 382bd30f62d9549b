-- Values: calendar, dates, terms, intervals, their text and their order.

local tap = require "tap"
local values = require "dragoman.values"

local is, ok = tap.is, tap.ok

-- Calendar: known days, and every day of some centuries forth and back.
is(values.day_of(1970, 1, 1), 0, "the epoch")
is(values.day_of(2000, 3, 1), 11017, "the day after a leap day of a century")
is(values.day_of(1969, 12, 31), -1, "the day before")
is(values.day_of(-1, 12, 31), values.day_of(0, 1, 1) - 1, "there is a year 0")

local bad = 0
local y, m, d = 1896, 1, 1
for day = values.day_of(1896, 1, 1), values.day_of(2104, 12, 31) do
  local cy, cm, cd = values.civil(day)
  if cy ~= y or cm ~= m or cd ~= d or values.day_of(y, m, d) ~= day then
    bad = bad + 1
  end
  d = d + 1
  if d > values.month_days(y, m) then d, m = 1, m + 1 end
  if m > 12 then y, m = y + 1, 1 end
end
is(bad, 0, "civil and day_of agree from 1896 to 2104")
is(values.month_days(1900, 2), 28, "1900 has no leap day")
is(values.month_days(2000, 2), 29, "2000 has one")

-- Plain dates.
local function plain(text) return values.parse_date(text) end

is(plain "2021-04-13".earliest, 18730, "a day")
is(plain "2021-04-13".latest, 18730, "is one day")
is(plain "2021-04".earliest, values.day_of(2021, 4, 1), "a month begins")
is(plain "2021-04".latest, values.day_of(2021, 4, 30), "a month ends")
for _, text in ipairs { "2021-02-29", "2021-13", "2021-00-01", "2021-04-31",
  "2021-4-1", "2021", "21-04-13", "", "2021-04-00" } do
  local date, reason = plain(text)
  ok(date == nil and type(reason) == "string", "no date: " .. text)
end

-- EDTF: earliest and latest day of each form.
local edtf = {
  { "2021", "2021-01-01", "2021-12-31" },
  { "2021-04", "2021-04-01", "2021-04-30" },
  { "2021-04-13", "2021-04-13", "2021-04-13" },
  { "2021-04-13~", "2021-04-13", "2021-04-13", "approximate" },
  { "2021-04?", "2021-04-01", "2021-04-30", "uncertain" },
  { "2021%", "2021-01-01", "2021-12-31", "both" },
  { "201X", "2010-01-01", "2019-12-31" },
  { "20XX", "2000-01-01", "2099-12-31" },
  { "2004-XX", "2004-01-01", "2004-12-31" },
  { "1985-04-XX", "1985-04-01", "1985-04-30" },
  { "1985-XX-XX", "1985-01-01", "1985-12-31" },
  { "2001-21", "2001-01-01", "2001-12-31" },
  { "1985-04-12T23:20:30Z", "1985-04-12", "1985-04-12" },
  { "2004-06/2006-08", "2004-06-01", "2006-08-31" },
  { "2004-02-01~/2005", "2004-02-01", "2005-12-31", "approximate" },
  { "1985-04/..", "1985-04-01", "infinity" },
  { "../1985-04", "-infinity", "1985-04-30" },
  { "-0044-03-15", "-0044-03-15", "-0044-03-15" },
}
for _, case in ipairs(edtf) do
  local date = values.parse_edtf(case[1])
  ok(date and values.day_text(date.earliest) == case[2]
    and values.day_text(date.latest) == case[3]
    and date.qualifier == case[4] and date.text == case[1],
    "EDTF " .. case[1])
end
for _, text in ipairs { "", "..", "../..", "2021-13", "2021-04-31", "21",
  "April 2021", "2006/2004", "2021-4", "Y99", "Y170000002", "2XXX", "?" } do
  local date, reason = values.parse_edtf(text)
  ok(date == nil and type(reason) == "string", "no EDTF: " .. text)
end

-- Texts.
is(tostring(values.date "2021-04-13"), "2021-04-13", "a day as text")
is(tostring(values.date(18730)), "2021-04-13", "a day from its number")
is(tostring(values.date "2021-04"), "2021-04", "a month as text")
is(tostring(values.date "2021-04-13~"), 'd"2021-04-13~"', "EDTF as text")
is(values.date "2021-04".day, values.day_of(2021, 4, 30),
  "the day of an imprecise date is its last")
ok(not values.date "2021-02-30", "values.date refuses what is none")
is(tostring(values.interval("2021-04-01", "2021-05")), "2021-04-01..2021-05",
  "an interval as text")
ok(not values.interval("2021-05", "2021-04-01"), "an interval upside down")

local term = values.term
is(tostring(term("withdrawn", "us_forces")), "withdrawn(us_forces)", "a term")
is(tostring(term("-joins", "a", 1, 2.0, "B c")), '-joins(a, 1, 2.0, "B c")',
  "a negative term with values of all kinds")
is(tostring(term("and", term("a", 1), term("not", term("or", "b", "c")))),
  "a(1) and not (b or c)", "a formula")
is(tostring(term("and", "a", term("and", "b", "c"))), "a and (b and c)",
  "brackets keep the shape")
is(values.show "taliban", "taliban", "a symbol bare")
is(values.show "The Taliban", '"The Taliban"', "a symbol quoted")
is(values.show "not", '"not"', "a reserved word quoted")
is(values.show 'a"b\\c\nd\1', '"a\\"b\\\\c\\nd\\u{1}"', "escapes")
is(values.show(0.1), "0.1", "a short float")
is(values.show(1e300), "1.0e+300", "a float always has a point")
is(values.show(1 / 3), "0.33333333333333331", "a float to the last digit")
is(values.show(3.0), "3.0", "a whole float is no int")

-- Types.
is(values.type(1), "int", "type int")
is(values.type(1.5), "float", "type float")
is(values.type "x", "symbol", "type symbol")
is(values.type(values.date "2021-04-13"), "date", "type date")
is(values.type(term "f"), "term", "type term")
is(values.type(0 / 0), nil, "NaN is no value")
is(values.type {}, nil, "a table is no value")

-- Equality and order.
ok(values.date "2021-04-13" == values.date(18730), "equal dates")
ok(term("f", 1) == term("f", 1), "equal terms")
ok(term("f", 1) ~= term("f", 1.0), "1 is not 1.0")
ok(values.date "2021-04-13" ~= values.date "2021-04-13~", "a doubt counts")

local ordered = {
  -5, 1, 1.0, 1.5, 2, 1e300, values.date "2021-04-12",
  values.date "2021-04-13", values.interval("2021-04-01", "2021-04-02"),
  values.interval("2021-04-01", "2021-04-03"), "", "B", "a", "aa", "b",
  term("f", 1), term("f", 2), term("g", 1), term("f", 1, 1),
}
local wrong = 0
for i, a in ipairs(ordered) do
  for j, b in ipairs(ordered) do
    local wanted = i == j and 0 or i < j and -1 or 1
    if values.compare(a, b) ~= wanted then wrong = wrong + 1 end
  end
end
is(wrong, 0, "a total order over all kinds")
is(values.compare(2 ^ 53, 2 ^ 53 // 1 | 0), 1, "int before the equal float")
is(values.compare(9007199254740993, 9007199254740992.0), 1,
  "ints and floats are compared exactly")
tap.raises(function() values.compare({}, 1) end, "not a value",
  "comparing what is no value raises")

tap.done()
