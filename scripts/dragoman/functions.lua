-- The functions that every program may use in expressions, registered through
-- the same door as those of rule modules.
--
-- Each is {name=, nargs=, result=, call=, doc=}: pure, called with one value an
-- argument, nil for "no value" (the row is dropped). A wrong kind of argument
-- is an error that names the function. Functions of numbers that could give
-- either kind give a float; `floor`, `ceil` and `round` give an int.

local values = require "dragoman.values"

local M = {}

local function number(x)
  if type(x) ~= "number" then
    error("it takes numbers, not " .. values.show(x), 0)
  end
  return x
end

local function text(x)
  if type(x) ~= "string" then
    error("it takes text, not " .. values.show(x), 0)
  end
  return x
end

local function date(x)
  if values.type(x) ~= "date" then
    error("it takes dates, not " .. values.show(x), 0)
  end
  return x
end

local function to_integer(x)
  local i = math.tointeger(x)
  if not i then error("the result is no 64-bit integer", 0) end
  return i
end

-- NaN and the infinities are no values: outside its domain a function has
-- none.
local function real(x)
  if x ~= x or x == math.huge or x == -math.huge then return nil end
  return x + 0.0
end

local function part_of_date(i)
  return function(d)
    local day = date(d).day
    if day <= values.DAY_MIN or day >= values.DAY_MAX then return nil end
    return (select(i, values.civil(day)))
  end
end

local function half_away(x)
  if math.type(x) == "integer" then return x end
  return to_integer(x < 0 and math.ceil(x - 0.5) or math.floor(x + 0.5))
end

local function add(name, nargs, result, call, doc)
  M[#M + 1] = { name = name, nargs = nargs, result = result, call = call,
    doc = doc }
end

-- ----------------------------------------------------------------- numbers

add("abs", 1, "float", function(x) return real(math.abs(number(x) + 0.0)) end,
  "the distance from 0")
add("floor", 1, "int", function(x) return to_integer(math.floor(number(x))) end,
  "the largest integer not above x")
add("ceil", 1, "int", function(x) return to_integer(math.ceil(number(x))) end,
  "the smallest integer not below x")
add("round", 1, "int", function(x) return half_away(number(x)) end,
  "the nearest integer, halves away from 0")
add("float", 1, "float", function(x) return real(number(x)) end,
  "an integer as a float")
add("sqrt", 1, "float", function(x) return real(math.sqrt(number(x))) end,
  "the square root; none below 0")
add("log", 1, "float", function(x) return real(math.log(number(x))) end,
  "the natural logarithm; none at or below 0")
add("exp", 1, "float", function(x) return real(math.exp(number(x))) end,
  "e to the power x")
add("power", 2, "float", function(x, y) return real(number(x) ^ number(y)) end,
  "x to the power y")
add("min2", 2, "float", function(x, y)
  return real(math.min(number(x), number(y)))
end, "the smaller of two numbers")
add("max2", 2, "float", function(x, y)
  return real(math.max(number(x), number(y)))
end, "the larger of two numbers")

-- -------------------------------------------------------------------- text

add("length", 1, "int", function(x)
  return utf8.len(text(x)) or #x
end, "the number of characters")
add("lower", 1, "symbol", function(x) return text(x):lower() end,
  "ASCII letters in lower case")
add("upper", 1, "symbol", function(x) return text(x):upper() end,
  "ASCII letters in upper case")
add("concat", 2, "symbol", function(x, y)
  local function plain(v) return type(v) == "string" and v or values.show(v) end
  return plain(x) .. plain(y)
end, "two values, one behind the other, as text")

-- ------------------------------------------------------------------- dates

add("year", 1, "int", part_of_date(1), "the year of a date")
add("month", 1, "int", part_of_date(2), "the month of a date, 1 to 12")
add("day", 1, "int", part_of_date(3), "the day of the month, 1 to 31")
add("days", 2, "int", function(from, to)
  return date(to).day - date(from).day
end, "days from one date to another")
add("days_after", 2, "date", function(d, n)
  if math.type(n) ~= "integer" then error("it takes a whole number of days", 0)
  end
  return (values.date(date(d).day + n))
end, "a date so many days later")

return M
