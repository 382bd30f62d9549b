--- Bad input, end to end: every case of tests/golden/bad is refused with the
-- diagnostic recorded beside it, exit status 1 or 2, and changes nothing.
--
-- NAME.dm is given to `check` and to `load` into a store; where its first line
-- is `-- query: GOAL`, the text may be kept, and is read and asked GOAL
-- instead.  NAME.sh is run with $D (the program), $KB (the store) and $BASE
-- (the text it was made from), in a folder of its own.  NAME.expected holds
-- the commands with what they printed and their status.  UPDATE=1 in the
-- environment writes it anew; look at the difference before keeping it.

local core = require "dragoman.core"
local tap = require "tap"
local files = require "files"
local read = files.read
local write = files.write
local quoted = files.quoted

local ROOT = "tests/golden/bad/"
local program = os.getenv "DRAGOMAN" or "build/dragoman"
local update = os.getenv "UPDATE"
local scratch = os.tmpname() .. ".d" -- a folder of our own
local store, work = scratch .. "/kb.store", scratch .. "/work"

local function absolute(path)
  if path:sub(1, 1) == "/" then return path end
  local pipe = assert(io.popen "pwd")
  local here = pipe:read "l"
  pipe:close()
  return here .. "/" .. path
end

program = absolute(program)

--- Remove a folder's files and the folder.
local function remove(folder)
  for _, entry in ipairs(core.files(folder) or {}) do
    os.remove(folder .. "/" .. entry.name)
  end
  os.remove(folder)
end

-- Names of this machine don't belong into what is recorded.
local function plain(text)
  local function hide(path, name)
    text = text:gsub(path:gsub("%p", "%%%0"), (name:gsub("%%", "%%%%")))
  end
  hide(store, "KB")
  hide(absolute(ROOT .. "base.txt"), "BASE")
  hide(work .. "/", "")
  hide(work, ".")
  hide(program, "dragoman")
  return text
end

--- Run a command in the case's folder: what it printed, its status.
local function run(command)
  local file = scratch .. "/printed"
  local _, _, status = os.execute(("cd %s && ( %s ) > %s 2>&1 < /dev/null")
    :format(quoted(work), command, quoted(file)))
  return plain(read(file)), status
end

local function fresh_folder()
  remove(work)
  assert(core.mkdir(work))
end

local pristine -- the bytes of the store before each case

-- A mistake in a text has its place, the line, a caret and advice.
local function is_diagnostic(text)
  return text:find "%f[^\n%z][%w_%.]+:%d+:%d+: error%[E%d+%]: " ~= nil
    and text:find "\n%s+%^" ~= nil and text:find "\n%s+hint: " ~= nil
end

local cases = {}

function cases.dm(name)
  local file = name .. ".dm"
  local source = read(ROOT .. file)
  local goal = source:match "^%-%- query: ([^\n]+)"
  write(work .. "/" .. file, source)
  local parts, refused, well_formed = {}, true, true
  local use = goal and "query " .. file .. " '" .. goal .. "'"
    or "load KB " .. file
  for _, verb in ipairs { "check " .. file, use } do
    local text, status = run(quoted(program) .. " "
      .. verb:gsub("KB", quoted(store)))
    parts[#parts + 1] = ("$ dragoman %s\n%s(exit %d)\n"):format(verb, text,
      status)
    refused = refused and (status == 1 or status == 2)
    well_formed = well_formed and is_diagnostic("\n" .. text)
  end
  return table.concat(parts, "\n"), refused, well_formed
end

function cases.sh(name)
  local script = absolute(ROOT .. name .. ".sh")
  local text, status = run(("D=%s KB=%s BASE=%s sh %s"):format(quoted(program),
    quoted(store), quoted(absolute(ROOT .. "base.txt")), quoted(script)))
  return ("%s(exit %d)\n"):format(text, status), status == 1 or status == 2,
    text:find "^[%w_%.]+:%d+:%d+: " ~= nil or text:find "^dragoman" ~= nil
end

local function try(name, kind)
  fresh_folder()
  write(store, pristine)
  local text, refused, well_formed = cases[kind](name)
  tap.ok(refused, name .. " is refused")
  tap.ok(well_formed, name .. " is explained")
  tap.ok(read(store) == pristine, name .. " changes nothing")
  local golden = ROOT .. name .. ".expected"
  if update == "1" or update == "missing" and not read(golden) then
    write(golden, text)
  end
  local wanted = read(golden) or "(no file)"
  if not tap.ok(text == wanted, name .. " is worded as recorded")
    or not well_formed or not refused then
    tap.diag("wanted\n" .. wanted .. "\ngot\n" .. text)
  end
end

assert(core.mkdir(scratch))
write(scratch .. "/base.dm", read(ROOT .. "base.txt"))
fresh_folder()
local text, status = run(("%s load %s %s"):format(quoted(program),
  quoted(store), quoted(scratch .. "/base.dm")))
if tap.ok(status == 0, "the store of the cases is made") then
  pristine = read(store)
  for _, entry in ipairs(core.files(ROOT)) do
    local name, kind = entry.name:match "^(.*)%.(%l+)$"
    if cases[kind] then try(name, kind) end
  end
else
  tap.diag(text)
end
remove(work)
remove(scratch)
os.remove((scratch:gsub("%.d$", "")))
tap.done()
