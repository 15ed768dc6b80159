-- Code as the reader sees it: one element per line, highlighted by pandoc, with
-- a gutter that holds the line number of the new file and a sign.

local panel = {}

function panel.escape(text)
  return (text:gsub('[&<>"]', {['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;', ['"'] = '&quot;'}))
end

local function language(path)
  if path:find('%.[ch]$') then return 'c' end
  return path:find('Makefile$') and 'makefile' or 'default'
end

-- A narrow screen would break a line between its indentation and a long first
-- word, and leave an empty row; the style sheet holds the two together, and there
-- shortens a deep indentation.
local NARROW, DEEP = 28, 24
local function hold_indentation(html, line)
  local blank, word = line:match('^(%s+)(%S+)')
  if not word or #blank + #word < NARROW then return html end
  local tag, rest = html:match('^(<span[^>]*>)(.*)')
  if not tag then tag, rest = '', html end
  if rest:sub(1, #blank) ~= blank then return html end
  return tag .. ('<span class="%s">'):format(#blank < DEEP and 'in' or 'in deep') .. blank .. '</span>' .. rest:sub(#blank + 1)
end

-- Addresses in comments are links.
local function link_addresses(html)
  return (html:gsub('https://[^%s<>]+', function(address)
    local url, rest = address:match('^(.-)(&quot;.*)$')  -- in a string it ends with that
    if not url then url, rest = address:match('^(.-)([.,;)]*)$') end
    return ('<a href="%s">%s</a>%s'):format(url, url, rest)
  end))
end

-- A file's lines as HTML. pandoc highlights the whole file at once, so that a
-- comment of several lines is one, and wraps each line in <span id><a></a>.
function panel.highlight(lines, path)
  local block = pandoc.CodeBlock(table.concat(lines, '\n'), {class = language(path)})
  local html = pandoc.write(pandoc.Pandoc{block}, 'html')
  local list = {}
  for line in (html:gsub('</code></pre></div>%s*$', '') .. '\n'):gmatch('([^\n]*)\n') do
    local inner = line:match('<span id="cb%d+%-%d+"><a [^>]*></a>(.*)</span>$')
    -- Operators need no colour, and only the arrow must not be wrapped.
    if inner then
      inner = inner:gsub('<span class="op">(.-)</span>', '%1')
      list[#list + 1] = inner:gsub('%-&gt;', '<span class="op">%0</span>')
    end
  end
  for n, line in ipairs(lines) do
    if list[n] == nil or list[n]:gsub('<[^>]*>', ''):gsub('&#39;', "'") ~= panel.escape(line) then
      list[n] = panel.escape(line)  -- a line that the highlighter didn't leave as it was
    end
    list[n] = link_addresses(hold_indentation(list[n], line))
  end
  return list
end

local tags = {['+'] = 'ins', ['-'] = 'del', [' '] = 'span'}

-- One line. A removed line has no number in the new file; where it stood in
-- the old one is kept in data-o, for the test that applies the panels; not if it
-- follows that of the removed line before, gone_before. An added
-- line has an address (panel.address), to which its number in the whole file leads.
function panel.row(op, entry, html, address, gone_before)
  local tag = tags[op]
  local told = entry.n or op == '-' and entry.o - 1 == gone_before
  local old = told and '' or (' data-o="%d"'):format(entry.o)
  local id = op == '+' and address and (' id="%s%d"'):format(address, entry.n) or ''
  return ('<%s class="l"%s%s><span class="g">%s%s</span>%s\n</%s>'):format(
    tag, old, id, entry.n and entry.n .. ' ' or '', op, html, tag)
end

-- The ids of a file's lines in the panels of a chapter, without the line's number.
function panel.address(chapter, file)
  return chapter:match('^%d+%-(.*)$') .. '-' .. file .. '-L'
end

function panel.gap(text)
  return ('<span class="gap">%s\n</span>'):format(text)
end

-- Each source is highlighted once (highlight.lua): its lines as HTML are kept here.
function panel.kept(path) return 'build/book/lines/' .. path end

function panel.lines(path)
  local list = {}
  for line in io.lines(panel.kept(path)) do list[#list + 1] = line end
  return list
end

-- A line's number leads to the passage that explains it (passages.lua). Of the lines of
-- one passage that follow each other the first names it, and is the one a keyboard stops at.
local function number(n, passage, before)
  if not passage then return ('<span class="g">%d</span>'):format(n) end
  if before and before.number == passage.number then
    return ('<a class="g" href="../%s" tabindex="-1">%d</a>'):format(passage.url, n)
  end
  return ('<a class="g" href="../%s" title="Panel %s explains this"><i>%s</i> %d</a>'):format(
    passage.url, passage.number, passage.number, n)
end

-- What stands for removed lines when they are folded away.
function panel.gone(count)
  return ('<span class="gap gone">⋯ %d line%s removed\n</span>'):format(count, count == 1 and '' or 's')
end
function panel.without_gone(rows)
  local rest = {}
  for _, row in ipairs(rows) do
    if not row:find('class="gap gone"', 1, true) then rest[#rest + 1] = row end
  end
  return rest
end

-- A whole file with anchors at its lines.
function panel.listing(path, prefix, passages)
  local rows = {}
  for n, html in ipairs(panel.lines(path)) do
    rows[n] = ('<span class="l" id="%s%d">%s%s\n</span>'):format(
      prefix, n, number(n, passages[n], passages[n - 1]), html)
  end
  return pandoc.RawBlock('html', '<pre class="code"><code>' .. table.concat(rows) .. '</code></pre>')
end

return panel
