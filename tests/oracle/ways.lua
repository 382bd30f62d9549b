--- Ways of evaluating that the oracle goes round: every representation,
-- planner choice and number of threads, in all their combinations.
--
-- The first of each choice is what the engine does by itself.  Way n takes its
-- choices as the digits of n, so that COUNT seeds in a row go through them all.

local ways = {}

local CHOICES = {
  { {}, { "hash" }, { "bits" }, { "small" }, { "small", "bits" },
    { "small", "hash" } },
  { {}, { "multiway" }, { "binary" } },
  { {}, { "written" } },
  { {}, { "demand" }, { "no_demand" } },
}
local THREADS = 3

ways.COUNT = THREADS
for _, choice in ipairs(CHOICES) do ways.COUNT = ways.COUNT * #choice end

--- The way of a number: options of an evaluation.  Two threads always go with
-- what is evaluated once.
function ways.of(n)
  local force = {}
  for _, choice in ipairs(CHOICES) do
    local chosen = choice[n % #choice + 1]
    table.move(chosen, 1, #chosen, #force + 1, force)
    n = n // #choice
  end
  local threads = n % THREADS + 1
  return { threads = threads, force = force, once = threads == 2 }
end

--- The way that words name, as on a command line: "small,bits", threads.
function ways.named(words, threads)
  local force = {}
  for word in (words or ""):gmatch "[%w_]+" do force[#force + 1] = word end
  return { threads = threads or 1, force = force }
end

--- A way as text.
function ways.text(options)
  local force = options.force or {}
  return ("threads %d, forced: %s%s"):format(options.threads or 1,
    #force > 0 and table.concat(force, ",") or "nothing",
    options.once and ", once" or "")
end

return ways
