-- What changes in a file between two steps, as one list of lines in reading
-- order: kept (' '), removed ('-') and added ('+'), each with its number in the
-- old file (o), in the new file (n), or in both.

local here = PANDOC_SCRIPT_FILE:match('^(.*/)') or './'
package.path = here .. '?.lua;' .. package.path
local names = require 'names'

local diff = {}

function diff.lines(path)
  local file = io.open(path, 'rb')
  if not file then return nil end
  local text = file:read('a'):gsub('\r\n', '\n')
  file:close()
  if text ~= '' and text:sub(-1) ~= '\n' then
    error(path .. ': the last line has no newline', 0)
  end
  local list = {}
  for line in text:gmatch('([^\n]*)\n') do list[#list + 1] = line end
  return list
end

-- diff(1) says with its exit status 1 that the files differ, which
-- pandoc.pipe reports as an error that carries the output.
local function run_diff(old, new)
  local args = {'-d', '-U', '1000000', old or '/dev/null', new or '/dev/null'}
  local ok, result = pcall(pandoc.pipe, 'diff', args, '')
  if ok then return result end
  if type(result) ~= 'string' and result.error_code == 1 then return result.output end
  error('diff ' .. table.concat(args, ' ') .. ' failed: ' .. tostring(result), 0)
end

-- Which function or struct each line of a C file belongs to.
local function homes(path)
  local homes = {}
  if path and path:find('%.[ch]$') then
    local items = names.items(diff.lines(path))
    for _, item in ipairs(items) do
      local name = names.enclosing(items, item.first)
      for n = item.first, item.last do homes[n] = name end
    end
  end
  return homes
end

-- The closing brace of a function that goes is not that of the one that comes:
-- lines are only kept within a function that is kept.
local function part_strangers(list, old_home, new_home)
  local parted, o, n = {}, 0, 0
  for _, entry in ipairs(list) do
    if entry.op ~= '+' then o = o + 1 end
    if entry.op ~= '-' then n = n + 1 end
    if entry.op == ' ' and old_home[o] ~= new_home[n] then
      table.insert(parted, {op = '-', text = entry.text})
      table.insert(parted, {op = '+', text = entry.text})
    else
      table.insert(parted, entry)
    end
  end
  return parted
end

-- Lines that say nothing by themselves: blank ones and lone braces. diff likes
-- to match them across two functions that have nothing else in common.
local function says_nothing(text) return not text:find('[^%s{}()%[%];,*/]') end

-- Where a replaced stretch is interrupted only by lines that say nothing, make
-- it one replacement: a reader wants to see the old function, then the new one.
local function join(list)
  local groups, i = {}, 1
  while i <= #list do
    local group = {first = i, kept = list[i].op == ' '}
    while i <= #list and (list[i].op == ' ') == group.kept do
      group[list[i].op] = true
      group.speaks = group.speaks or not says_nothing(list[i].text)
      i = i + 1
    end
    group.last = i - 1
    groups[#groups + 1] = group
  end
  local function replaces(group) return group and group['-'] and group['+'] end
  local joined = {}
  local function copy(group, op)
    for k = group.first, group.last do
      if list[k].op == op then joined[#joined + 1] = list[k] end
    end
  end
  local g = 1
  while g <= #groups do
    local from = g
    while replaces(groups[g]) and groups[g + 1] and not groups[g + 1].speaks
        and replaces(groups[g + 2]) do
      g = g + 2
    end
    for _, op in ipairs{'-', '+'} do
      for k = from, g do
        if groups[k].kept and from < g then
          for e = groups[k].first, groups[k].last do
            joined[#joined + 1] = {op = op, text = list[e].text}
          end
        else
          copy(groups[k], op)
        end
      end
    end
    if from == g then copy(groups[g], ' ') end
    g = g + 1
  end
  return joined
end

-- An insertion that starts with the line it is followed by can as well stand
-- one line further down: "} blank f {" or "f { } blank"? Of all its possible
-- places take the one that starts a paragraph, or else the least indented.
local function slide(list)
  local function blank(entry) return not entry or not entry.text:find('%S') end
  local function score(first, last)
    local s = 0
    if blank(list[first - 1]) and not blank(list[first]) then s = s + 4 end
    if blank(list[last]) or blank(list[last + 1]) then s = s + 2 end
    return s - #list[first].text:match('^%s*') / 1000
  end
  local function op(k) return list[k] and list[k].op end
  local function swap(a, b)  -- kept line a and changed line b have the same text
    list[a].op, list[b].op = list[b].op, list[a].op
  end
  local i = 1
  while i <= #list do
    local first, last, kind = i, i, op(i)
    while op(last + 1) == kind do last = last + 1 end
    i = last + 1
    if kind ~= ' ' and (op(first - 1) or ' ') == ' ' and (op(last + 1) or ' ') == ' ' then
      while op(first - 1) == ' ' and list[first - 1].text == list[last].text do
        swap(first - 1, last)
        first, last = first - 1, last - 1
      end
      local best, at = score(first, last), first
      local lowest, length = first, last - first
      while op(last + 1) == ' ' and list[last + 1].text == list[first].text do
        swap(last + 1, first)
        first, last = first + 1, last + 1
        if score(first, last) >= best then best, at = score(first, last), first end
      end
      while first > at do
        first, last = first - 1, last - 1
        swap(first, last + 1)
      end
      i = math.max(i, last + 1)
      assert(first >= lowest and last - first == length)
    end
  end
end

-- The list for one file; old or new is nil where there is no such file.
function diff.entries(old, new)
  local list = {}
  local hunk = false
  for line in run_diff(old, new):gmatch('([^\n]*)\n') do
    local op = line:sub(1, 1)
    if hunk then
      if op == '\\' then error(new .. ': the last line has no newline', 0) end
      list[#list + 1] = {op = op, text = line:sub(2)}
    end
    hunk = hunk or op == '@'
  end
  if not hunk then  -- the files are equal
    for _, text in ipairs(diff.lines(new) or {}) do
      list[#list + 1] = {op = ' ', text = text}
    end
  end
  local old_home, new_home = homes(old), homes(new)
  list = join(part_strangers(list, old_home, new_home))
  slide(list)
  -- Within a change the removed lines come first; number the lines.
  local ordered, o, n = {}, 0, 0
  local added = {}
  local function flush()
    for _, entry in ipairs(added) do ordered[#ordered + 1] = entry end
    added = {}
  end
  for _, entry in ipairs(list) do
    if entry.op == ' ' then flush() end
    if entry.op == '+' then added[#added + 1] = entry else ordered[#ordered + 1] = entry end
  end
  flush()
  for i, entry in ipairs(ordered) do
    entry.i = i
    if entry.op ~= '+' then o = o + 1; entry.o = o end
    if entry.op ~= '-' then n = n + 1; entry.n = n end
    entry.home = entry.n and new_home[n] or entry.o and old_home[o]
  end
  return ordered
end

return diff
