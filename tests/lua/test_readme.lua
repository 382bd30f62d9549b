--- The documentation's examples, run.
--
-- A fenced block marked `console` is a session: each line that begins with
-- "$ " is run by sh with build/dragoman on the path and kb/ copied, so that
-- nothing of the repository changes; what follows is its output, to the
-- letter, where a line "..." stands for any lines.  A block marked `lua` is
-- run by the program; a block marked `dragoman` must parse and check.

local tap = require "tap"
local files = require "files"
local read = files.read
local write = files.write

local program = os.getenv "DRAGOMAN" or "build/dragoman"
local FILES = { "README.md", "kb/README.md", "engine/doc/api.md" }

local function capture(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local out = pipe:read "a"
  return out, pipe:close()
end

--- A copy of what the examples use, with the program in its bin.
local function sandbox()
  local folder = capture("mktemp -d"):gsub("%s+$", "")
  assert(folder:match "^/" and #folder > 5, "no temporary folder")
  local made = os.execute(([[
    set -e; mkdir '%s/bin'; cp -R kb scripts '%s'; ln -s '%s' '%s/bin/dragoman'
    rm -f '%s'/kb/*/.store.dmdb*]]):format(folder, folder, program, folder, folder))
  assert(made, "can't prepare " .. folder)
  return folder
end

local function blocks(text, kind)
  local found = {}
  for block in text:gmatch("\n```" .. kind .. "\n(.-)\n```") do
    found[#found + 1] = block
  end
  return found
end

--- Does `got` follow `wanted`, where a line "..." stands for any lines?
local function follows(got, wanted)
  local pattern = wanted:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0")
  pattern = ("\n" .. pattern):gsub("\n%s*%%%.%%%.%%%.", "\n.-")
  return ("\n" .. got):match("^" .. pattern .. "\n*$") ~= nil
end

local function check(ok, name, detail)
  if not tap.ok(ok, name) then tap.diag(detail) end
end

local function session(block, folder, name)
  local steps = {}
  for line in (block .. "\n"):gmatch "(.-)\n" do
    local command = line:match "^%$ (.+)"
    if command then
      steps[#steps + 1] = { command = command, out = {} }
    elseif #steps > 0 then
      table.insert(steps[#steps].out, line)
    end
  end
  for _, step in ipairs(steps) do
    if not step.command:match "^make" then
      local script = folder .. "/step.sh"
      write(script, ("cd '%s' && PATH='%s/bin':$PATH\nexport NO_COLOR=1\n%s\n")
        :format(folder, folder, step.command))
      local got = capture("sh " .. script):gsub("%s+$", "")
      local wanted = table.concat(step.out, "\n"):gsub("%s+$", "")
      check(follows(got, wanted), name .. ": " .. step.command,
        "got:\n" .. got .. "\nwanted:\n" .. wanted)
    end
  end
end

local folder = sandbox()
for _, file in ipairs(FILES) do
  local text = read(file)
  if text then
    for _, block in ipairs(blocks(text, "console")) do
      session(block, folder, file)
    end
    for i, block in ipairs(blocks(text, "lua")) do
      local path = folder .. "/example.lua"
      write(path, block)
      local got, ok = capture(("cd '%s' && bin/dragoman run example.lua"):format(folder))
      check(ok, ("%s: Lua example %d runs"):format(file, i), got)
    end
    for i, block in ipairs(blocks(text, "dragoman")) do
      local path = folder .. "/example.dm"
      write(path, block .. "\n")
      local got, ok = capture(("cd '%s' && bin/dragoman check example.dm"):format(folder))
      check(ok, ("%s: example %d is correct"):format(file, i), got)
    end
  end
end
os.execute(("rm -rf '%s'"):format(folder))
tap.done()
