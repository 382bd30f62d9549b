--- Tables of measurements: a row for each case, geometric means, growth.
--
-- A row is {case=, dragoman=, limit=, NAME of a peer = …}; each an engine's best
-- run {seconds=, mb=, threads=}, nil where there is none.

local M = {}

local PEERS = { "souffle", "duckdb", "sqlite", "swipl", "clingo" }

--- The fastest peer of a row, and its run.
function M.best_peer(row)
  local best
  for _, name in ipairs(PEERS) do
    if row[name] and (not best or row[name].seconds < row[best].seconds) then
      best = name
    end
  end
  return best, best and row[best]
end

local function shown(run)
  if not run then return "-" end
  return ("%.3f (%d)%s"):format(run.seconds, run.mb,
    run.threads > 1 and " j" .. run.threads or "")
end

local function ratio(a, b)
  return a and b and ("%.2f"):format(a / math.max(b, 1e-3)) or "-"
end

-- A ratio that a row has, and how it is called.
local RATIOS = {
  { "souffle/us", function(row)
    return row.souffle and row.souffle.seconds, row.dragoman.seconds
  end },
  { "best/us", function(row)
    local _, run = M.best_peer(row)
    return run and run.seconds, row.dragoman.seconds
  end },
  { "us/limit", function(row)
    return row.dragoman.seconds, row.limit and row.limit.seconds
  end },
  { "MB us/souffle", function(row)
    return row.dragoman.mb, row.souffle and row.souffle.mb
  end },
}

local function columns(names)
  local head = { "case", "dragoman s (MB)", "limit" }
  for _, name in ipairs(names) do head[#head + 1] = name end
  for _, entry in ipairs(RATIOS) do head[#head + 1] = entry[1] end
  return head
end

local function cells(row, names)
  local line = { row.case.name, shown(row.dragoman), shown(row.limit) }
  for _, name in ipairs(names) do line[#line + 1] = shown(row[name]) end
  for _, entry in ipairs(RATIOS) do
    line[#line + 1] = row.dragoman and ratio(entry[2](row)) or "-"
  end
  return line
end

local function print_lines(lines)
  local width = {}
  for _, line in ipairs(lines) do
    for i, cell in ipairs(line) do
      width[i] = math.max(width[i] or 0, #cell)
    end
  end
  for _, line in ipairs(lines) do
    for i, cell in ipairs(line) do
      line[i] = (i == 1 and "%-" or "%") .. width[i] .. "s"
      line[i] = line[i]:format(cell)
    end
    print((table.concat(line, "  "):gsub("%s+$", "")))
  end
end

--- The table of all rows.
function M.table(rows)
  local names, lines = {}, {}
  for _, name in ipairs(PEERS) do
    for _, row in ipairs(rows) do
      if row[name] then
        names[#names + 1] = name
        break
      end
    end
  end
  lines[1] = columns(names)
  for _, row in ipairs(rows) do lines[#lines + 1] = cells(row, names) end
  print_lines(lines)
end

local function geometric_mean(rows, of)
  local sum, n = 0, 0
  for _, row in ipairs(rows) do
    local a, b = of(row)
    if a and b then
      sum, n = sum + math.log(a / math.max(b, 1e-3)), n + 1
    end
  end
  return n > 0 and math.exp(sum / n) or nil, n
end

local function means_of(rows, what)
  for _, entry in ipairs(RATIOS) do
    local mean, n = geometric_mean(rows, entry[2])
    if mean then
      print(("geometric mean of %s, %s: %.2f (%d cases)"):format(entry[1],
        what, mean, n))
    end
  end
end

--- Geometric means over the twelve cases, and over all.
function M.means(rows)
  local twelve, all = {}, {}
  for _, row in ipairs(rows) do
    if row.dragoman then
      all[#all + 1] = row
      if row.case.group == "twelve" then twelve[#twelve + 1] = row end
    end
  end
  means_of(twelve, "the twelve cases")
  if #all > #twelve then means_of(all, "all cases") end
end

--- What a row of the result costs as results grow.  Each row of the table has
-- `rows`, how many rows its result has.
function M.growth(rows)
  local least, most = {}, {}
  for _, row in ipairs(rows) do
    if row.case.group == "growth" and row.dragoman then
      local program = row.case.program
      local ns = row.dragoman.seconds / row.rows * 1e9
      least[program] = math.min(least[program] or ns, ns)
      most[program] = math.max(most[program] or ns, ns)
      print(("%-8s %9d rows  %7.2f ns a row"):format(row.case.name, row.rows,
        ns))
    end
  end
  for program, ns in pairs(least) do
    print(("%s: from the cheapest row to the dearest %.2f times"):format(
      program, most[program] / ns))
  end
end

return M
