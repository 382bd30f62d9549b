--- Golden programs: each folder of tests/programs holds program.dm, maybe
-- facts/ (for -F), and expected/: `out` (standard output, with --count), `err`
-- (standard error; empty when the file is missing), `status` (0 when it is
-- missing), `args` (more options), and every exported file.
--
-- Each runs with one thread and with two.  With UPDATE=1 in the environment
-- expected/ is written anew; look at the difference before keeping it.

local core = require "dragoman.core"
local tap = require "tap"
local files = require "files"
local read = files.read
local write = files.write
local quoted = files.quoted

local ROOT = "tests/programs/"
local program = os.getenv "DRAGOMAN" or "build/dragoman"
local update = os.getenv "UPDATE"
local scratch = os.tmpname() .. ".d" -- a folder of our own
local output = scratch .. "/out"

local function names_in(folder)
  local names = {}
  for _, entry in ipairs(core.files(folder) or {}) do
    names[#names + 1] = entry.name
  end
  return names
end

--- Remove a folder's files and the folder.
local function remove(folder)
  for _, name in ipairs(names_in(folder)) do
    os.remove(folder .. "/" .. name)
  end
  os.remove(folder)
end

--- Run a program: everything it wrote, by the names used in expected/.
local function run(folder, threads)
  remove(output)
  local args = (read(folder .. "/expected/args") or ""):gsub("\n", " ")
  local facts = core.stat(folder .. "/facts")
  local command = table.concat({ quoted(program), "eval",
    folder .. "/program.dm", facts and "-F " .. folder .. "/facts" or "", "-D",
    output, "--count", "-j", threads, args, ">", scratch .. "/stdout", "2>",
    scratch .. "/stderr" }, " ")
  local _, _, status = os.execute(command)
  local got = { out = read(scratch .. "/stdout"),
    err = read(scratch .. "/stderr"), status = status .. "\n" }
  for _, name in ipairs(names_in(output)) do
    got[name] = read(output .. "/" .. name)
  end
  return got
end

local DEFAULT = { out = "", err = "", status = "0\n" }

local function difference(folder, got)
  local lines, names = {}, {}
  for name in pairs(got) do names[name] = true end
  for _, name in ipairs(names_in(folder .. "/expected")) do
    names[name] = name ~= "args" or nil
  end
  for name in pairs(names) do
    local wanted = read(folder .. "/expected/" .. name) or DEFAULT[name]
    if got[name] ~= wanted then
      lines[#lines + 1] = ("%s: wanted\n%s\ngot\n%s"):format(name,
        wanted or "(no file)", got[name] or "(no file)")
    end
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

local function renew(folder, got)
  for _, name in ipairs(names_in(folder .. "/expected")) do
    if name ~= "args" then os.remove(folder .. "/expected/" .. name) end
  end
  for name, text in pairs(got) do
    if text ~= DEFAULT[name] then write(folder .. "/expected/" .. name, text) end
  end
end

assert(core.mkdir(scratch))
for _, name in ipairs(names_in(ROOT)) do
  local folder = ROOT .. name
  if core.stat(folder .. "/program.dm") then
    for _, threads in ipairs { "1", "2" } do
      local got = run(folder, threads)
      if update then renew(folder, got) end
      local lines = difference(folder, got)
      if not tap.ok(lines == "", ("%s, threads: %s"):format(name, threads)) then
        tap.diag(lines)
      end
    end
  end
end
remove(output)
remove(scratch)
os.remove((scratch:gsub("%.d$", "")))
tap.done()
