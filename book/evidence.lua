-- What stands above a program of tests/claims or tests/faults: what it shows, what the
-- recorded runs say, and the way back to the passages that cite it (cited.awk).

local evidence = {}

local function lines_of(path)
  local list, file = {}, io.open(path)
  for line in file and file:lines() or function() end do list[#list + 1] = line end
  if file then file:close() end
  return list
end

-- By claim: its statement, and of each recorded Wine the verdict and what was seen.
local function read_records(paths)
  local found = {}
  for _, path in ipairs(paths) do
    local wine, record = path:match('wine%-(.*)%.txt$'), nil
    for _, line in ipairs(lines_of(path)) do
      local verdict, name, statement = line:match('^(%a+)%s+([%w-]+): (.*)')
      if verdict then
        found[name] = found[name] or {statement = statement}
        record = {wine = wine, verdict = verdict, seen = {}}
        table.insert(found[name], record)
      elseif record and line:find('%S') then
        table.insert(record.seen, (line:gsub('^%s+', '')))
      end
    end
  end
  return found
end

-- By fault: what its program printed in the recorded run of all.
local function read_outputs(paths)
  local found, lines = {}, nil
  for _, path in ipairs(paths) do
    for _, line in ipairs(path:find('%.out$') and lines_of(path) or {}) do
      local said = line:match('^  (.*)')
      if said then lines:insert(said) else lines = pandoc.List(); found[line] = lines end
    end
  end
  return found
end

local verdicts = {held = 'held', differs = 'something else was seen', skipped = 'not tried'}

-- Reads all once; gives a function from a program's path to its statement and blocks.
function evidence.read(records, cited, titles)
  local claims, outputs, citing = read_records(records), read_outputs(records), {}
  for _, line in ipairs(cited and lines_of(cited) or {}) do
    local program, chapter, section = line:match('^(.-)\t(.-)\t(.*)$')
    citing[program] = citing[program] or {}
    table.insert(citing[program], {chapter = chapter, section = section})
  end
  return function(path)
    local folder, name = path:match('^tests/(%a+)/(.*)%.c$')
    if not folder then return nil, {} end
    local blocks, claim = pandoc.List(), folder == 'claims' and claims[name] or nil
    local statement = claim and claim.statement or lines_of(path)[1]:match('^/%* (.-) %*/$')
    for _, run in ipairs(claim or {}) do
      local said = pandoc.List{pandoc.Strong{pandoc.Str('Wine ' .. run.wine .. ':')}, pandoc.Space(),
                               pandoc.Str(verdicts[run.verdict] or run.verdict)}
      for _, seen in ipairs(run.seen) do
        local url = seen:match('^https://%S+$')
        said:extend{pandoc.LineBreak(), url and pandoc.Link({pandoc.Str(url)}, url) or pandoc.Code(seen)}
      end
      blocks:insert(pandoc.Para(said))
    end
    if folder == 'faults' and outputs[name] then
      blocks:insert(pandoc.CodeBlock(table.concat(outputs[name], '\n')))
    end
    local places = pandoc.List()
    for _, place in ipairs(citing[path] or {}) do
      if #places > 0 then places:extend{pandoc.Str(','), pandoc.Space()} end
      local target = ('repo:chapters/%s/chapter.md%s'):format(place.chapter, place.section ~= '' and '#' .. place.section or '')
      places:insert(pandoc.Link({pandoc.Str(titles[place.chapter] or place.chapter)}, target))
    end
    if #places > 0 then
      places:insert(1, pandoc.Space())
      places:insert(1, pandoc.Str('Cited in:'))
      blocks:insert(pandoc.Para(places))
    end
    blocks:insert(pandoc.Para{pandoc.Str('Try it:'), pandoc.Space(), pandoc.Code('make ' .. folder)})
    return statement, #blocks > 0 and {pandoc.Div(blocks, pandoc.Attr('', {'evidence'}))} or {}
  end
end

return evidence
