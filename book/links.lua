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

-- Code is broken at blanks only, where a browser would break it after a hyphen, too:
-- short code not at all, longer code between its words unless they are long themselves.
local SHORT = 28
local function code(element)
  if #element.text <= SHORT then return nil end
  local words = pandoc.List()
  for word in element.text:gmatch('%S+') do
    local class = #word > SHORT and {'long'} or {}
    if #words > 0 then words:insert(pandoc.RawInline('html', ' ')) end
    words:insert(pandoc.Code(word, pandoc.Attr('', class)))
  end
  return #words > 1 and pandoc.Span(words, {class = 'words'}) or words[1]
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

-- All chapters in one document: each is called by its number, and its title is the book's.
-- A section that most chapters have ("Run it") tells nothing in the contents.
local COMMON = 3

local function number_chapters(doc)
  local label_of, count = {}, {}
  for _, chapter in ipairs(doc.meta.chapters or {}) do
    label_of[pandoc.utils.stringify(chapter.short)] = chapter.label and pandoc.utils.stringify(chapter.label)
  end
  doc:walk{Header = function(header)
    local title = pandoc.utils.stringify(header)
    if header.level == 2 then count[title] = (count[title] or 0) + 1 end
  end}
  doc = doc:walk{Header = function(header)
    local label = header.level == 1 and label_of[header.identifier]
    if label then
      header.content:insert(1, pandoc.Space())
      header.content:insert(1, pandoc.Str(label .. ':'))
    elseif header.level == 2 and count[pandoc.utils.stringify(header)] >= COMMON then
      header.classes:extend{'unnumbered', 'unlisted'}
      if target == 'epub' then  -- whose contents have every heading that pandoc knows
        local title = pandoc.utils.stringify(header):gsub('&', '&amp;'):gsub('<', '&lt;')
        return pandoc.Div({pandoc.RawBlock('html', '<h2>' .. title .. '</h2>')}, pandoc.Attr(header.identifier))
      end
    end
    return header
  end}
  doc.meta.title, doc.meta.description = doc.meta.book, doc.meta.about
  return doc
end

-- An e-book is cut into files at its sections, so each source is one; the contents list the steps'.
local function lift_sources(doc)
  local in_code = false
  return doc:walk{Header = function(header)
    if in_code then
      header.level = header.level - 1
    end
    in_code = in_code or header.identifier == 'the-code'
    return header
  end}
end

-- An e-reader has nothing to switch with, and shows all.
local function without_switches(block)
  block.text = block.text:gsub('<label.-</label>', ''):gsub('<span class="gap gone">.-</span>', '')
  return block
end

function Pandoc(doc)
  target = pandoc.utils.stringify(doc.meta.target)
  root = doc.meta.root and pandoc.utils.stringify(doc.meta.root) or ''
  local page = doc.meta.page and pandoc.utils.stringify(doc.meta.page)
  doc = doc:walk{Span = places}:walk{Link = link, Code = code}
  if target ~= 'site' then doc = number_chapters(doc) end
  if target == 'epub' then doc = lift_sources(doc:walk{RawBlock = without_switches}) end
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
