-- Mutated texts: the parser must neither raise nor stall, its diagnostics must
-- lie in the text, and where it finds nothing wrong the printed tree must
-- parse to the same tree. Arguments: number of texts, seed.

local tap = require "tap"
local diag = require "dragoman.diag"
local grammar = require "dragoman.grammar"
local syntax = require "dragoman.syntax"

local COUNT = tonumber(arg[1]) or 1500
local SEED = tonumber(arg[2]) or 20210413

math.randomseed(SEED)

local file = assert(io.open("tests/golden/grammar/language.dm"))
local language = file:read "a"
file:close()

local statements = {}
for _, statement in ipairs((grammar.parse(language))) do
  statements[#statements + 1] = language:sub(statement.pos, statement.stop - 1)
end

local PIECES = { "(", ")", "{", "}", ".", ",", ";", ":", "::", ":-", "..",
  "--", "-", "\"", "\\", "not ", " and ", " if ", "X", "_", "0", "2021-04",
  "1.5", "%", "\n", "\0", "\xFF", "é", " in abc", " on ", "d\"", "$", " until ",
  "count{ ", "likely :: ", "c1: ", " states ", "relation ", "\t", "=", "<" }

local function mutate(text)
  for _ = 1, math.random(4) do
    local at = math.random(#text + 1)
    local kind = math.random(4)
    if kind == 1 then
      text = text:sub(1, at - 1) .. text:sub(at + math.random(6))
    elseif kind == 2 then
      text = text:sub(1, at - 1) .. PIECES[math.random(#PIECES)]
        .. text:sub(at)
    elseif kind == 3 then
      local from = math.random(#text)
      text = text:sub(1, at - 1) .. text:sub(from, from + math.random(20))
        .. text:sub(at)
    else
      text = text:sub(1, at - 1) .. PIECES[math.random(#PIECES)]
        .. text:sub(at + 1)
    end
  end
  return text
end

local function in_text(d, text)
  return d.pos >= 1 and d.pos <= #text + 2 and d.line >= 1 and d.column >= 1
    and type(diag.format(d)) == "string"
end

local function survives(text)
  local chunk, list = grammar.parse(text, "fuzz")
  for _, d in ipairs(list) do
    if not in_text(d, text) then return "a diagnostic outside the text" end
  end
  if #list == 0 then
    if not grammar.recognise(text) then return "not of the grammar" end
    local again, wrong = grammar.parse(syntax.print(chunk), "printed")
    if #wrong > 0 then return "printed text is wrong:\n" .. syntax.print(chunk) end
    if not syntax.equal(chunk, again) then return "another tree" end
  end
  grammar.parse_formula(text, "fuzz")
  grammar.parse_change(text, "fuzz")
  return nil
end

local failures, clean = 0, 0
for _ = 1, COUNT do
  local text = mutate(statements[math.random(#statements)])
  if math.random(3) == 1 then
    text = text .. "\n" .. mutate(statements[math.random(#statements)])
  end
  local ok, problem = pcall(survives, text)
  if not ok or problem then
    failures = failures + 1
    if failures < 4 then
      tap.diag(tostring(problem))
      tap.diag(string.format("%q", text))
    end
  end
  local _, list = grammar.parse(text, "fuzz")
  if #list == 0 then clean = clean + 1 end
end
tap.is(failures, 0, COUNT .. " mutated texts, seed " .. SEED)
tap.ok(clean > COUNT // 50, "some of them are right: " .. clean)

tap.done()
