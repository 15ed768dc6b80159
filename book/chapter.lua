-- The filter that turns a chapter's notation (see README.md) into HTML, and
-- that refuses a chapter which doesn't show exactly what changed in its step.
-- Metadata from book.mk: folder (the chapter's), step, before (the step before
-- it), files (of both), tasks (the exercises), records (what claims saw under Wine), following (where to write what
-- `make follow` needs), draft.

local here = PANDOC_SCRIPT_FILE:match('^(.*/)') or './'
package.path = here .. '?.lua;' .. package.path
local names, panel, pieces, beside = require 'names', require 'panel', require 'pieces', require 'beside'

local folder  -- chapters/02-operation
local short   -- operation: stands before each id of the chapter
local draft   -- still being written: may lack some things
local failed = false

local function complain(line, message)
  io.stderr:write(('%s/chapter.md%s: %s\n'):format(folder, line and ':' .. line or '', message))
  failed = true
end

local function complain_unless_draft(line, message)
  local was = failed
  complain(line, message)
  failed = not draft or was
end

local function read_file(path)
  local file = io.open(path, 'rb')
  local text = file and file:read('a')  -- nil for a directory, which can be opened
  if file then file:close() end
  return text, file ~= nil
end

-- For complaints about elements that don't know their line.
local function line_of(text)
  local n = 0
  for line in read_file(folder .. '/chapter.md'):gmatch('[^\n]*') do
    n = n + 1
    if line:find(text, 1, true) then return n end
  end
end

local function raw(html) return pandoc.RawBlock('html', html) end
local function has_class(element, class) return element.classes:includes(class) end
local function append(list, more)
  for _, element in ipairs(more) do list[#list + 1] = element end
end

-- Rows ----------------------------------------------------------------------

local rows = 0  -- how many the chapter has
local FEW = 3   -- with no more, its page is a narrow one

-- Prose on the left, code on the right. The shorter of the two stays in view
-- while the other is scrolled: prose only if it fits a screen, code always, for
-- which the style sheet needs to know its height.
local function row(prose, panels, class)
  rows = rows + 1
  local brief = beside.is_brief(prose) and ' brief' or ''
  local lines = 0
  pandoc.Div(panels):walk({RawBlock = function(block)
    lines = lines + 1 + select(2, block.text:gsub('\n', ''))
    if block.text:find(' checked>', 1, true) then  -- its removed lines are folded
      lines = lines - select(2, block.text:gsub('<del ', ''))
    end
  end})
  return pandoc.Div({
    pandoc.Div(prose, {class = 'prose' .. brief}),
    pandoc.Div(panels, {class = 'beside'})
  }, {class = 'row ' .. class, style = '--lines:' .. lines})
end

local used = {}
local function unique_id(text)
  local id = short .. '-' .. text:gsub('[^%w_.]+', '-'):gsub('%-+$', '')
  used[id] = (used[id] or 0) + 1
  return used[id] == 1 and id or id .. '-' .. used[id]
end

-- A panel: its caption links to the whole file at that line; its number, if it
-- has one, to itself.
local function code_panel(name, what, note, path, line, rows, class, number, fold)
  local content = {pandoc.Span({pandoc.Str(name)}, {class = 'file'})}
  if what then
    append(content, {pandoc.Space(), pandoc.Span({pandoc.Str(what)}, {class = 'what'})})
  end
  local id = unique_id(name .. '-' .. (what or ''))
  local caption = {pandoc.Link(content, ('repo:%s#L%d'):format(path, line), 'The whole of ' .. path)}
  if number then
    local itself = pandoc.Link({pandoc.Str(number)}, '#' .. id:sub(#short + 2), 'Panel ' .. number,
                               pandoc.Attr('p' .. number, {'panel-number'}))
    table.insert(caption, 1, pandoc.Space())
    table.insert(caption, 1, itself)
  end
  return pandoc.Div({
    raw('<figure><figcaption>'),
    pandoc.Plain{pandoc.Span(caption), pandoc.Space(), pandoc.Span({pandoc.Str(note)}, {class = 'counts'})},
    raw(('%s</figcaption><pre class="%s"><code>%s</code></pre></figure>'):format(
      fold or '', class, table.concat(rows)))
  }, pandoc.Attr(id, {'panel'})), id
end

-- Code ----------------------------------------------------------------------

local notes = {}  -- by the number of the .code div: its notations

-- First walk: all pieces of the chapter must be known before one is rendered.
local function collect_code(div)
  if not has_class(div, 'code') then return nil end
  if not pieces.step then
    complain(div.attributes.at, 'this chapter has no step of its own: use .show with step=')
    return nil
  end
  local list, failed_here = {}, false
  local function read(element)
    if failed_here then return end
    local note, wrong = pieces.read(element.attributes, has_class(element, 'removed'), list[#list])
    if not note then complain(element.attributes.at, wrong) end
    failed_here = not note
    list[#list + 1] = note
  end
  read(div)
  div = div:walk({Span = function(span)
    if not has_class(span, 'also') then return nil end
    read(span)
    return {}
  end})
  notes[#notes + 1] = list
  div.attributes.notes = tostring(#notes)
  return div
end

-- What `make follow` goes by: panels and checkpoints in reading order, then every
-- file's lines with the panel that each changed one stands in.
local following = {}
local function follow(...) following[#following + 1] = table.concat({...}, '\t') end

local chapter_number    -- 3
local panels_so_far = 0 -- panels are 3.1, 3.2 ...

local function diff_panel(file, list)
  local rows, added, removed, first, can_fold, folded = pieces.rows(file, list)
  if not rows then
    complain(list[1].note.line, ('%s: nothing changes in %s'):format(
      file.name, list[1].what or 'these lines'))
    return pandoc.Div{}
  end
  local whats, named = {}, {}  -- several pieces of a function name it once
  for _, piece in ipairs(list) do
    if piece.what and not named[piece.what] then whats[#whats + 1] = piece.what end
    named[piece.what or ''] = true
  end
  local note = (added > 0 and '+' .. added or '') .. (added > 0 and removed > 0 and ' ' or '')
    .. (removed > 0 and '−' .. removed or '')
  panels_so_far = panels_so_far + 1
  local number = chapter_number .. '.' .. panels_so_far
  for _, piece in ipairs(list) do piece.number = number end
  local fold = can_fold and ('<label class="switch"><input type="checkbox"%s> %s</label>'):format(
    folded and ' checked' or '', added > 0 and 'new lines only' or 'folded') or nil
  local source, what = first.n and file.new or file.old, table.concat(whats, ', ')
  local div, id = code_panel(file.name, whats[1] and what, note, source.path,
                             first.n or first.o, rows, 'diff', number, fold)
  follow('panel', number, id, file.name, what)
  return div
end

local function render_code(div)
  local list, panels, prose, i = notes[tonumber(div.attributes.notes)] or {}, {}, {}, 1
  while i <= #list do  -- notations of the same file share a panel
    local file, together = list[i].file, {}
    while list[i] and list[i].file == file do
      append(together, list[i].pieces)
      i = i + 1
    end
    panels[#panels + 1] = diff_panel(file, together)
  end
  for _, block in ipairs(div.content) do  -- without the paragraph of .also spans
    if block.t ~= 'Para' or pandoc.utils.stringify(block):find('%S') then prose[#prose + 1] = block end
  end
  return row(prose, panels, 'code')
end

-- Lines of a step as they stand there, not as a change.
local function render_show(div)
  local a, panels = div.attributes, {}
  local step = a.step or pieces.step
  local where = a.file and pieces.version(step, a.file)
  if not where then
    complain(a.at, ('there is no %s/%s'):format(step or 'step=', a.file or 'file='))
    return nil
  end
  local ranges, wrong = names.resolve(pieces.wants(a), where.lines, where.items)
  if not ranges then complain(a.at, where.path .. ': ' .. wrong) end
  for _, range in ipairs(ranges or {}) do
    local rows = {}
    for n = range.first, range.last do
      rows[#rows + 1] = panel.row(' ', {n = n}, where.html[n])
    end
    panels[#panels + 1] = code_panel(a.file, range.what, step, where.path, range.first, rows, 'shown')
  end
  return row(div.content, panels, 'show')
end

-- Checkpoints and output ----------------------------------------------------

-- What a program printed, from the file that a run of it has written.
local function terminal(a, command, where)
  local output = read_file(('%s/%s.out'):format(folder, a.run))
  if not output then
    complain_unless_draft(a.at, ('there is no %s.out yet: make book-outputs'):format(a.run))
    output = '(not run yet)\n'
  end
  -- Each line by itself, so that the style sheet can indent what it wraps.
  output = panel.escape(output):gsub('[^\n]*\n?', function(line)
    return line ~= '' and '<samp>' .. line .. '</samp>' or ''
  end)
  local mask = a.mask and (' data-mask="%s"'):format(panel.escape(a.mask)) or ''
  return {raw(('<figure class="terminal"><figcaption><kbd>%s</kbd></figcaption>'
    .. '<pre data-run="%s" data-where="%s"%s>%s</pre></figure>'):format(
    panel.escape(command), panel.escape(a.run), where, mask, output))}
end

local checkpoints = 0

local function render_checkpoint(div)
  checkpoints = checkpoints + 1
  local a = div.attributes
  local badge = a.run and 'It compiles; run it' or 'It compiles'
  local objects = (a.objects or ''):gsub('%S+', 'build/%0')
  local built = pandoc.Span({pandoc.Str(badge)}, {class = 'badge'})
  local first = a.objects and {built, pandoc.Space(), pandoc.Code('make ' .. objects)} or {built}
  local blocks = {pandoc.Para(first)}
  append(blocks, div.content)
  local command = a.cmd or 'make run'
  if a.run then blocks = {row(blocks, terminal(a, command, 'step'), 'run')} end
  local id = ('%s-checkpoint-%d'):format(short, checkpoints)
  follow('checkpoint', checkpoints, id, a.run or '', a.run and command or '', a.mask or '', objects)
  return pandoc.Div(blocks, pandoc.Attr(id, {'checkpoint'}, a.objects and {['data-objects'] = objects} or {}))
end

local function render_output(div)
  local a = div.attributes
  if not a.run or not a.cmd then
    complain(a.at, 'an output needs run= and cmd=')
    return nil
  end
  return row(div.content, terminal(a, a.cmd, 'top'), 'run')
end

-- Asides, answers -----------------------------------------------------------

local function render_aside(div)
  return pandoc.Div(div.content, pandoc.Attr('', {'aside'}, {role = 'note'}))
end

-- The first block is the question; the rest is folded under it.
local function render_answer(div)
  local question = table.remove(div.content, 1)
  local blocks = {raw('<details class="answer"><summary>'), pandoc.Plain(question.content),
                  raw('</summary>')}
  append(blocks, div.content)
  append(blocks, {raw('</details>')})
  return pandoc.Div(blocks, {class = 'question'})
end

-- Links, claims, figures ----------------------------------------------------

-- A path that is relative to dir, from the top of the repository.
local function from_top(dir, path)
  local parts = {}
  for part in (dir .. '/' .. path):gmatch('[^/]+') do
    if part == '..' then table.remove(parts) elseif part ~= '.' then parts[#parts + 1] = part end
  end
  return table.concat(parts, '/')
end

-- Links to files get the form repo:path#fragment, which links.lua turns into
-- what the output at hand needs.
local function link_from(dir)
  return function(link)
    if link.target:find('^%a[%w+.-]*:') then return nil end
    local path, fragment = link.target:match('^([^#]*)(.*)$')
    if path == '' then
      link.target = '#' .. short .. '-' .. fragment:sub(2)
      return link
    end
    local _, exists = read_file(from_top(dir, path))
    if not exists then
      complain(line_of(link.target), 'the link leads nowhere: there is no ' .. from_top(dir, path))
    end
    link.target = 'repo:' .. from_top(dir, path) .. fragment
    return link
  end
end

-- Under which Wines a claim's program has seen something else: the records say.
local differing = {}

local function read_records(records)
  for _, record in ipairs(records) do
    local wine = record:match('wine%-(.*)%.txt$')
    for name in read_file(record):gmatch('%f[%w]differs +([%w-]+):') do
      differing[name] = (differing[name] and differing[name] .. ' and ' or '') .. wine
    end
  end
end

local function render_claim(span)
  if not has_class(span, 'claim') then return nil end
  local program = span.attributes.program or ''
  local source = ('tests/claims/%s.c'):format(program)
  if not read_file(source) then
    complain(span.attributes.at, ('the claim names no program: there is no %s'):format(source))
  end
  local wines = differing[program]
  local says = wines
    and ('Microsoft says so; under Wine %s the program %s shows something else'):format(wines, program)
    or 'Shown by the program ' .. program
  local mark = pandoc.Link({pandoc.Str(wines and '≠ Wine' or '✓')}, 'repo:' .. source, says,
    pandoc.Attr('', {'proof', wines and 'differs' or nil}, {['aria-label'] = says}))
  return {pandoc.Span(span.content, {class = 'claim'}), mark}
end

-- An SVG goes into the page itself, so that it takes the page's colours. Its
-- ids get the figure's in front; its title and description become its name.
local function inline_svg(path, id)
  local text = read_file(path)
  if not text then return nil, 'there is no ' .. path end
  for _, needed in ipairs{'<title', '<desc', 'viewBox=', 'xmlns='} do
    if not text:find(needed, 1, true) then
      return nil, ('%s has no %s'):format(path, needed:gsub('%W', ''))
    end
  end
  for _, change in ipairs{
    {'<%?xml.-%?>', ''}, {'<!DOCTYPE.->', ''}, {'<!%-%-.-%-%->', ''},
    {'%srole="[^"]*"', ''}, {'%saria%-%a+="[^"]*"', ''},
    {'%sid="', '%0' .. id .. '-'}, {'url%(#', '%0' .. id .. '-'}, {'href="#', '%0' .. id .. '-'},
    {'<svg', ('<svg role="img" aria-describedby="%s-desc"'):format(id)}, {'<title[^>]*>', '<title>'},
    {'<desc[^>]*>', ('<desc id="%s-desc">'):format(id)}, {'%s+$', ''}, {'^%s+', ''},
  } do
    text = text:gsub(change[1], change[2])
  end
  return text
end

local function figure_from(dir)
  return function(para)
    local image = para.content[1]
    if #para.content ~= 1 or image.t ~= 'Image' then return nil end
    local path = from_top(dir, image.src)
    local id = image.identifier ~= '' and image.identifier or path:match('([^/]*)%.%w+$')
    local text, wrong = inline_svg(path, short .. '-' .. id)
    if not text then complain(line_of(image.src), wrong) return nil end
    return pandoc.Div({raw('<figure>' .. text .. '<figcaption>'), pandoc.Plain(image.caption),
                       raw('</figcaption></figure>')},
                      pandoc.Attr(id, {'figure', table.unpack(image.classes)}))
  end
end

-- Notes get no place of their own on the pages: what is worth a note is an aside.
local function refuse_note(note)
  complain(line_of('[^') or line_of('^['), 'a footnote: write ::: aside instead')
  return note
end

-- Exercises -----------------------------------------------------------------

local function exercise(dir, number)
  local task = pandoc.read(read_file(dir .. '/task.md'), 'markdown-implicit_figures')
  local function meta(key)
    if not task.meta[key] then
      complain(nil, ('%s/task.md has no %s in its metadata'):format(dir, key))
    end
    return pandoc.utils.stringify(task.meta[key] or '')
  end
  local anchor = 'exercise-' .. number:match('%d+$')
  local blocks = {
    pandoc.Header(3, {pandoc.Span({pandoc.Str(number)}, {class = 'number'}), pandoc.Space(),
                      pandoc.Str(meta 'title')}, pandoc.Attr(anchor)),
    pandoc.Para{pandoc.Span({pandoc.Str(meta 'difficulty')}, {class = 'difficulty'}), pandoc.Space(),
                pandoc.Code('make start EX=' .. number)}}
  local body = pandoc.Div(task.blocks):walk({
    Header = function(header)
      header.level = header.level + 2
      header.identifier = anchor .. '-' .. header.identifier
      return header
    end,
    Link = link_from(dir), Para = figure_from(dir)})
  append(blocks, body.content)
  return pandoc.Div(blocks, {class = 'exercise'})
end

local tasks = {}  -- paths of the chapter's exercises

local function render_exercises()
  local list, blocks = {}, {}
  for _, path in ipairs(tasks) do
    local dir, number = path:match('^(.*/(%d+)%-[^/]*)/task%.md$')
    if dir then list[#list + 1] = {dir = dir, number = tonumber(number)} end
  end
  table.sort(list, function(a, b) return a.number < b.number end)
  for _, one in ipairs(list) do
    append(blocks, {exercise(one.dir, ('%d.%d'):format(tonumber(folder:match('(%d+)%-[^/]*$')), one.number))})
  end
  return pandoc.Div(blocks, {class = 'exercises'})
end

-- Appendices ----------------------------------------------------------------

-- The chapters that say places: calls or errors in their metadata have an entry for each
-- of these, and a page each says where it occurs (index.lua): a call's entry ends in a link
-- there, an error's term is one.
local list_places = {
  calls = function(blocks)
    local out, call = pandoc.List(), nil
    local function finish()
      local last = out[#out]
      if call and last.t == 'Para' then
        last.content:insert(pandoc.Span({pandoc.Str ', ', pandoc.Link('every place where it occurs', 'repo:calls/' .. call)},
          pandoc.Attr('', {'places'})))
      end
      call = nil
    end
    for _, block in ipairs(blocks) do
      if block.t == 'Header' then
        finish()
        call = block.level == 3 and block.content[1].t == 'Code' and block.content[1].text
      end
      out:insert(block)
    end
    finish()
    return out
  end,
  errors = function(blocks)
    return pandoc.Div(blocks):walk{DefinitionList = function(list)
      for _, item in ipairs(list.content) do
        local number = item[1][1].t == 'Str' and item[1][1].text:match('^%d+$')
        if number then
          item[1] = {pandoc.Span({pandoc.Link(item[1], 'repo:errors/' .. number)}, pandoc.Attr(number))}
        end
      end
      return list
    end}.content
  end,
}

-- The whole -----------------------------------------------------------------

local renderers = {code = render_code, show = render_show, checkpoint = render_checkpoint,
                   output = render_output, answer = render_answer, aside = render_aside,
                   exercises = render_exercises}

local function render(div)
  for class, renderer in pairs(renderers) do
    if has_class(div, class) then return renderer(div) end
  end
end

local function write_following(files)
  for _, name in ipairs(files) do
    for _, entry in ipairs(pieces.entries(name)) do
      local op = entry.op == ' ' and '.' or entry.op
      follow('line', entry.owner and entry.owner.number or '', name, op, entry.o or '', entry.n or '', entry.text)
    end
  end
  -- Touched only when it changes: the pages of this step's files and of later ones' depend on it.
  local text = table.concat(following, '\n') .. '\n'
  if read_file(following.path) == text then return end
  local file = assert(io.open(following.path, 'wb'))
  file:write(text)
  file:close()
end

function Pandoc(doc)
  local function meta(key)
    local value = doc.meta[key] and pandoc.utils.stringify(doc.meta[key])
    return value ~= '' and value or nil
  end
  folder, draft, pieces.step, pieces.before = meta 'folder', meta 'draft', meta 'step', meta 'before'
  chapter_number, short = folder:match('/0*(%d+)%-([^/]*)$')
  pieces.chapter = folder:match('[^/]*$')
  if not meta 'title' then complain(1, 'there is no title in the metadata') end

  local function list_of(key)
    local list = {}
    for word in (meta(key) or ''):gmatch('%S+') do list[#list + 1] = word end
    return list
  end
  tasks = list_of 'tasks'
  read_records(list_of 'records')
  following.path = meta 'following'

  doc = doc:walk{Div = collect_code}
  pieces.claim(complain)
  if not failed then pieces.check(list_of 'files', complain_unless_draft) end

  doc = doc:walk{Div = render}
  doc = doc:walk{Link = link_from(folder), Span = render_claim, Note = refuse_note,
                 Para = figure_from(folder)}
  doc.blocks = beside.cards(beside.leads(beside.figures(beside.asides(doc.blocks))))
  local function own_id(element)
    if element.identifier ~= '' and element.identifier:sub(1, #short + 1) ~= short .. '-' then
      element.identifier = short .. '-' .. element.identifier
    end
    if element.t == 'Header' and element.level == 1 then
      complain(line_of('# ' .. pandoc.utils.stringify(element)), 'sections start at ##')
    end
    return element
  end
  local places = list_places[meta 'places']
  if places then doc.blocks = places(doc.blocks) end
  doc = doc:walk{Header = own_id, Div = own_id, Span = own_id}
  if pieces.step and checkpoints < 2 then
    complain_unless_draft(nil, ('it has %d checkpoint(s), and a step needs two'):format(checkpoints))
  end
  if failed then os.exit(1) end
  if pieces.step then write_following(list_of 'files') end
  doc.meta.rows = rows > FEW
  doc.blocks:insert(1, pandoc.Header(1, doc.meta.title, pandoc.Attr(short)))
  return doc
end
