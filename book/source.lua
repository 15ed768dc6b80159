-- Pages of code rather than prose: whole files with an anchor at each line, and
-- a step's whole diff. Metadata from book.mk: listings (paths of a folder, a page each,
-- which pages.awk cuts apart) and panels (the lists of the chapters up to this step), or
-- step, before and files; records and cited (for programs of claims and faults); one (all listings go into one document, so ids need a prefix).

local here = PANDOC_SCRIPT_FILE:match('^(.*/)') or './'
package.path = here .. '?.lua;' .. package.path
local diff, panel, passages, evidence = require 'diff', require 'panel', require 'passages', require 'evidence'

local CONTEXT = 3

local function id_of(path) return (path:gsub('/', '-')) end

-- Where pages.awk begins a page, and what is in its head.
local function page(path, about)
  local folder, name = path:match('^(.*)/(.*)$')
  return pandoc.RawBlock('html', ('<!-- page %s.html\t%s\t%s -->'):format(path, path,
    about and panel.escape(about) or ('%s as it stands in %s.'):format(name, folder)))
end

local function words(text)
  local list = {}
  for word in (text or ''):gmatch('%S+') do list[#list + 1] = word end
  return list
end

local function listings(paths, one, explained, shown)
  local blocks, last = {}, nil
  for path in paths:gmatch('%S+') do
    local prefix = one and id_of(path) .. '-L' or 'L'
    if one then
      local folder = path:match('^(.*)/')
      if folder ~= last then
        table.insert(blocks, pandoc.Header(2, {pandoc.Code(folder)}, pandoc.Attr(id_of(folder))))
        last = folder
      end
      table.insert(blocks, pandoc.Header(3, {pandoc.Code(path)}, pandoc.Attr(id_of(path))))
    end
    if not one then
      local statement, evident = shown(path)
      table.insert(blocks, page(path, statement))
      for _, block in ipairs(evident) do table.insert(blocks, block) end
    end
    table.insert(blocks, panel.listing(path, prefix, explained[path:match('[^/]*$')] or {}))
  end
  return blocks
end

-- One file's diff, hunks with a few kept lines around them.
local function whole_diff(name, step, before)
  local function version(dir)
    local path = dir and dir .. '/' .. name
    local lines = path and diff.lines(path)
    return lines and {path = path, html = panel.lines(path)}
  end
  local new, old = version(step), version(before)
  local entries = diff.entries(old and old.path, new and new.path)
  local rows, near, added, removed = {}, {}, 0, 0
  for i, entry in ipairs(entries) do
    if entry.op ~= ' ' then
      for k = i - CONTEXT, i + CONTEXT do near[k] = true end
    end
  end
  local gap = false
  for i, entry in ipairs(entries) do
    if near[i] then
      if gap and #rows > 0 then rows[#rows + 1] = panel.gap('⋯') end
      gap = false
      rows[#rows + 1] = panel.row(entry.op, entry, entry.n and new.html[entry.n] or old.html[entry.o])
      added = added + (entry.op == '+' and 1 or 0)
      removed = removed + (entry.op == '-' and 1 or 0)
    else
      gap = true
    end
  end
  local head = pandoc.Header(2, {pandoc.Code(name)}, pandoc.Attr(id_of(name)))
  local whole = new and pandoc.Link({pandoc.Str('the whole file')}, 'repo:' .. new.path)
    or pandoc.Str('gone in this step')
  local note = #rows == 0 and 'unchanged' or ('+%d −%d'):format(added, removed)
  local blocks = {head, pandoc.Para{pandoc.Str(note .. ','), pandoc.Space(), whole}}
  if #rows > 0 then
    table.insert(blocks, pandoc.RawBlock('html',
      '<pre class="diff"><code>' .. table.concat(rows) .. '</code></pre>'))
  end
  return blocks
end

function Pandoc(doc)
  local function meta(key)
    local value = doc.meta[key] and pandoc.utils.stringify(doc.meta[key])
    return value ~= '' and value or nil
  end
  if meta 'listings' then
    local titles = {}
    for _, chapter in ipairs(doc.meta.chapters or {}) do
      local function of(key) return chapter[key] and pandoc.utils.stringify(chapter[key]) end
      titles[of 'name'] = (of 'label' and of 'label' .. ', ' or '') .. of 'title'
    end
    local shown = evidence.read(words(meta 'records'), meta 'cited', titles)
    for _, block in ipairs(listings(meta 'listings', meta 'one', passages.read(words(meta 'panels')), shown)) do
      doc.blocks:insert(block)
    end
    if not meta 'one' then doc.blocks:insert(pandoc.RawBlock('html', '<!-- pages end -->')) end
  else
    for name in meta 'files':gmatch('%S+') do
      for _, block in ipairs(whole_diff(name, meta 'step', meta 'before')) do doc.blocks:insert(block) end
    end
  end
  return doc
end
