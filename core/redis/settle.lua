-- Applies outcomes: KEYS events later ready attempts bytes,
-- ARGV group consumer (id delay attempts size)... A delay of '' means removed.
--
-- XACK comes first in each branch: a script that has written may go on to write
-- when Redis is out of memory, and so what frees memory always can.
local events, later, ready, attempts, bytes = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group, consumer, time = ARGV[1], ARGV[2], now()

-- A delivered event is gone, even if its lease was lost meanwhile.
local function remove(id, size)
  redis.call('XACK', events, group, id)
  redis.call('HDEL', attempts, id)
  redis.call('ZREM', later, id)
  redis.call('ZREM', ready, padded(id))
  if redis.call('XDEL', events, id) == 1 then
    redis.call('DECRBY', bytes, size)
  end
end

-- Who lost the lease has no say in when the event is due.
local function retry(id, delay, tried)
  local mine = redis.pcall('XPENDING', events, group, id, id, 1, consumer)
  if mine.err or #mine == 0 then
    return
  end
  redis.call('XACK', events, group, id)
  redis.call('ZADD', later, time + delay, id)
  if tonumber(tried) > 0 then
    redis.call('HSET', attempts, id, tried)
  end
end

for i = 3, #ARGV, 4 do
  if ARGV[i + 1] == '' then
    remove(ARGV[i], ARGV[i + 3])
  else
    retry(ARGV[i], ARGV[i + 1], ARGV[i + 2])
  end
end
local length = redis.call('XLEN', events)
if length == 0 then -- then what is left speaks of events that somebody deleted
  redis.call('DEL', later, ready, attempts, bytes)
end
return { length, tonumber(redis.call('GET', bytes) or 0) }
