-- Tables for people: columns aligned, at most 80 characters wide.
--
-- A column whose cells don't fit is broken into lines at spaces (or anywhere,
-- when a word is too long), the widest columns first; nothing is cut off.
-- Numbers are aligned to the right.

local M = {}

local GAP = 2
local BETWEEN = (" "):rep(GAP)
local NARROWEST = 8

local function width_of(text) return utf8.len(text) or #text end

-- Break text into lines of at most `width` characters.
local function wrap(text, width)
  if width_of(text) <= width and not text:find "%s" then return { text } end
  local lines, line = {}, ""
  local function flush()
    lines[#lines + 1] = line
    line = ""
  end
  for word in text:gmatch "%S+" do
    if line ~= "" and width_of(line) + 1 + width_of(word) > width then flush() end
    local whole, rest, from = utf8.len(word) ~= nil, width_of(word), 1
    while rest > width do
      if line ~= "" then flush() end
      local cut = whole and utf8.offset(word, width + 1, from) or from + width
      lines[#lines + 1] = word:sub(from, cut - 1)
      from, rest = cut, rest - width
    end
    if from > 1 then word = word:sub(from) end
    line = line == "" and word or line .. " " .. word
  end
  if line ~= "" or #lines == 0 then flush() end
  return lines
end

M.wrap = wrap

-- Narrow the widest columns until the whole fits.
local function fit(widths, limit)
  local total = (#widths - 1) * GAP
  for _, w in ipairs(widths) do total = total + w end
  while total > limit do
    local widest = 1
    for i, w in ipairs(widths) do
      if w > widths[widest] then widest = i end
    end
    if widths[widest] <= NARROWEST then break end
    widths[widest] = widths[widest] - 1
    total = total - 1
  end
end

local function pad(text, width, right)
  local missing = width - width_of(text)
  if missing == 0 then return text end
  local space = (" "):rep(missing)
  return right and space .. text or text .. space
end

local function line_of(cells, widths, right, i)
  local parts = {}
  for c, lines in ipairs(cells) do
    parts[c] = pad(lines[i] or "", widths[c], right[c])
  end
  local line = table.concat(parts, BETWEEN)
  if line:byte(-1) ~= 32 then return line end
  return (line:gsub("%s+$", ""))
end

local function add_row(out, row, widths, right)
  local cells, height = {}, 1
  for c, width in ipairs(widths) do
    cells[c] = wrap(row[c] or "", width)
    height = math.max(height, #cells[c])
  end
  for i = 1, height do out[#out + 1] = line_of(cells, widths, right, i) end
end

-- Rows of ASCII without spaces whose cells fit, which most are, as a format;
-- nil for others.
local function plain_row(row, widths, format)
  for c, width in ipairs(widths) do
    local cell = row[c]
    if not cell or #cell > width or cell:find "[%s\128-\255]" then return nil end
  end
  return format:format(table.unpack(row, 1, #widths))
end

local function format_of(widths, right)
  local parts = {}
  for c, width in ipairs(widths) do
    parts[c] = width > 99 and "" or right[c] and "%" .. width .. "s"
      or c == #widths and "%s" or "%-" .. width .. "s"
    if parts[c] == "" then return nil end
  end
  return table.concat(parts, BETWEEN)
end

--- The lines of a table. head: array of titles; rows: arrays of texts;
-- right[c] = true aligns a column to the right; limit: width, 80 by default.
function M.lines(head, rows, right, limit)
  local widths, out, rule = {}, {}, {}
  for c, title in ipairs(head) do
    widths[c] = width_of(title)
    for _, row in ipairs(rows) do
      local cell = row[c] or ""
      if #cell > widths[c] then -- else it has no more characters either
        widths[c] = math.max(widths[c], width_of(cell))
      end
    end
  end
  fit(widths, limit or 80)
  add_row(out, head, widths, right or {})
  for c, width in ipairs(widths) do
    rule[c] = head[c] == "" and "" or ("-"):rep(width)
  end
  add_row(out, rule, widths, {})
  local format = format_of(widths, right or {})
  for _, row in ipairs(rows) do
    local line = format and plain_row(row, widths, format)
    if line and line:byte(-1) ~= 32 then out[#out + 1] = line
    else add_row(out, row, widths, right or {}) end
  end
  return out
end

return M
