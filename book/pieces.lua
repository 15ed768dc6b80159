-- The pieces of a step's diff that a chapter's panels show: which lines each one
-- owns, that together they own every changed line once, and what the reader's
-- copy of a file looks like at any one of them.

local here = PANDOC_SCRIPT_FILE:match('^(.*/)') or './'
package.path = here .. '?.lua;' .. package.path
local diff, names, panel = require 'diff', require 'names', require 'panel'

local CONTEXT = 3  -- kept lines shown around a change

local pieces = {list = {}}  -- in reading order
local files = {}            -- by name: both versions, and the diff between them

-- A file as it stands in one step.
function pieces.version(dir, name)
  local path = dir and dir .. '/' .. name
  local lines = path and diff.lines(path)
  return lines and {path = path, lines = lines, items = names.items(lines),
                    html = panel.lines(path)}
end

local function load_file(name)
  if not files[name] then
    local new, old = pieces.version(pieces.step, name), pieces.version(pieces.before, name)
    if not new and not old then return nil end
    files[name] = {name = name, new = new, old = old,
                   entries = diff.entries(old and old.path, new and new.path)}
  end
  return files[name]
end

-- A file's lines, kept and changed, in order; their owners are known after check().
function pieces.entries(name) return load_file(name).entries end

function pieces.wants(attributes)
  local want, any = {}, false
  for _, key in ipairs(names.selectors) do
    want[key] = attributes[key]
    any = any or want[key] ~= nil
  end
  return want, any
end

-- Reads one notation into a note with its pieces, in reading order; nil and
-- what is wrong with it. A second notation in the same row may leave out what
-- the one before it said.
function pieces.read(attributes, removed, previous)
  local want, any = pieces.wants(attributes)
  if not any and previous then want = previous.want end
  local name = attributes.file or previous and previous.file.name
  if not name then return nil, 'file= is missing' end
  local file = load_file(name)
  if not file then return nil, ('%s has no file %s'):format(pieces.step, name) end
  if not file.new and not any then removed = true end  -- the file is gone altogether
  local where, key = file.new, 'n'
  if removed then where, key = file.old, 'o' end
  if not where then
    return nil, ('%s has no file %s'):format(removed and pieces.before or pieces.step, name)
  end
  local ranges, wrong = names.resolve(want, where.lines, where.items)
  if not ranges then return nil, where.path .. ': ' .. wrong end
  local note = {line = attributes.at, file = file, want = want, removed = removed, pieces = {}}
  for _, range in ipairs(ranges) do
    local piece = {note = note, file = file, what = range.what}
    if range.whole then
      piece.first, piece.last = 1, #file.entries
    else
      piece.only_removed = removed
      for i, entry in ipairs(file.entries) do
        if entry[key] == range.first then piece.first = i end
        if entry[key] == range.last then piece.last = i end
      end
    end
    table.insert(note.pieces, piece)
    table.insert(pieces.list, piece)
    piece.order = #pieces.list
  end
  return note
end

-- The changed lines within a piece's range.
local function changes(piece)
  local found = {}
  for i = piece.first, piece.last do
    local entry = piece.file.entries[i]
    if entry.op == '-' or entry.op == '+' and not piece.only_removed then
      table.insert(found, entry)
    end
  end
  return found
end

-- Of the pieces whose range a changed line stands in, the narrowest owns it,
-- and one that names removed lines before any that names lines of the step.
function pieces.claim(complain)
  local narrowest = {table.unpack(pieces.list)}
  for _, piece in ipairs(pieces.list) do
    piece.changes = changes(piece)
    piece.width = #piece.changes - (piece.only_removed and 1e6 or 0)
  end
  table.sort(narrowest, function(a, b)
    if a.width ~= b.width then return a.width < b.width end
    return a.order < b.order
  end)
  for _, piece in ipairs(narrowest) do
    local crossed
    for _, entry in ipairs(piece.changes) do
      local owner = entry.owner
      if not owner then
        entry.owner = piece
      elseif not (owner.only_removed and not piece.only_removed) and (#owner.changes == #piece.changes
          or owner.first < piece.first or owner.last > piece.last) then
        crossed = crossed or entry
      end
    end
    if crossed then
      complain(piece.note.line, ('%s: "%s" stands in two panels; the other is in line %s')
        :format(piece.file.name, crossed.text, crossed.owner.note.line))
    end
  end
end

-- Blank lines go with what they follow, or else with what follows them; removed
-- lines with the new form of their function, or else with what comes in their place.
local function claim_neighbours(entries)
  local function owner_beside(i, way, home)
    repeat
      i = i + way
      local entry = entries[i]
      if not entry or entry.op == ' ' then return nil end
    until entry.owner and (not home or entry.home == home and entry.op == '+')
    return entries[i].owner
  end
  for i, entry in ipairs(entries) do
    local above = entries[i - 1] and entries[i - 1].owner
    if entry.op ~= ' ' and not entry.text:find('%S') and above
        and not (entry.owner and entry.owner.width <= above.width) then
      entry.owner = above
    end
  end
  local found = {}
  for i, entry in ipairs(entries) do
    if entry.op ~= ' ' and not entry.owner then
      if entry.op == '-' or not entry.text:find('%S') then
        found[entry] = entry.home and owner_beside(i, 1, entry.home)
          or owner_beside(i, 1) or owner_beside(i, -1)
      end
    end
  end
  for entry, owner in pairs(found) do entry.owner = owner end
end

-- Complains about every changed line that no panel shows.
function pieces.check(wanted, complain)
  for _, name in ipairs(wanted) do
    local file = load_file(name)
    claim_neighbours(file.entries)
    local first, length = nil, 0
    for i = 1, #file.entries + 1 do
      local entry = file.entries[i]
      if entry and entry.op ~= ' ' and not entry.owner then
        first, length = first or entry, length + 1
      elseif first then
        complain(nil, ('%s:%d: %s in no panel, from "%s%s"'):format(
          first.n and file.new.path or file.old.path, first.n or first.o,
          length == 1 and 'a changed line stands' or length .. ' changed lines stand',
          first.op, first.text))
        first, length = nil, 0
      end
    end
  end
end

-- Whether a line stands in the file as the reader of a piece has it.
local function present(entry, piece)
  if entry.op == ' ' then return true end
  local read = entry.owner and entry.owner.order <= piece.order
  return (entry.op == '+') == (read or false)
end

-- The top-level item an entry stands in, and its name, which is the same in both steps.
local function item_of(file, entry)
  local items, at = file.new and file.new.items, entry.n
  if not at then items, at = file.old and file.old.items, entry.o end
  for _, item in ipairs(at and items or {}) do
    if item.first <= at and at <= item.last then return item, names.place({item}, at), at end
  end
end

-- Which entries a panel of these pieces shows: their own, and around them a few
-- lines of the reader's file, up to a blank line. Another function or struct is shown
-- to its end there, or not at all.
local function shown_by(file, mine, latest)
  local show, entries, touched = {}, file.entries, {}
  for _, entry in ipairs(entries) do
    if mine[entry.owner] then
      local item, name = item_of(file, entry)
      if item then touched[name or item] = true end
    end
  end
  local function look_around(i, way)
    local around, left = {}, CONTEXT
    i = i + way
    while left > 0 and entries[i] do
      if not mine[entries[i].owner] and present(entries[i], latest) then
        if not entries[i].text:find('%S') then break end
        around[#around + 1], left = i, left - 1
      end
      i = i + way
    end
    local last, name, at = item_of(file, entries[around[#around]] or {})
    local whole = not last or touched[name or last] or at == (way > 0 and last.last or last.first)
    for _, k in ipairs(around) do
      if whole or item_of(file, entries[k]) ~= last then show[k] = true end
    end
  end
  for i, entry in ipairs(entries) do
    if mine[entry.owner] then
      show[i] = true
      look_around(i, -1)
      look_around(i, 1)
    end
  end
  return show
end

-- What lies between two stretches of a panel, or before its first: lines of the
-- reader's file that aren't shown, lines that a later panel brings, and where we
-- are if no line around the next one tells.
local function count_of(number, what)
  return ('%d line%s %s'):format(number, number == 1 and '' or 's', what)
end

local function gap_text(gap, place)
  local parts = {}
  if gap.hidden > 0 then parts[#parts + 1] = count_of(gap.hidden, 'not shown') end
  if place then parts[#parts + 1] = 'after ' .. place end
  local text = #parts > 0 and '⋯ ' .. table.concat(parts, ', ') or nil
  local to_come = gap.to_come > 0 and count_of(gap.to_come, 'to come') or nil
  return text and to_come and text .. ' · ' .. to_come or text or to_come
end

-- What comes right before an entry: a function, prototype or struct, or within
-- one the line.
local function place_before(entry, before, closed, file)
  if not before then return nil end
  local function item(one)
    if one.n then return names.place(file.new.items, one.n) end
    return names.place(file.old.items, one.o)
  end
  local name = item(before)
  if not name or name == item(entry) then
    name = before.text:gsub('^%s+', '') .. (closed and ' }' or '')
  end
  return '<code>' .. panel.escape(name) .. '</code>'
end

-- Removed lines can be folded away where there are new ones beside them, or many; so
-- they are at first where many are gone and nothing has come in their place.
local MANY = 8

-- A panel's rows, how many of them are added and removed, and the first line
-- added or, where none is, removed; whether removed lines can be folded, and whether
-- they are; nil if the pieces own nothing.
function pieces.rows(file, list)
  local mine, latest, address = {}, list[#list], panel.address(pieces.chapter, file.name)
  for _, piece in ipairs(list) do mine[piece] = true end
  local show = shown_by(file, mine, latest)
  local rows, count, first = {}, {['+'] = 0, ['-'] = 0, [' '] = 0}, nil
  local gap, before, closed = {hidden = 0, to_come = 0, blank = {}}, nil, false
  local run, only_gone, gone_before = {count = 0}, 0, nil
  local function end_run(op)
    if run.count > 0 then
      table.insert(rows, panel.gone(run.count))
      if run.before ~= '+' and op ~= '+' then only_gone = math.max(only_gone, run.count) end
      run.count = 0
    end
    run.before = op
  end
  local function row(entry, op)
    if op == '-' then run.count = run.count + 1 else end_run(op) end
    local html = entry.n and file.new.html[entry.n] or file.old.html[entry.o]
    table.insert(rows, panel.row(op, entry, html, address, gone_before))
    gone_before = op == '-' and entry.o or nil
    count[op] = count[op] + 1
    if op ~= ' ' and (not first or op == '+' and not first.n) then first = entry end
  end
  for i, entry in ipairs(file.entries) do
    if show[i] then
      local op = mine[entry.owner] and entry.op or ' '
      if gap.to_come == 0 and #gap.blank == gap.hidden and #rows > 0 then
        for _, blank in ipairs(gap.blank) do row(blank, ' ') end
      else
        if #rows == 0 then gap.hidden, gap.to_come = 0, gap.next_to_come or 0 end
        local told = op == ' ' or gap.hidden == 0 and #rows > 0
        local text = gap_text(gap, not told and place_before(entry, before, closed, file))
        if text then
          end_run()
          table.insert(rows, panel.gap(text))
        end
      end
      row(entry, op)
      gap = {hidden = 0, to_come = 0, blank = {}}
    elseif present(entry, latest) then
      gap.hidden, gap.next_to_come = gap.hidden + 1, 0
      if not entry.text:find('%S') then table.insert(gap.blank, entry) end
    elseif entry.op == '+' then
      gap.to_come = gap.to_come + 1
      gap.next_to_come = (gap.next_to_come or 0) + 1
    end
    if present(entry, latest) and entry.text:find('%S') then
      if before and entry.text:find('^%s*}$') then
        closed = true
      else
        before, closed = entry, false
      end
    end
  end
  if not first then return nil end
  end_run()
  if gap.to_come > 0 and gap.hidden == 0 then
    table.insert(rows, panel.gap(gap_text(gap)))
  end
  local can_fold = count['-'] > 0 and (count['+'] > 0 or only_gone >= MANY)
  if not can_fold then rows = panel.without_gone(rows) end
  return rows, count['+'], count['-'], first, can_fold, only_gone >= MANY
end

return pieces
