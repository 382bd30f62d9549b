-- Options and arguments of a command line, by a table that also writes the
-- help.
--
-- A specification is an array of {name=, short=, arg=, help=, many=, check=,
-- hidden=}: `arg` names the option's argument (none: a switch), `many` collects
-- an array, `check(text)` gives the value or nil and what is wrong, `hidden`
-- keeps it out of the help. `--name X`, `--name=X`, `-n X`, `-nX` are taken;
-- `--` ends the options.

local diag = require "dragoman.diag"

local M = {}

local HELP = { name = "help", short = "h", help = "print this help" }

local function index(specification)
  local long, short = { help = HELP }, { h = HELP }
  for _, option in ipairs(specification) do
    if option.name then long[option.name] = option end
    if option.short then short[option.short] = option end
  end
  return long, short
end

local function label(option)
  return option.name and "--" .. option.name or "-" .. option.short
end

local function store(into, option, text)
  local key, value = option.key or option.name or option.short, true
  if option.arg then
    value = text
    if option.check then
      local problem
      value, problem = option.check(text)
      if value == nil then
        return nil, string.format("%s: %s", label(option), problem)
      end
    end
  end
  if option.many then
    into[key] = into[key] or {}
    table.insert(into[key], value)
  else
    into[key] = value
  end
  return true
end

-- Positions of the two kinds of option: the option, its text, whether the
-- text is in the same word.
local function read_long(word, long)
  local name, text = word:match "^%-%-([^=]+)=(.*)$"
  name = name or word:sub(3)
  local option = long[name]
  if option then return option, text end
  local near = diag.suggestion(name, long)
  return nil, "there is no option --" .. name
    .. (near and "; " .. near:gsub("`([^`]+)`", "--%1") or "")
end

local function read_short(word, short)
  local option = short[word:sub(2, 2)]
  if not option then
    return nil, "there is no option " .. word:sub(1, 2)
  end
  if #word == 2 then return option end
  if not option.arg then
    return nil, string.format("option -%s takes no argument", option.short)
  end
  return option, word:sub(3)
end

-- `-joins(A, P)` is a goal.
local function is_option(word)
  return word:match "^%-." ~= nil and not word:match "^%-[%a_][%w_]*%s*[%({]"
end

--- Read words[from..]: a table of options (with `help` set when it was asked
-- for) and an array of the other words; nil and a message on a mistake. With
-- `rest` = n, everything behind the n-th such word is taken as it is.
function M.parse(specification, words, from, rest)
  local long, short = index(specification)
  local found, others, i = {}, {}, from or 1
  while i <= #words do
    local word = words[i]
    if word == "--" or rest and #others >= rest then
      if word == "--" then i = i + 1 end
      table.move(words, i, #words, #others + 1, others)
      break
    elseif is_option(word) then
      local option, text
      if word:sub(2, 2) == "-" then option, text = read_long(word, long)
      else option, text = read_short(word, short) end
      if not option then return nil, text end
      if option.arg and not text then
        i = i + 1
        text = words[i]
        if not text then
          return nil, label(option) .. " needs " .. option.arg
        end
      elseif text and not option.arg then
        return nil, label(option) .. " takes no argument"
      end
      local ok, problem = store(found, option, text)
      if not ok then return nil, problem end
    else
      others[#others + 1] = word
    end
    i = i + 1
  end
  return found, others
end

local function left_column(option)
  local forms = {}
  if option.short then forms[1] = "-" .. option.short end
  if option.name then forms[#forms + 1] = "--" .. option.name end
  return table.concat(forms, ", ") .. (option.arg and " " .. option.arg or "")
end

--- The lines of help about the options.
function M.describe(specification)
  local rows, width = {}, 0
  for _, option in ipairs(specification) do
    if not option.hidden then rows[#rows + 1] = option end
  end
  rows[#rows + 1] = HELP
  for i, option in ipairs(rows) do
    rows[i] = { left_column(option), option.help }
    width = math.max(width, #rows[i][1])
  end
  local lines = {}
  for i, row in ipairs(rows) do
    lines[i] = string.format("  %-" .. width .. "s  %s", row[1], row[2])
  end
  return table.concat(lines, "\n")
end

return M
