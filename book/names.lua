-- From a name an author writes (a function, a struct, a line of text) to the
-- lines of a C file or Makefile that it stands for.

local names = {}

local function trim(text) return (text:gsub('^%s+', ''):gsub('%s+$', '')) end

-- The line without comments, strings and character constants, so that braces
-- can be counted; and whether a comment goes on in the next line.
local function code_of(line, in_comment)
  local out, i = {}, 1
  while i <= #line do
    if in_comment then
      local _, stop = line:find('*/', i, true)
      if not stop then return table.concat(out), true end
      in_comment, i = false, stop + 1
    else
      local c, two = line:sub(i, i), line:sub(i, i + 1)
      if two == '//' then
        break
      elseif two == '/*' then
        in_comment, i = true, i + 2
      elseif c == '"' or c == "'" then
        local j = i + 1
        while j <= #line and line:sub(j, j) ~= c do
          j = j + (line:sub(j, j) == '\\' and 2 or 1)
        end
        i = j + 1
      else
        out[#out + 1], i = c, i + 1
      end
    end
  end
  return table.concat(out), in_comment
end

-- A file's top-level items (functions, structs, prototypes, directives), each
-- from the comment right above it to its last line.
function names.items(lines)
  local list, open, lead, in_comment = {}, nil, nil, false
  for n, line in ipairs(lines) do
    local code
    code, in_comment = code_of(line, in_comment)
    if not code:find('%S') then
      if line:find('%S') or in_comment then
        lead = lead or n
      elseif not open then
        lead = nil
      end
    else
      if not open then
        open = {first = lead or n, text = '', depth = 0, directive = code:find('^%s*#')}
      end
      open.text = open.text .. code .. '\n'
      for brace in code:gmatch('[{}()]') do
        open.depth = open.depth + ((brace == '{' or brace == '(') and 1 or -1)
      end
      local done
      if open.directive then
        done = not code:find('\\%s*$')
      else
        done = open.depth <= 0 and code:find('[;}]%s*$')
      end
      if done then
        open.last = n
        open.head = open.text:match('^[^{;=]*')
        open.body = not open.directive and open.text:find('{', 1, true) ~= nil
        list[#list + 1] = open
        open, lead = nil, nil
      end
    end
  end
  return list
end

local function word(name) return '%f[%w_]' .. name:gsub('%W', '%%%0') .. '%f[^%w_]' end

local finds = {
  fn = function(item, name)
    return not item.directive and item.head:find(word(name) .. '%s*%(')
  end,
  struct = function(item, name)
    if item.directive then return false end
    for _, kind in ipairs{'struct', 'union', 'enum'} do
      if item.head:find('%f[%w_]' .. kind .. '%s+' .. word(name) .. '%s*$') and item.body then
        return true
      end
    end
    return item.text:find('^%s*typedef') and item.text:find(word(name) .. '%s*;%s*$')
  end,
  define = function(item, name)
    return item.text:find('^%s*#%s*define%s+' .. word(name))
  end,
}

-- The name of the function or struct that line n belongs to, for a caption.
function names.enclosing(items, n)
  for _, item in ipairs(items) do
    if item.first <= n and n <= item.last and not item.directive then
      local fn = item.body and not item.head:find('=') and item.head:match('([%a_][%w_]*)%s*%b()%s*$')
      if fn then return fn .. '()' end
      return item.text:match('^%s*typedef') and item.text:match('([%a_][%w_]*)%s*;%s*$')
        or item.head:match('%f[%w_]struct%s+([%a_][%w_]*)%s*$')
    end
  end
end

-- The same, and for a prototype the name of its function: says where a line is.
function names.place(items, n)
  for _, item in ipairs(items) do
    if item.first <= n and n <= item.last and not item.directive and not item.body then
      local fn = item.head:match('([%a_][%w_]*)%s*%b()%s*$')
      if fn and not item.head:find('^_Static_assert') then return fn .. '()' end
    end
  end
  return names.enclosing(items, n)
end

local function item_named(kind, name, items)
  local found, declared = {}, {}
  for _, item in ipairs(items) do
    if finds[kind](item, name) then
      table.insert((kind == 'fn' and not item.body) and declared or found, item)
    end
  end
  if #found == 0 then found = declared end
  if #found == 0 then return nil, ('there is no %s %s'):format(kind, name) end
  if #found > 1 then
    return nil, ('%s %s is there %d times, in lines %d and %d'):format(
      kind, name, #found, found[1].first, found[2].first)
  end
  return found[1]
end

-- The one line between first and last that is text or, failing that, has it.
local function line_with(text, lines, first, last, what)
  local wanted, equal, has = trim(text), {}, {}
  for n = first, last do
    if trim(lines[n]) == wanted then equal[#equal + 1] = n end
    if lines[n]:find(wanted, 1, true) then has[#has + 1] = n end
  end
  local found = #equal > 0 and equal or has
  if #found == 1 then return found[1] end
  if #found == 0 then return nil, ('no line %s has "%s"'):format(what, wanted) end
  return nil, ('"%s" is there %d times %s, in lines %d and %d'):format(
    wanted, #found, what, found[1], found[2])
end

names.selectors = {'fn', 'struct', 'define', 'line', 'para', 'from', 'to'}

-- The ranges that one notation names: a list of {first, last, what}, or nil
-- and what is wrong.
function names.resolve(want, lines, items)
  local ranges = {}
  local text = want.line or want.para or want.from
  for _, kind in ipairs{'fn', 'struct', 'define'} do
    for name in (want[kind] or ''):gmatch('%S+') do
      local item, wrong = item_named(kind, name, items)
      if not item then return nil, wrong end
      local what = kind == 'fn' and name .. '()' or name
      ranges[#ranges + 1] = {first = item.first, last = item.last, what = what}
    end
  end
  if (want.from == nil) ~= (want.to == nil) then return nil, 'from and to belong together' end
  if not text then
    if #ranges == 0 then ranges[1] = {first = 1, last = #lines, whole = true} end
    return ranges
  end
  if #ranges > 1 then return nil, 'a text can be looked for in one function, not in several' end
  local scope = ranges[1] or {first = 1, last = #lines}
  local within = scope.what and 'in ' .. scope.what or 'of the file'
  local first, wrong = line_with(text, lines, scope.first, scope.last, within)
  if not first then return nil, wrong end
  local last = first
  if want.para then
    while first > scope.first and lines[first - 1]:find('%S') do first = first - 1 end
    while last < scope.last and lines[last + 1]:find('%S') do last = last + 1 end
  elseif want.to then
    last, wrong = line_with(want.to, lines, first, scope.last, within .. ' after "from"')
    if not last then return nil, wrong end
  end
  return {{first = first, last = last, what = scope.what or names.enclosing(items, first)}}
end

return names
