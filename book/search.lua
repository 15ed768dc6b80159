-- The index for the search in the pages (page.js), packed: it is loaded whole, when a
-- reader first searches, and must stay small. A script and not data, as a page that is
-- opened from a folder may load nothing else.

local here = PANDOC_SCRIPT_FILE:match('^(.*/)') or './'
package.path = here .. '?.lua;' .. package.path
local names = require 'names'

local search = {}

local LIMIT = 50 * 1024

-- Numbers as characters: one up to 79, else two.
local digits = {}
for code = 35, 126 do
  if not string.char(code):find('[$\\`]') then digits[#digits + 1] = string.char(code) end
end
local function pack_number(n)
  if n < 80 then return digits[n + 1] end
  return digits[81 + n // #digits] .. digits[n % #digits + 1]
end

-- Each section's words.
local function words_of(sections)
  local places = {}  -- by word: numbers of sections, ascending
  for number, section in ipairs(sections) do
    for word in table.concat(section.texts, ' '):lower():gmatch('[%w_]+') do
      if #word > 2 and word:find('^%a') and #word < 40 then
        local list = places[word] or {}
        places[word] = list
        if list[#list] ~= number then list[#list + 1] = number end
      end
    end
  end
  return places
end

-- packets and packet are one, if both occur: page.js looks for a word without these, too.
local function merge(places)
  for _, ending in ipairs{'s', 'es', 'd', 'ed', 'ing'} do
    for word, list in pairs(places) do
      local stem = places[word:sub(1, -#ending - 1)]
      if word:sub(-#ending) == ending and stem and #word - #ending > 2 then
        local both = {}
        for _, number in ipairs(list) do both[number] = true end
        for _, number in ipairs(stem) do both[number] = true end
        for n = #stem, 1, -1 do stem[n] = nil end
        for number in pairs(both) do stem[#stem + 1] = number end
        table.sort(stem)
        places[word] = nil
      end
    end
  end
end

-- The sections that have a word: how many, and how far each is from the one before; or,
-- where that is longer, 0 and a bit for each section.
local function pack_places(list, count)
  local out = {}
  if #list > count / 6 then
    local has = {}
    for _, number in ipairs(list) do has[number] = true end
    out[1] = pack_number(0)
    for first = 1, count, 6 do
      local bits = 0
      for i = 0, 5 do bits = bits + (has[first + i] and 1 << i or 0) end
      out[#out + 1] = pack_number(bits)
    end
  else
    out[1] = pack_number(#list)
    local last = 0
    for _, number in ipairs(list) do
      out[#out + 1] = pack_number(number - last - 1)
      last = number
    end
  end
  return table.concat(out)
end

-- All words in order, each as how much it has in common with the one before (a capital) and
-- the rest; and beside them their sections. Without words that fewer sections have than least.
local function pack_words(places, sections, least)
  local order, words, numbers, before = {}, {}, {}, ''
  for word, list in pairs(places) do
    if #list >= least then order[#order + 1] = word end
  end
  table.sort(order)
  for _, word in ipairs(order) do
    local common = 0
    while common < 25 and common < #before and word:byte(common + 1) == before:byte(common + 1) do common = common + 1 end
    words[#words + 1] = string.char(65 + common) .. word:sub(common + 1)
    numbers[#numbers + 1] = pack_places(places[word], #sections)
    before = word
  end
  return table.concat(words), table.concat(numbers)
end

-- Each file's lines in the step of a list, and the panels of those that it adds.
local function files_of(list)
  local files, order = {}, {}
  for line in io.lines(list) do
    local number, name, op, n, text = line:match('^line\t([^\t]*)\t([^\t]*)\t([+.])\t%d*\t(%d*)\t(.*)$')
    if number then
      if not files[name] then
        files[name] = {name = name, lines = {}, panels = {}}
        order[#order + 1] = files[name]
      end
      files[name].lines[tonumber(n)] = text
      files[name].panels[tonumber(n)] = op == '+' and number ~= '' and number or nil
    end
  end
  return order
end

-- Functions, structs and files: each with the first panel of each chapter that adds to it.
local function pack_names(lists)
  local found, order = {}, {}
  local function add(name, panel)
    if not found[name] then
      found[name] = {name}
      order[#order + 1] = name
    end
    local last = found[name][#found[name]]
    if last == name or last:match('^%d+') ~= panel:match('^%d+') then table.insert(found[name], panel) end
  end
  for _, list in ipairs(lists) do
    for _, file in ipairs(files_of(list)) do
      local items = names.items(file.lines)
      for _, item in ipairs(items) do
        local name, defined = names.enclosing(items, item.first), false
        for n = item.first, name and item.last or 0 do
          if file.panels[n] and not defined then
            defined = true
            add(name:gsub('%(%)$', ''), file.panels[n])
          end
        end
      end
      for n = 1, #file.lines do
        if file.panels[n] and not found[file.name] then add(file.name, file.panels[n]) end
      end
    end
  end
  table.sort(order)
  for i, name in ipairs(order) do order[i] = table.concat(found[name], ' ') end
  return table.concat(order, '\n')
end

local function quoted(text) return '`' .. text:gsub('\1', ''):gsub('[`\\$]', '\\%0') .. '`' end

-- The whole, as JavaScript. chapters are in order, by_name has them by their short names.
-- Where it would be too much, the rarest words of the text are left out.
function search.pack(chapters, by_name, sections, entries, lists)
  local books, titles, places, chapter = {}, {}, {}, nil
  for _, meta in ipairs(chapters) do
    local one = by_name[pandoc.utils.stringify(meta.short)]
    books[#books + 1] = table.concat({one.name, one.label or '', one.title}, '\t')
  end
  -- A chapter's sections follow each other; an exercise has no need of its address.
  for _, section in ipairs(sections) do
    local fragment = section.url:sub(#section.chapter.url + #section.chapter.short + 3)
    titles[#titles + 1] = (section.chapter ~= chapter and '\f' or '') ..
      (section.exercise and '!' or fragment .. '\t') .. section.title
    chapter = section.chapter
  end
  for _, entry in ipairs(entries) do
    places[#places + 1] = entry.name .. (entry.symbol and ' ' .. entry.symbol or '')
  end
  local found, known, least = pack_names(lists), words_of(sections), 0
  merge(known)
  repeat
    least = least + 1
    local words, numbers = pack_words(known, sections, least)
    local out = {}
    for _, part in ipairs{{'chapters', table.concat(books, '\n')}, {'sections', table.concat(titles, '\n')},
      {'names', found}, {'places', table.concat(places, '\n')}, {'words', words}, {'numbers', numbers}} do
      out[#out + 1] = part[1] .. ': ' .. quoted(part[2])
    end
    local text = 'globalThis.searchIndex = {\n' .. table.concat(out, ',\n') .. '\n};\n'
    if #text <= LIMIT then return text end
  until least == #sections
  error('the index for the search is larger than 50 KB without a word of the text', 0)
end

return search
