-- Hands events over: ARGV (body age sheddable fingerprint)...
--
-- What can fail comes before the first event: a batch that failed is handed over
-- again, and half of it would be added by each try.
if redis.call('EXISTS', events) == 0 then -- what is left speaks of events that somebody deleted
  redis.call('DEL', ready, later, leased)
end
local size = 0
for i = 1, #ARGV, 4 do
  size = size + #ARGV[i]
end
redis.call('HINCRBY', events, 'bytes', size)
-- Numbers go on from the time, so that one is not given out again after somebody
-- deleted the hash, or Redis lost a part of it.
local last = math.max(tonumber(redis.call('HGET', events, 'last') or 0), now) + #ARGV / 4
redis.call('HSET', events, 'last', string.format('%.0f', last))
for i = 1, #ARGV, 4 do
  local id = last - (#ARGV - i - 3) / 4
  local head = { now - ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] }
  redis.call('HSET', events, id, table.concat(head, ' ') .. '\n' .. ARGV[i])
  make_ready(id, 0)
end
return { load() }
