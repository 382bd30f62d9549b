-- Files for tests: read, write, and quote a path for the shell.

local M = {}

--- The bytes of a file, or nil when it can't be opened.
function M.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

--- The bytes of a file that must be there.
function M.must_read(path)
  return M.read(path) or error("can't read " .. path, 2)
end

function M.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

--- Text as one word of a shell command.
function M.quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

return M
