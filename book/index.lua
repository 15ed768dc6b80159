-- Where each Win32 call and each error of the appendices occurs: a page each, with its
-- entry there, every line of code that a step adds, every passage, claim, exercise and
-- program. Reads all chapters one after another; pages.awk cuts its answer into pages.
-- And the index for the search in the pages (search.lua packs it).
-- Metadata from book.mk: panels (the lists of all chapters with a step), programs (of
-- claims and faults), search (where the index goes), and the chapters of contents.awk.

local here = PANDOC_SCRIPT_FILE:match('^(.*/)') or './'
package.path = here .. '?.lua;' .. package.path
local diff, panel, search = require 'diff', require 'panel', require 'search'
local escape, stringify = panel.escape, pandoc.utils.stringify

-- Reading the chapters ------------------------------------------------------

local chapters = {}  -- by their short names: name, url, title, label
local passages = {}  -- in reading order: chapter, url, title, text, exercise, claims
local sections = {}  -- in reading order, exercises among them: chapter, url, title, exercise, texts
local entries = {}   -- in the appendices' order: folder, name, words, blocks

local function has_class(element, class) return element.classes:includes(class) end

-- A paragraph's text, in which code is kept apart from words: `send` is a call, send isn't.
local function text_of(element)
  return stringify(element:walk{
    Code = function(code) return pandoc.Str('\1' .. code.text .. '\1') end,
    Link = function(mark) return has_class(mark, 'proof') and {} or nil end})
end
local function html_of(text) return (escape(text):gsub('\1([^\1]*)\1', '<code>%1</code>'):gsub('\1', '')) end

-- The sentence of a text that has something at this place.
local function sentence(text, at)
  local first, last = 1, #text
  for stop in text:gmatch('[.?!]%s()') do
    if stop <= at then first = stop elseif stop - 2 >= at then last = stop - 2; break end
  end
  return text:sub(first, last)
end

-- A paragraph's text and its claims, for the passage it stands in.
local function add_text(place, block)
  local passage = passages[#passages]
  if not passage or passage.url ~= place.url then
    passage = {chapter = place.chapter, url = place.url, title = place.title, exercise = place.exercise,
               paragraphs = {}, claims = {}}
    table.insert(passages, passage)
  end
  local text = text_of(block)
  table.insert(passage.paragraphs, text)
  table.insert(place.section.texts, text)
  local inlines = block.content
  for i, inline in ipairs(inlines) do
    if inline.t == 'Span' and has_class(inline, 'claim') then
      local program = inlines[i + 1].target:match('^repo:(.*)$')
      local claim = text_of(inline)
      table.insert(passage.claims, {program = program, text = claim, says = sentence(text, text:find(claim, 1, true) or 1)})
    end
  end
end

local function first_panel(row)
  local id
  row:walk{Div = function(div)
    if not id and has_class(div, 'panel') then id = div.identifier end
  end}
  return id
end

local function add_section(place, url, title, exercise)
  local section = {chapter = place.chapter, url = url, title = title, exercise = exercise, texts = {title}}
  table.insert(sections, section)
  return section
end

local visit

local function visit_div(div, place)
  if has_class(div, 'panel') then return end
  local inner = setmetatable({}, {__index = place})
  if has_class(div, 'exercise') then
    inner.url = place.chapter.url .. '#' .. div.content[1].identifier
    inner.title, inner.exercise = text_of(div.content[1]), true
    inner.section = add_section(inner, inner.url, inner.title, true)
  elseif has_class(div, 'row') and first_panel(div) then
    inner.url = place.chapter.url .. '#' .. first_panel(div)
  end
  visit(div.content, inner)
end

function visit(blocks, place)
  for _, block in ipairs(blocks) do
    if block.t == 'Header' then
      if not place.exercise then
        if block.level == 1 then place.chapter = chapters[block.identifier] end
        local fragment = block.level == 1 and '' or '#' .. block.identifier
        place.url, place.title = place.chapter.url .. fragment, text_of(block)
        place.section = add_section(place, place.url, place.title)
      end
    elseif block.t == 'Div' then
      visit_div(block, place)
    elseif block.t == 'Para' or block.t == 'Plain' then
      add_text(place, block)
    elseif block.t ~= 'RawBlock' and block.t ~= 'CodeBlock' then
      local function add(inner) add_text(place, inner) end
      block:walk{Para = add, Plain = add}
    end
  end
end

-- The appendices' entries: a call's heading and what follows it, an error's term and
-- its definition (see chapter.lua).
local function read_entries(blocks)
  local entry
  for _, block in ipairs(blocks) do
    if block.t == 'Header' then
      local code = block.content[1]
      entry = nil
      if block.level == 3 and block.identifier:find('^calls%-') and code.t == 'Code' then
        entry = {folder = 'calls', name = code.text, chapter = chapters.calls, anchor = block.identifier, blocks = {}}
        table.insert(entries, entry)
      end
    elseif entry then
      table.insert(entry.blocks, block)
    elseif block.t == 'DefinitionList' then
      for _, item in ipairs(block.content) do
        local term = item[1][1]
        local number = term.t == 'Span' and term.identifier:match('^errors%-(%d+)$')
        if number then
          local definition = pandoc.Div(item[2][1])
          table.insert(entries, {folder = 'errors', name = number, chapter = chapters.errors, anchor = term.identifier,
                                 symbol = stringify(term):match('[%u%d_]*%u[%u%d_]*'), blocks = definition.content})
        end
      end
    end
  end
end

-- What occurs where ---------------------------------------------------------

-- A number is an error's where nothing says otherwise; a small one, where something says so.
local units = {}
for unit in ([[byte bytes bit bits ms s seconds lines line times clients connections threads packets ticks
  requests per percent KB KiB MB MiB entries]]):gmatch('%S+') do units[unit] = true end
local names_error = {'errors?:?%s$', 'fails?%swith%s$', 'failed%swith%s$', 'refused%swith%s$', 'ends?%swith%s$',
                     'gets?%sthe%s$', 'get%s$', 'says%s$', 'code%s$'}

local function is_error(word, text, first, last, in_code)
  local before, after = text:sub(math.max(1, first - 20), first - 1), text:sub(last + 1, last + 20)
  if before:find('%d[.,]$') or before:find('[%-.:/]$') or after:find('^[.,:]%d') or after:find('^[-/]') then return false end
  if units[after:match('^%s(%a+)') or ''] then return false end
  if #word > 2 or in_code then return #word > 2 end
  for _, pattern in ipairs(names_error) do
    if before:lower():find(pattern) then return true end
  end
  return false
end

-- `send` and `Sleep` are words, too: in a program they are calls where they are called.
local function is_call(word, text, first, last, in_code)
  if word:find('.%u') or word:find('_') then return true end
  if in_code then return text:find('^%(', last + 1) ~= nil end
  return select(2, text:sub(1, first):gsub('\1', '')) % 2 == 1
end

local by_word = {}  -- a name or number: its entry

-- The entries that a text names, each with the place where.
local function named(text, in_code)
  local found, places = {}, {}
  for first, word, last in text:gmatch('()([%w_]+)()') do
    local entry = by_word[word]
    local occurs = word:find('%D') and is_call or is_error
    if entry and not found[entry] and occurs(word, text, first, last - 1, in_code) then
      found[entry] = true
      table.insert(places, {entry = entry, first = first})
    end
  end
  return places
end

local function add(entry, kind, what)
  entry[kind] = entry[kind] or {}
  table.insert(entry[kind], what)
end

local function find_in_text()
  for _, passage in ipairs(passages) do
    local once = {}
    for _, text in ipairs(passage.paragraphs) do
      for _, place in ipairs(named(text)) do
        if not once[place.entry] and passage.chapter ~= place.entry.chapter then
          once[place.entry] = true
          add(place.entry, passage.exercise and 'exercises' or 'passages',
              {passage = passage, says = sentence(text, place.first)})
        end
      end
    end
  end
end

-- Lines that a step adds: file, line, the panel's number, and where it is.
local function find_in_steps(lists)
  for _, list in ipairs(lists) do
    local chapter = list:match('([^/]*)%.panels$')
    for line in io.lines(list) do
      local number, name, n, text = line:match('^line\t([^\t]*)\t([^\t]*)\t%+\t%d*\t(%d*)\t(.*)$')
      for _, place in ipairs(number and named(text, true) or {}) do
        add(place.entry, 'lines', {
          path = ('step%s/%s'):format(chapter, name), n = tonumber(n), number = number,
          passage = ('%s.html#%s%s'):format(chapter, panel.address(chapter, name), n)})
      end
    end
  end
end

-- Programs that show a claim or a fault, with the lines; a claim also if its words do.
local function find_in_programs(programs)
  local claimed = {}
  for _, passage in ipairs(passages) do
    for _, claim in ipairs(passage.claims) do
      claim.passage = passage
      claimed[claim.program] = claimed[claim.program] or {}
      table.insert(claimed[claim.program], claim)
    end
  end
  for _, path in ipairs(programs) do
    local of = {}  -- by entry
    local function touch(entry)
      if not of[entry] then
        of[entry] = {path = path, claims = claimed[path] or {}, lines = {}}
        add(entry, path:find('^tests/claims/') and 'claims' or 'faults', of[entry])
      end
      return of[entry]
    end
    for _, claim in ipairs(claimed[path] or {}) do
      for _, place in ipairs(named(claim.text)) do touch(place.entry) end
    end
    for n, text in ipairs(diff.lines(path)) do
      for _, place in ipairs(named(text, true)) do table.insert(touch(place.entry).lines, n) end
    end
  end
end

-- The pages -----------------------------------------------------------------

local function raw(html) return pandoc.RawBlock('html', html) end

local function link(url, text, attributes)
  return ('<a %shref="../%s">%s</a>'):format(attributes or '', url, text)
end

local highlighted = {}
local function code(path, n)
  highlighted[path] = highlighted[path] or panel.lines(path)
  return highlighted[path][n]
end

local function lines_html(lines)
  local html, path = {}, nil
  for _, line in ipairs(lines) do
    if line.path ~= path then
      table.insert(html, (path and '</code></pre>' or '') .. ('<p class="of">%s</p><pre class="found"><code>'):format(
        link(line.path .. '.html', '<code>' .. line.path .. '</code>')))
      path = line.path
    end
    table.insert(html, ('<span class="l">%s%s %s\n</span>'):format(
      link(('%s.html#L%d'):format(path, line.n), line.n, 'class="g" '), code(path, line.n),
      line.number ~= '' and link(line.passage, line.number, ('class="panel-number" aria-label="Panel %s" '):format(line.number)) or ''))
  end
  return table.concat(html) .. '</code></pre>'
end

local function passages_html(list)
  local html = {}
  for _, one in ipairs(list) do
    local passage = one.passage
    local where = passage.exercise and 'Exercise ' .. passage.title or
      (passage.chapter.label or passage.chapter.title) ..
      (passage.title ~= passage.chapter.title and ', ' .. passage.title or '')
    table.insert(html, ('<li>%s: %s</li>'):format(link(passage.url, html_of(where)), html_of(one.says)))
  end
  return '<ul>' .. table.concat(html) .. '</ul>'
end

local function programs_html(list)
  local html = {}
  for _, program in ipairs(list) do
    local numbers, said, says = {}, {}, {}
    for _, n in ipairs(program.lines) do
      table.insert(numbers, link(('%s.html#L%d'):format(program.path, n), n))
    end
    for _, claim in ipairs(program.claims) do
      if not says[claim.says] then table.insert(said, link(claim.passage.url, html_of(claim.says)) .. ' ') end
      says[claim.says] = true
    end
    table.insert(html, ('<li>%s%s%s</li>'):format(table.concat(said), link(program.path .. '.html', '<code>' ..
      escape(program.path:match('[^/]*$')) .. '</code>'), #numbers > 0 and (#numbers == 1 and ', line ' or ', lines ') .. table.concat(numbers, ', ') or ''))
  end
  return '<ul>' .. table.concat(html) .. '</ul>'
end

local kinds = {
  {kind = 'lines', title = 'In the code', html = lines_html},
  {kind = 'passages', title = 'In the text', html = passages_html},
  {kind = 'exercises', title = 'In exercises', html = passages_html},
  {kind = 'claims', title = 'In claims', html = programs_html},
  {kind = 'faults', title = 'In what shows the original’s faults', html = programs_html},
}

local function count(list, one, many) return ('%d %s'):format(#list, #list == 1 and one or many) end

-- Links of the entry lead from another page now.
local function entry_text(entry)
  local div = pandoc.Div(entry.blocks, {class = 'entry'})
  return div:walk{
    Link = function(inner)
      if inner.target:find('^#') then inner.target = '../' .. entry.chapter.url .. inner.target end
      return inner
    end,
    Span = function(span)
      if has_class(span, 'places') then return {} end
      span.identifier = ''
      return span
    end}
end

local function page(entry)
  local title = entry.name .. (entry.symbol and ' ' .. entry.symbol or '')
  local found = {}
  for _, section in ipairs(kinds) do
    if entry[section.kind] then
      local what = {lines = {'line of code', 'lines of code'}, passages = {'passage', 'passages'},
                    exercises = {'exercise', 'exercises'}, claims = {'claim', 'claims'}, faults = {'fault', 'faults'}}
      table.insert(found, count(entry[section.kind], table.unpack(what[section.kind])))
    end
  end
  local blocks = {
    raw(('<!-- page %s/%s.html\t%s\tWhere it occurs: %s. -->'):format(entry.folder, entry.name, title,
      #found > 0 and table.concat(found, ', ') or 'in the appendix alone')),
    entry_text(entry),
    raw(('<p class="back">From %s.</p>'):format(link(entry.chapter.url .. '#' .. entry.anchor, escape(entry.chapter.title))))}
  for _, section in ipairs(kinds) do
    if entry[section.kind] then
      table.insert(blocks, raw(('<h2>%s</h2>%s'):format(section.title, section.html(entry[section.kind]))))
    end
  end
  return blocks
end

function Pandoc(doc)
  local function words(key)
    local list = {}
    for word in stringify(doc.meta[key] or ''):gmatch('%S+') do list[#list + 1] = word end
    return list
  end
  for _, chapter in ipairs(doc.meta.chapters) do
    local one = {}
    for key, value in pairs(chapter) do one[key] = stringify(value) end
    chapters[one.short] = one
  end
  visit(doc.blocks, {})
  read_entries(doc.blocks)
  for _, entry in ipairs(entries) do
    if entry.name ~= '0' then by_word[entry.name] = entry end
    if entry.symbol then by_word[entry.symbol] = entry end
  end
  find_in_text()
  find_in_steps(words 'panels')
  find_in_programs(words 'programs')
  local file = assert(io.open(stringify(doc.meta.search), 'wb'))
  file:write(search.pack(doc.meta.chapters, chapters, sections, entries, words 'panels'))
  file:close()
  doc.blocks = pandoc.List()
  for _, entry in ipairs(entries) do doc.blocks:extend(page(entry)) end
  doc.blocks:insert(raw('<!-- pages end -->'))
  doc.meta.label, doc.meta.rows = nil, nil
  return doc
end
