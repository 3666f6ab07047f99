-- Begins settle.lua and take.lua: the id of an entry as a member of ready, where
-- members of one score stand in the order of their text.
local function padded(id)
  local ms, seq = string.match(id, '^(%d+)%-(%d+)$')
  return string.rep('0', 20 - #ms) .. ms .. '-' .. string.rep('0', 20 - #seq) .. seq
end

