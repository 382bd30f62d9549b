-- Statements and goals of plain atoms, read without the grammar.
--
-- Compiling the grammar takes LPeg some milliseconds, longer than many a
-- program of a few lines or a lookup in a store. What these are made of mostly
-- is read here from left to right: declarations, imports, facts, rules and
-- goals whose atoms have one word or number for each argument. What is read is
-- the very tree that the grammar makes; for all else, mistakes included, nil
-- is given, and the grammar is asked.

local lexer = require "dragoman.lexer"

local M = {}

local MOST = 64 -- items of a list; what is larger is left to the grammar

-- Patterns of a first byte, what it begins, and the byte after it.
local NAME = "^%s*()(%l[%w_]*)()"
local STRING = '^%s*()"([^"\\\r\n]*)"()'
local STOP = "^%s*()(%.)()"

local Reader = {}
Reader.__index = Reader

-- Go past a pattern: where it began, what it is, where it ended; or nil.
function Reader:take(pattern)
  local from, what, stop = self.text:match(pattern, self.pos)
  if from then self.pos = stop end
  return from, what, stop
end

function Reader:sign(sign)
  local stop = self.text:match("^%s*%" .. sign .. "()", self.pos)
  if stop then self.pos = stop end
  return stop
end

function Reader:word(word)
  local from, what, stop = self.text:match(NAME, self.pos)
  if what == word then self.pos = stop end
  return what == word and from
end

function Reader:name()
  local from, name, stop = self:take(NAME)
  if not name or lexer.reserved[name] then return nil end
  return from, name, stop
end

-- A full stop, at the end of the text or before white space.
function Reader:full_stop()
  local _, _, stop = self:take(STOP)
  return stop and self.text:find("^%f[%s\0]", stop) and stop
end

-- ------------------------------------------------------------------- atoms

local function symbol(pos, text, stop)
  if lexer.reserved[text] then return nil end
  return { tag = "symbol", pos = pos, stop = stop, value = text }
end

local function integer(pos, text, stop)
  local value = tonumber(text)
  if math.type(value) ~= "integer" then return nil end
  return { tag = "int", pos = pos, stop = stop, value = value }
end

local function string_node(pos, text, stop)
  return { tag = "string", pos = pos, stop = stop, value = text }
end

local ARGUMENTS = {
  { "^%s*()([%u_][%w_]*)()", lexer.variable, of = { rule = true, goal = true } },
  { "^%s*()(%-?%d+)()", integer },
  { NAME, symbol },
  { STRING, string_node },
  { "^%s*()%$([%a_][%w_]*)()", lexer.param, of = { goal = true } },
}

local function argument(reader, place)
  for _, kind in ipairs(ARGUMENTS) do
    local pos, text, stop = reader:take(kind[1])
    if pos then
      local whole = reader.text:find("^%s*[,)]", stop)
      return whole and (not kind.of or kind.of[place])
        and kind[2](pos, text, stop)
    end
  end
end

-- Items between brackets, one at least, and the byte after; nil: they aren't.
local function list(reader, item, ...)
  local items = {}
  repeat
    local value = item(reader, ...)
    if not value or #items == MOST then return nil end
    items[#items + 1] = value
  until not reader:sign ","
  return reader:sign ")" and items, reader.pos
end

-- The names of aggregates are reserved in some places: they are left alone.
local function atom(reader, place)
  local pos, name, stop = reader:name()
  if not name or lexer.aggregates[name] then return nil end
  local node = { tag = "atom", pos = pos, stop = stop, name = name, args = {},
    negative = false }
  if reader:sign "(" then
    node.args, node.stop = list(reader, argument, place)
    if not node.args then return nil end
  end
  return node
end

-- -------------------------------------------------------------- statements

local function column(reader)
  local pos, name, stop = reader:name()
  local node = name and { pos = pos, stop = stop, name = name }
  if node and reader:sign ":" then
    local _, type_name, last = reader:name()
    node.type, node.stop = type_name, last
    if not type_name then return nil end
  end
  return node
end

-- The name and the columns of a declaration or an import; false: it has none.
local function heading(reader)
  local _, name = reader:name()
  if not name then return nil end
  if not reader:sign "(" then return name, false end
  local columns = list(reader, column)
  if not columns then return nil end
  return name, columns
end

local function relation(reader, kind, pos)
  local name, columns = heading(reader)
  local stop = name and reader:full_stop()
  return stop and { tag = "relation", pos = pos, stop = stop, kind = kind,
    name = name, columns = columns or {}, asserted = false, private = false }
end

local function import(reader, _, pos)
  local name, columns = heading(reader)
  if not name or not reader:word "from" then return nil end
  local _, file = reader:take(STRING)
  local stop = file and reader:full_stop()
  return stop and { tag = "import", pos = pos, stop = stop, name = name,
    columns = columns or nil, file = file, options = {} }
end

local function literal(reader)
  local pos = reader:word "not"
  local inner = atom(reader, "rule")
  if not pos or not inner then return inner end
  return { tag = "not", pos = pos, stop = inner.stop, inner }
end

local function body(reader)
  local node = { tag = "and" }
  repeat
    local part = literal(reader)
    if not part or #node == MOST then return nil end
    node[#node + 1] = part
  until not (reader:sign "," or reader:word "and")
  if #node == 1 then return node[1] end
  node.pos, node.stop = node[1].pos, node[#node].stop
  return node
end

local function fact(reader)
  local node = atom(reader, "fact")
  local stop = node and reader:full_stop()
  return stop and { tag = "fact", pos = node.pos, stop = stop, atom = node,
    at = {} }
end

local function rule(reader)
  local head = atom(reader, "rule")
  if not head or not reader:word "if" then return nil end
  local condition = body(reader)
  local stop = condition and reader:full_stop()
  return stop and { tag = "rule", mode = "strict", pos = head.pos,
    stop = stop, head = head, body = condition, alternatives = {}, at = {} }
end

local DECLARE = { relation = relation, state = relation, event = relation,
  import = import }

local function statement(reader)
  local start = reader.pos
  local pos, word = reader:take(NAME)
  local node = DECLARE[word] and DECLARE[word](reader, word, pos)
  if node then return node end
  for _, read in ipairs { fact, rule } do
    reader.pos = start
    node = read(reader)
    if node then return node end
  end
end

local function goal(reader)
  local node = atom(reader, "goal")
  if reader:sign "." and not reader.text:find("^%f[%s\0]", reader.pos) then
    return nil
  end
  return reader.text:find("^%s*$", reader.pos) and node
end

-- --------------------------------------------------------------------- API

local READ = { statement = statement, goal = goal }

--- The tree of a "statement" or "goal" at pos and the position after it; nil:
-- it isn't one of those that are read here.
function M.read(start, text, pos)
  if not READ[start] then return nil end
  local reader = setmetatable({ text = text, pos = pos }, Reader)
  local node = READ[start](reader)
  if node then return node, reader.pos end
end

return M
