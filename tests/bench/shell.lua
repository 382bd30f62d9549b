--- Commands, files and the measuring program, for the benchmark.

local shell = {}

local function env(name, default)
  local value = os.getenv(name)
  if value == nil or value == "" then return default end
  return value
end
shell.env = env

--- A word for the shell.
function shell.quote(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- Run a command made of words: whether it went well.
function shell.run(...)
  local words = {}
  for i, word in ipairs { ... } do words[i] = shell.quote(word) end
  return (os.execute(table.concat(words, " ")))
end

--- What a command line prints, without the last newline; nil if it fails.
function shell.output(line)
  local pipe = assert(io.popen(line .. " 2> /dev/null"))
  local text = pipe:read "a"
  return pipe:close() and text:gsub("%s+$", "") or nil
end

function shell.exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

--- The program itself, as `name` names it: a path, or a name on PATH; or nil.
function shell.which(name)
  return shell.output("command -v " .. shell.quote(name))
end

function shell.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

function shell.write(path, text, how)
  local file = assert(io.open(path, how or "wb"))
  file:write(text)
  file:close()
end

-- ---- where things are -----------------------------------------------------

shell.here = "tests/bench"
shell.build = env("BUILD", "build")
shell.out = shell.build .. "/bench"
shell.dragoman = env("DRAGOMAN", shell.build .. "/dragoman")

--- Make a folder of our own for what a run writes.
function shell.workspace()
  shell.run("mkdir", "-p", shell.out)
  shell.work = assert(shell.output("mktemp -d "
    .. shell.quote(shell.out .. "/run.XXXXXX")))
end

--- Remove it.
function shell.leave()
  os.execute("rm -f " .. shell.quote(shell.work) .. "/* && rmdir "
    .. shell.quote(shell.work))
end

-- ---- measuring ------------------------------------------------------------

--- Run a shell's command line for at most `limit` seconds: {seconds=, mb=,
-- cpu=, text = what it printed}; nil, "stopped" or what it had to say.
function shell.measure(line, limit)
  local numbers, out = shell.work .. "/numbers", shell.work .. "/out"
  local errors = shell.work .. "/errors"
  local _, _, status = os.execute(("%s %d %s sh -c %s > %s 2> %s"):format(
    shell.quote(shell.out .. "/measure"), limit or 0, shell.quote(numbers),
    shell.quote(line), shell.quote(out), shell.quote(errors)))
  if status == 124 then return nil, "stopped" end
  if status ~= 0 then
    return nil, ("status %d: %s"):format(status, shell.read(errors) or "")
  end
  local seconds, mb, cpu = shell.read(numbers):match "(%S+)%s+(%S+)%s+(%S+)"
  return { seconds = tonumber(seconds), mb = tonumber(mb),
    cpu = tonumber(cpu), text = shell.read(out) }
end

return shell
