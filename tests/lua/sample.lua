-- For tests: knowledge bases made of text, in temporary files.

local dragoman = require "dragoman"

local M = {}

function M.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

--- A path that nothing stands at.
function M.path(suffix)
  local path = os.tmpname()
  os.remove(path)
  return path .. (suffix or "")
end

--- A knowledge base in memory that holds a text, with rule modules.
function M.open(text, rules)
  local path = M.path ".dm"
  M.write(path, text)
  local kb, message, code, list = dragoman.open(path, { rules = rules })
  os.remove(path)
  return kb, message, code, list
end

--- The answers to a goal on one line: "X=1 Y=a; X=2 Y=b (disputed)".
function M.answers(view, goal, params, options)
  local rows, message = view:answers(goal, params, options)
  if not rows then return message end
  local lines = {}
  for i, row in ipairs(rows) do
    local parts = {}
    for c, name in ipairs(rows.vars) do
      parts[c] = name .. "=" .. dragoman.show(row[c])
    end
    lines[i] = table.concat(parts, " ")
      .. (row.truth == "disputed" and " (disputed)" or "")
    if #parts == 0 then lines[i] = row.truth end
  end
  return table.concat(lines, "; ")
end

--- A small base of claims to start from.
M.TALKS = [[
actor a "A". actor b "B". actor c "C". actor d "D".
forces troops "Troops". process talks "Talks". process war "War".
speaks_for(d, a) in s0.
source s0 { title = "Zero", publisher = "P0", published = 2021-01-01,
  grade = B }.
source s1 { title = "One", publisher = "P1", published = 2021-04-10,
  grade = B }.
source s2 { title = "Two", publisher = "P2", published = 2021-04-12,
  grade = B }.
]]

return M
