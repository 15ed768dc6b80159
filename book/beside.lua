-- What would leave half of a wide page empty stands beside prose: a figure right
-- of the paragraphs around it, or under prose that is much shorter than its code;
-- an aside that has no paragraph to stand beside under the prose before it; paragraphs that
-- lead to a row in that row; and short pieces that stand for themselves side by side.

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

-- The text between a heading, figure or row and the next row is that row's.
function beside.leads(blocks)
  local out = pandoc.List()
  for _, block in ipairs(blocks) do
    if is(block, 'row') then
      local lead = pandoc.List()
      while is_text(out[#out]) or is(out[#out], 'aside') do lead:insert(1, out:remove()) end
      local prose = block.content[1]
      lead:extend(prose.content)
      prose.content = lead
      if not beside.is_brief(lead) then
        prose.classes = prose.classes:filter(function(class) return class ~= 'brief' end)
      end
      block.content[1] = prose
      block.attributes.style = block.attributes.style:gsub('text:%d+', 'text:' .. math.ceil(beside.height(lead)))
    end
    out:insert(block)
  end
  return out
end

-- Pieces that stand for themselves: questions, and paragraphs that begin with their name
-- in bold, with the text that follows them.
local FEW = 3
local function begins_card(block)
  return is(block, 'question')
    or block.t == 'Para' and block.content[1] ~= nil and block.content[1].t == 'Strong'
end

function beside.cards(blocks)
  local out, cards = pandoc.List(), pandoc.List()
  local function finish()
    if #cards > FEW then
      out:insert(pandoc.Div(cards, {class = 'cards'}))
    else
      for _, card in ipairs(cards) do out:extend(card.content) end
    end
    cards = pandoc.List()
  end
  for _, block in ipairs(blocks) do
    local card = cards[#cards]
    if begins_card(block) then
      cards:insert(pandoc.Div({block}, {class = 'card'}))
    elseif card and is_text(block) and block.t ~= 'Table' and not is(card.content[1], 'question') then
      card.content:insert(block)
      cards[#cards] = card
    else
      finish()
      out:insert(block)
    end
  end
  finish()
  return out
end

return beside
