-- Highlights sources, each once for all that shows lines of it: the file PATH as HTML,
-- line by line, in build/book/lines/PATH. Metadata from book.mk: files (paths).

local here = PANDOC_SCRIPT_FILE:match('^(.*/)') or './'
package.path = here .. '?.lua;' .. package.path
local diff, panel = require 'diff', require 'panel'

function Meta(meta)
  for path in pandoc.utils.stringify(meta.files):gmatch('%S+') do
    local file = assert(io.open(panel.kept(path), 'wb'))
    for _, line in ipairs(panel.highlight(diff.lines(path), path)) do file:write(line, '\n') end
    file:close()
  end
end
