-- From any line of a step to the passage that explains it: the panel, of this step's
-- chapter or of one before, that added the line as it stands. Chapters say in their lists
-- (build/book/NN-name.panels) which panel owns each changed line, and which lines are kept.

local here = PANDOC_SCRIPT_FILE:match('^(.*/)') or './'
package.path = here .. '?.lua;' .. package.path
local panel = require 'panel'

local passages = {}

-- lists: the paths of the chapters' lists, from the first to the one of the step. Returns
-- for each of the step's files, by its name, each line's {number (of the panel), url}.
function passages.read(lists)
  local files = {}
  for _, list in ipairs(lists) do
    local chapter, before = list:match('([^/]*)%.panels$'), files
    files = {}
    for line in io.lines(list) do
      local number, name, op, o, n = line:match('^line\t([^\t]*)\t([^\t]*)\t([+.])\t(%d*)\t(%d*)\t')
      if number then
        local file, added = files[name] or {}, op == '+' and number ~= ''
        files[name] = file
        file[tonumber(n)] = op == '.' and (before[name] or {})[tonumber(o)] or added and
          {number = number, url = ('%s.html#%s%d'):format(chapter, panel.address(chapter, name), n)} or nil
      end
    end
  end
  return files
end

return passages
