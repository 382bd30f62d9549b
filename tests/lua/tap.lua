-- Test Anything Protocol, for plain Lua: a test file calls these and ends with
-- `tap.done()`. Run from the root of the tree, e.g.
--   LUA_PATH="scripts/?.lua;scripts/?/init.lua;tests/lua/?.lua;;" \
--     lua5.4 tests/lua/test_grammar.lua

local M = {}

local count, failed = 0, 0

-- A test that crashes has said how far it came.
io.stdout:setvbuf "line"

local function show(value, depth)
  if type(value) == "string" then return string.format("%q", value) end
  if type(value) ~= "table" or depth > 4 then return tostring(value) end
  local keys, parts = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for i, key in ipairs(keys) do
    parts[i] = tostring(key) .. "=" .. show(value[key], depth + 1)
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

--- A line of commentary, or several.
function M.diag(text)
  for line in (tostring(text) .. "\n"):gmatch "(.-)\n" do
    io.stdout:write("# ", line, "\n")
  end
end

--- Is condition true? Returns it.
function M.ok(condition, name)
  count = count + 1
  if not condition then failed = failed + 1 end
  io.stdout:write(condition and "ok " or "not ok ", count, " - ",
    (name or "unnamed"):gsub("[\n#]", " "), "\n")
  if not condition then
    local at = debug.getinfo(2, "Sl")
    if at.short_src:find "tap%.lua$" then at = debug.getinfo(3, "Sl") end
    M.diag(at.short_src .. ":" .. at.currentline)
  end
  return condition
end

--- Are two values the same, and of the same type?
function M.is(got, wanted, name)
  local same = got == wanted and math.type(got) == math.type(wanted)
  if not M.ok(same, name) then
    M.diag("got    " .. show(got, 0))
    M.diag("wanted " .. show(wanted, 0))
  end
  return same
end

local function deeply(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b and math.type(a) == math.type(b)
  end
  for key, value in pairs(a) do
    if not deeply(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

--- Are two tables the same all the way down?
function M.is_deeply(got, wanted, name)
  local same = deeply(got, wanted)
  if not M.ok(same, name) then
    M.diag("got    " .. show(got, 0))
    M.diag("wanted " .. show(wanted, 0))
  end
  return same
end

--- Does a text match a Lua pattern?
function M.like(got, pattern, name)
  local matches = type(got) == "string" and got:find(pattern) ~= nil
  if not M.ok(matches, name) then
    M.diag("got     " .. show(got, 0))
    M.diag("pattern " .. pattern)
  end
  return matches
end

--- Does a call raise an error that matches a pattern?
function M.raises(f, pattern, name)
  local ran, message = pcall(f)
  return M.ok(not ran and tostring(message):find(pattern) ~= nil, name)
end

--- Leave out what cannot be tested here.
function M.skip(name, reason)
  count = count + 1
  io.stdout:write("ok ", count, " - ", name, " # SKIP ", reason, "\n")
end

--- The plan line; ends the process with status 1 when a test failed.
function M.done()
  io.stdout:write("1..", count, "\n")
  if failed > 0 then
    M.diag(failed .. " of " .. count .. " failed")
    os.exit(1, true)
  end
end

return M
