-- JSON for people's tools: written, not read. Keys are sorted, so that equal
-- data gives equal text.
--
-- Values of the language become: symbol -> string, int and float -> number,
-- date -> its text, interval -> {"from", "to"}, compound term -> {"name",
-- "args"}. A table is an array when it has no keys but 1..n (an empty one when
-- it is marked by json.array), else an object.

local values = require "dragoman.values"

local M = {}

local array_meta = { __name = "dragoman.json.array" }

--- Mark a table as an array, even when it is empty.
function M.array(list) return setmetatable(list or {}, array_meta) end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b",
  ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

-- Every byte that is no part of a UTF-8 character becomes U+FFFD.
local function valid_utf8(text)
  if utf8.len(text) then return text end
  local parts, pos = {}, 1
  while pos <= #text do
    local ok, bad = utf8.len(text, pos)
    if ok then
      parts[#parts + 1] = text:sub(pos)
      break
    end
    parts[#parts + 1] = text:sub(pos, bad - 1) .. "\u{FFFD}"
    pos = bad + 1
  end
  return table.concat(parts)
end

local function quoted(text)
  local body = valid_utf8(text):gsub('["\\%c]', function(c)
    return ESCAPES[c] or string.format("\\u%04x", c:byte())
  end)
  return '"' .. body .. '"'
end

local function number(x)
  if math.type(x) == "integer" then return string.format("%d", x) end
  if x ~= x or x == math.huge or x == -math.huge then return "null" end
  local text = string.format("%.15g", x)
  if tonumber(text) ~= x then text = string.format("%.17g", x) end
  return text:find "[%.eE]" and text or text .. ".0"
end

local write

local function write_array(list, n, indent, out)
  if n == 0 then
    out[#out + 1] = "[]"
    return
  end
  local inner = indent and indent .. "  "
  out[#out + 1] = "["
  for i = 1, n do
    if i > 1 then out[#out + 1] = "," end
    if inner then out[#out + 1] = "\n" .. inner end
    write(list[i], inner, out)
  end
  out[#out + 1] = (indent and "\n" .. indent or "") .. "]"
end

local function write_object(object, indent, out)
  local keys = {}
  for key in pairs(object) do keys[#keys + 1] = tostring(key) end
  table.sort(keys)
  if #keys == 0 then
    out[#out + 1] = "{}"
    return
  end
  local inner = indent and indent .. "  "
  out[#out + 1] = "{"
  for i, key in ipairs(keys) do
    if i > 1 then out[#out + 1] = "," end
    if inner then out[#out + 1] = "\n" .. inner end
    out[#out + 1] = quoted(key) .. (inner and ": " or ":")
    local value = object[key]
    if value == nil then value = object[math.tointeger(tonumber(key))] end
    write(value, inner, out)
  end
  out[#out + 1] = (indent and "\n" .. indent or "") .. "}"
end

local function write_value(value, kind, indent, out)
  if kind == "date" then
    out[#out + 1] = quoted(value.text)
  elseif kind == "interval" then
    write_object({ from = value.from, to = value.to }, indent, out)
  else
    local args = M.array()
    for i, arg in ipairs(value) do args[i] = arg end
    write_object({ name = value.name, args = args }, indent, out)
  end
end

local function is_array(t)
  local n = #t
  if n == 0 then return getmetatable(t) == array_meta, 0 end
  for key in pairs(t) do
    if math.type(key) ~= "integer" or key < 1 or key > n then return false end
  end
  return true, n
end

local function write_table(t, indent, out)
  local kind = values.type(t)
  if kind then return write_value(t, kind, indent, out) end
  local array, n = is_array(t)
  if array then write_array(t, n, indent, out)
  else write_object(t, indent, out) end
end

function write(value, indent, out)
  local t = type(value)
  if t == "string" then out[#out + 1] = quoted(value)
  elseif t == "number" then out[#out + 1] = number(value)
  elseif t == "boolean" then out[#out + 1] = tostring(value)
  elseif t == "table" then write_table(value, indent, out)
  else out[#out + 1] = "null" end
end

--- The JSON text of a value, indented when `pretty`; no newline at the end.
function M.encode(value, pretty)
  local out = {}
  write(value, pretty and "" or nil, out)
  return table.concat(out)
end

return M
