-- The last filter: turns links to files of the repository (repo:path#fragment)
-- into links between what is being made. Metadata: target (site: a page each;
-- one: a single file; epub), root (from this page to the top of the site), page
-- (the chapter it is, for the links to the one before and the one after).

local target, root

-- A chapter's ids start with its name, so that all are unique in one file.
local function chapter_of(path) return path:match('^chapters/(%d+%-([^/]*))/chapter%.md$') end

local function site(path, fragment)
  local chapter, short = chapter_of(path)
  if chapter then
    return chapter .. '.html' .. (fragment and '#' .. short .. '-' .. fragment or '')
  end
  if path:match('^step%d+%-[^/]*$') then return path .. '/index.html' end
  return path .. '.html' .. (fragment and '#' .. fragment or '')
end

local function one(path, fragment)
  local chapter, short = chapter_of(path)
  if chapter then return '#' .. short .. (fragment and '-' .. fragment or '') end
  local line = target == 'one' and fragment and '-' .. fragment or ''
  return '#' .. path:gsub('/', '-') .. line
end

-- Short code stays in one line: a browser would break it after a hyphen.
local SHORT = 28
local function code(element)
  if #element.text <= SHORT then return nil end
  element.classes:insert('long')
  return element
end

-- The pages that say where a call or an error occurs are the site's alone.
local function is_place(path) return path:find('^calls/') or path:find('^errors/') end
local function places(element)
  if target ~= 'site' and element.classes:includes('places') then return {} end
end

local function link(element)
  local path, fragment = element.target:match('^repo:([^#]*)#?(.*)$')
  if not path then return nil end
  if target ~= 'site' and is_place(path) then return element.content end
  if fragment == '' then fragment = nil end
  element.target = target == 'site' and root .. site(path, fragment) or one(path, fragment)
  return element
end

function Pandoc(doc)
  target = pandoc.utils.stringify(doc.meta.target)
  root = doc.meta.root and pandoc.utils.stringify(doc.meta.root) or ''
  local page = doc.meta.page and pandoc.utils.stringify(doc.meta.page)
  doc = doc:walk{Span = places}:walk{Link = link, Code = code}
  if target ~= 'site' then  -- all chapters in one document: what it is called isn't any chapter's
    doc.meta.title, doc.meta.description = doc.meta.book, doc.meta.about
  end
  if target == 'site' and page then
    for i, chapter in ipairs(doc.meta.chapters) do
      if pandoc.utils.stringify(chapter.name) == page then
        doc.meta.prev, doc.meta.next = doc.meta.chapters[i - 1], doc.meta.chapters[i + 1]
        doc.meta.label = chapter.label
        chapter.current = true
        doc.meta.chapters[i] = chapter
      end
    end
    table.remove(doc.blocks, 1)  -- the title, which the template has
  end
  return doc
end
