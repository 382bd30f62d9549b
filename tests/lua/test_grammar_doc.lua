-- engine/doc/language.md against the grammar: the EBNF of the page is the
-- grammar's, rule by rule and token by token, and every example parses.

local tap = require "tap"
local diag = require "dragoman.diag"
local grammar = require "dragoman.grammar"
local lexer = require "dragoman.lexer"
local peg = require "dragoman.peg"
local syntax = require "dragoman.syntax"

local file = assert(io.open("engine/doc/language.md"))
local page = file:read "a"
file:close()

-- The fenced blocks of one kind, with the line each begins on.
local function blocks(kind)
  local list = {}
  for at, body in page:gmatch("()\n```" .. kind .. "\n(.-)\n```") do
    local _, line = page:sub(1, at):gsub("\n", "")
    list[#list + 1] = { text = body .. "\n", line = line + 2 }
  end
  return list
end

local function squeeze(text) return (text:gsub("%s+", " ")) end

-- name -> body of the EBNF rules in a text, white space made even.
local function rules_of(text)
  local rules, names = {}, {}
  for name, body in text:gmatch "\n(%l[%l_]*) =%s+(.-) ;%f[\n]" do
    names[#names + 1] = name
    rules[name] = squeeze(body)
  end
  return rules, names
end

local documented, order = rules_of("\n" .. blocks("ebnf")[1].text)
local known = {}
for i, rule in ipairs(grammar.rules()) do
  known[rule.name] = true
  tap.is(documented[rule.name], squeeze(peg.show(rule)), "rule " .. rule.name)
  tap.is(order[i], rule.name, "in its place: " .. rule.name)
end
for _, name in ipairs(order) do
  tap.ok(known[name], "the grammar has the rule " .. name)
end

local tokens, token_order = rules_of("\n" .. blocks("tokens")[1].text)
for name, token in pairs(lexer.tokens) do
  tap.is(tokens[name], squeeze(token.ebnf), "token " .. name)
end

-- Terminals of the page's EBNF, read from the page alone.
local function terminals_of(text)
  local set = {}
  for terminal in text:gmatch '"([^"]+)"' do set[terminal] = true end
  return set
end

local page_terminals = terminals_of(blocks("ebnf")[1].text)
local grammar_terminals = peg.terminals(grammar.rules())
for terminal in pairs(grammar_terminals) do
  tap.ok(page_terminals[terminal], "the page has " .. terminal)
end
for terminal in pairs(page_terminals) do
  tap.ok(grammar_terminals[terminal], "the grammar has " .. terminal)
end

-- Every word of a rule is a rule, a token, or explained among the tokens.
local explained = {}
for _, name in ipairs(token_order) do explained[name] = true end
local function check_words(rules, names)
  for _, name in ipairs(names) do
    local bare = rules[name]:gsub("\\\\", ""):gsub('\\"', ""):gsub("%?.-%?", "")
      :gsub('"[^"]*"', "")
    for word in bare:gmatch "%l[%l_]*" do
      tap.ok(known[word] or explained[word], name .. " uses " .. word)
    end
  end
end
check_words(documented, order)
check_words(tokens, token_order)

-- Every symbol of the grammar competes for the longest match, and every rule
-- can be reached.
local listed = {}
for _, symbol in ipairs(lexer.symbols) do listed[symbol] = true end
for terminal in pairs(grammar_terminals) do
  if not terminal:find "^%a" then
    tap.ok(listed[terminal], "the lexer knows " .. terminal)
  end
end
local used = { chunk = true, goal = true, change = true }
for _, body in pairs(documented) do
  for word in body:gsub('"[^"]*"', ""):gmatch "%l[%l_]*" do
    used[word] = true
  end
end
for _, name in ipairs(order) do tap.ok(used[name], name .. " is used") end

-- Examples.
local function say(list)
  if #list > 0 then tap.diag(diag.format_all(list)) end
  return #list == 0
end

local count = 0
for _, block in ipairs(blocks "dragoman") do
  local place = "language.md:" .. block.line
  local chunk, list = grammar.parse(block.text, place)
  count = count + #chunk
  tap.ok(say(list) and #chunk > 0, place .. " parses")
  tap.ok(grammar.recognise(block.text), place .. " is of the grammar")
  local printed = grammar.parse(syntax.print(chunk), place)
  tap.ok(syntax.equal(chunk, printed), place .. " prints and parses the same")
end
tap.ok(count > 40, "there are examples")
for _, block in ipairs(blocks "goal") do
  local _, list = grammar.parse_formula(block.text, "goal")
  tap.ok(say(list), "language.md:" .. block.line .. " is a goal")
end
for _, block in ipairs(blocks "change") do
  local _, list = grammar.parse_change(block.text, "change")
  tap.ok(say(list), "language.md:" .. block.line .. " is a change")
end

tap.done()
