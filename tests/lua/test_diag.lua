-- Diagnostics: places, carets, near names.

local tap = require "tap"
local diag = require "dragoman.diag"

local is, ok = tap.is, tap.ok

local function where(text) return { text = text, name = "t.dm" } end

-- Lines and columns count characters.
local text = "one\n\ttwo é x\r\nthree"
local starts = diag.line_starts(text)
is(#starts, 3, "three lines")
local function at(pos)
  local line, column, shown = diag.locate(text, starts, pos)
  return line .. ":" .. column .. ":" .. shown
end
is(at(1), "1:1:one", "the first character")
is(at(4), "1:4:one", "the end of a line belongs to it")
is(at(5), "2:1:\ttwo é x", "a tab is one column; CR is not shown")
is(at(text:find "x"), "2:8:\ttwo é x", "é is one column")
is(at(#text + 1), "3:6:three", "the end of the text")
is(at(1000), "3:6:three", "beyond the end")

-- The caret stands under its character, tabs repeated.
local d = diag.new("E101", where(text), text:find "x", text:find "x" + 1,
  "unexpected `x`")
is(diag.format(d), "t.dm:2:8: error[E101]: unexpected `x`\n"
  .. "  \ttwo é x\n  \t      ^", "caret under a character after a tab and é")

local crlf = "p(a)\r\nq(#).\r\n"
d = diag.new("E111", where(crlf), crlf:find "#", crlf:find "#" + 1, "stray")
is(d.line .. ":" .. d.column .. d.text, "2:3q(#).", "CRLF")

local bom = "\u{FEFF}#"
d = diag.new("E111", where(bom), 4, 5, "stray")
is(d.column .. d.text, "1#", "a byte order mark takes no column")

d = diag.new("E112", where "a \xFF b", 3, 4, "bad byte")
ok(diag.format(d):find("  a ? b\n    ^", 1, true), "a bad byte shows as ?")

local long = ("x"):rep(5000) .. "#" .. ("y"):rep(5000)
d = diag.new("E111", where(long), 5001, 5002, "stray")
local lines = {}
for line in diag.format(d):gmatch "[^\n]+" do lines[#lines + 1] = line end
ok(#lines[2] <= 210, "a long line is shown in part")
is(lines[2]:sub(lines[3]:find "^" and lines[3]:find("^", 1, true) or 0,
  lines[3]:find("^", 1, true)), "#", "and the caret is still under its place")

d = diag.new("E103", where "p(a\nq", 2, 7, "open")
is(d.length, 2, "an underline ends with its line")

-- Near names.
is(diag.near("talban", { "taliban", "turkey" }), "taliban", "one missing")
is(diag.near("relatoin", { "relation", "state" }), "relation", "swapped")
is(diag.near("zebra", { "taliban", "turkey" }), nil, "nothing near")
is(diag.near("ab", { "xy" }), nil, "a short name needs a close one")
is(diag.near("us", { us = true, uk = true }), "uk", "a set will do")
is(diag.near("a", {}), nil, "no candidates")
is(diag.near("cat", { "car", "bat", "cab" }), "bat",
  "of equals the first by the alphabet")
is(diag.suggestion("talban", { "taliban" }), "did you mean `taliban`?",
  "as a hint")
is(diag.distance("kitten", "sitting", 5), 3, "distance")
is(diag.distance("abc", "abc", 3), 0, "no distance")
is(diag.distance("abcdefgh", "x", 2), 3, "cut off at the limit")
is(diag.near(("x"):rep(100000), { ("x"):rep(99999) }), nil,
  "no suggestions for monsters")

-- Many statements on one long line: each place is found from the last one.
local many = ("é(1). "):rep(20000)
local firsts, right, began = diag.line_starts(many), true, os.clock()
for i = 0, 19999 do
  local line, column = diag.place(many, firsts, i * 7 + 1)
  right = right and line == 1 and column == i * 6 + 1
end
ok(right, "columns on a long line")
ok(os.clock() - began < 2, "and in linear time")
local _, back = diag.place(many, firsts, 8)
is(back, 7, "places may be asked for in any order")

-- Order and the table of codes.
local list = diag.sort { { code = "E2", pos = 9 }, { code = "E1", pos = 9 },
  { code = "E9", pos = 1 } }
is(list[1].code .. list[2].code .. list[3].code, "E9E1E2", "sorted by place")
local fine = true
for code, entry in pairs(diag.codes) do
  if not code:find "^[EW]%d%d%d$" or not entry.title then fine = false end
end
ok(fine, "every code has its form and a title")
tap.raises(function() diag.register { E101 = { title = "x" } } end, "twice",
  "a code has one owner")
tap.raises(function() diag.new("E000", where "x", 1, 2, "y") end, "unknown",
  "an unknown code is a mistake")

tap.done()
