-- Applies outcomes: ARGV (id token delay attempts size)... A delay of '' means
-- removed.
--
-- What frees memory comes first in each branch: a script that has written may go
-- on to write when Redis is out of memory.

-- A delivered event is gone, even if its lease was lost meanwhile.
local function remove(id, size)
  if redis.call('HDEL', events, id) == 1 then
    redis.call('HINCRBY', events, 'bytes', 0 - size)
  end
  for _, set in ipairs({ ready, later, leased }) do
    redis.call('ZREM', set, id)
  end
end

-- Who lost the lease has no say in when the event is due.
local function retry(id, token, delay, attempts)
  if tonumber(redis.call('ZSCORE', leased, id) or -1) ~= token then
    return
  end
  redis.call('ZREM', leased, id)
  attempts = math.min(attempts, most_attempts)
  if delay > 0 then
    redis.call('ZADD', later, timed(now + math.min(delay, most_delay), attempts), id)
  else
    make_ready(id, attempts)
  end
end

for i = 1, #ARGV, 5 do
  if ARGV[i + 2] == '' then
    remove(ARGV[i], ARGV[i + 4])
  else
    retry(ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]))
  end
end
return { load() }
