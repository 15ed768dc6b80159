-- What would leave half of a wide page empty stands beside prose: a figure right
-- of the paragraphs around it, or under prose that is much shorter than its code;
-- an aside that has no paragraph to stand beside under the prose before it.

local beside = {}

-- How many lines prose takes in its column, roughly.
function beside.height(blocks)
  return #pandoc.utils.stringify(pandoc.Div(blocks)) / 65 + 2 * #blocks
end

-- Prose that fits a screen stays in view beside longer code.
local SCREEN = 24
function beside.is_brief(prose) return beside.height(prose) < SCREEN end

local text = {Para = true, BulletList = true, OrderedList = true, DefinitionList = true,
              BlockQuote = true, CodeBlock = true, Table = true}
local function is_text(block) return block ~= nil and text[block.t] == true end
local function is(block, class)
  return block ~= nil and block.t == 'Div' and block.classes:includes(class)
end

-- How many lines of prose are as high as a figure of 36rem, and as the panels of a
-- row, whose lines are closer together.
local function figure_lines(figure)
  local width, height = figure.content[1].text:match('viewBox="%S+ %S+ ([%d.]+) ([%d.]+)"')
  return height / width * 21 + #pandoc.utils.stringify(figure) / 75 + 1
end

local function panel_lines(row)
  return row.attributes.style:match('%d+') * .78
end

-- Adds to a row's prose, which may then be too long to stay in view.
local function insert(row, block)
  local prose = row.content[1]
  prose.content:insert(block)
  local lines = beside.height(prose.content) + (is(block, 'figure') and figure_lines(block) or 0)
  if lines >= SCREEN then
    prose.classes = prose.classes:filter(function(class) return class ~= 'brief' end)
  end
  row.content[1] = prose
end

local function has_room(row, figure)
  if not is(row, 'row') then return false end
  local free = panel_lines(row) - beside.height(row.content[1].content)
  return free > .6 * figure_lines(figure)
end

function beside.figures(blocks)
  local out, i = pandoc.List(), 0
  local function take_before(lines)
    local taken, have = pandoc.List(), 0
    -- What follows an aside stands left of it already.
    while have < lines and is_text(out[#out]) and not is(out[#out - 1], 'aside') do
      local block = out:remove()
      taken:insert(1, block)
      have = have + beside.height{block}
    end
    return taken, have
  end
  local function take_after(lines)
    local taken, have = pandoc.List(), 0
    while have < lines and is_text(blocks[i + 1]) do
      i = i + 1
      taken:insert(blocks[i])
      have = have + beside.height{blocks[i]}
    end
    return taken
  end
  while i < #blocks do
    i = i + 1
    local figure = blocks[i]
    if not is(figure, 'figure') or is(figure, 'wide') then
      out:insert(figure)
    elseif has_room(out[#out], figure) then
      insert(out[#out], figure)
    else
      local lines = figure_lines(figure)
      local before, have = take_before(lines)
      local after = take_after(lines - have)
      local pair = pandoc.List()
      if #before > 0 then pair:insert(pandoc.Div(before, {class = 'prose'})) end
      pair:insert(figure)
      if #after > 0 then pair:insert(pandoc.Div(after, {class = 'prose'})) end
      out:insert(pandoc.Div(pair, {class = 'pair'}))
    end
  end
  return out
end

function beside.asides(blocks)
  local out = pandoc.List()
  for i, block in ipairs(blocks) do
    if is(block, 'aside') and not is_text(blocks[i + 1]) and is(out[#out], 'row') then
      insert(out[#out], block)
    else
      out:insert(block)
    end
  end
  return out
end

return beside
