-- Golden diagnostics: tests/golden/diag/NAME.dm holds mistakes of one kind,
-- NAME.expected what is said about them. With an argument --accept what is
-- said now becomes what is expected; read the difference before you commit it.

local tap = require "tap"
local files = require "files"
local diag = require "dragoman.diag"
local grammar = require "dragoman.grammar"
local read = files.read
local write = files.write

local FOLDER = "tests/golden/diag/"

local function names()
  local list, pipe = {}, assert(io.popen("ls " .. FOLDER))
  for line in pipe:lines() do
    list[#list + 1] = line:match "^(.*)%.dm$"
  end
  pipe:close()
  return list
end

-- Every line that goes wrong is shown once, so a mistake never goes on to
-- spoil what follows; the text may still be parsed a second time.
local function said(name)
  local chunk, list = grammar.parse(read(FOLDER .. name .. ".dm"),
    name .. ".dm")
  return diag.format_all(list) .. "\n", #list, chunk
end

local seen = {}

for _, name in ipairs(names()) do
  local text, count = said(name)
  for code in text:gmatch "%[(E%d+)%]" do seen[code] = true end
  if arg[1] == "--accept" then write(FOLDER .. name .. ".expected", text) end
  tap.ok(count > 0, name .. ": something is wrong")
  if not tap.ok(text == read(FOLDER .. name .. ".expected"), name) then
    tap.diag(text)
  end
end

-- Each code of the grammar is shown by some file; the others need a text that
-- no file should hold, or a goal, or a change, and are tested in test_grammar.
local ELSEWHERE = { E115 = true, E135 = true, E138 = true }
for code in pairs(diag.codes) do
  if code:find "^E1" and not ELSEWHERE[code] then
    tap.ok(seen[code], "a golden file shows " .. code)
  end
end

tap.done()
