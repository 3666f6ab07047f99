-- Leases events that are due: ARGV count early lease. Returns the load, the time,
-- when the next is due (0: nothing is delayed), the end of the leases, and id,
-- attempts and text of each event.
local count, early, lease = tonumber(ARGV[1]), ARGV[2] == '1', tonumber(ARGV[3])
local most_woken = 100 -- at once, so that nobody else on this Redis waits long

local function wake(set, members)
  for i = 1, #members, 2 do
    redis.call('ZREM', set, members[i])
    make_ready(members[i], members[i + 1] % 1024)
  end
end

-- What is due, or was leased by a process that died. A time that lies further
-- ahead than any can is of a Redis with another clock, before a fail-over.
for set, ahead in pairs({ [later] = most_delay, [leased] = math.max(most_delay, lease) }) do
  wake(set, redis.call('ZRANGEBYSCORE', set, '-inf', timed(now, most_attempts), 'WITHSCORES', 'LIMIT', 0, most_woken))
  wake(set, redis.call('ZRANGEBYSCORE', set, timed(now + ahead + 1, 0), '+inf', 'WITHSCORES', 'LIMIT', 0, most_woken))
end
-- What is in no set, because somebody deleted one, is ready once all are empty.
local function orphans()
  for _, set in ipairs({ ready, later, leased }) do
    if redis.call('ZCARD', set) > 0 then
      return {}
    end
  end
  return redis.call('HSCAN', events, 0, 'COUNT', most_woken)[2]
end
local found = orphans()
redis.call('ZREM', ready, '') -- a script that has written may go on when Redis is out of memory
for i = 1, #found, 2 do
  if tonumber(found[i]) then -- else it is a counter
    make_ready(found[i], 0)
  end
end

if early and redis.call('ZCARD', ready) == 0 then
  wake(later, redis.call('ZRANGE', later, 0, 0, 'WITHSCORES'))
end

local given = {}
local first = redis.call('ZPOPMIN', ready, count)
for i = 1, #first, 2 do
  local id, attempts = first[i], math.floor(first[i + 1] / 2 ^ 42)
  local text = redis.call('HGET', events, id)
  if text then -- else somebody deleted it
    redis.call('ZADD', leased, timed(now + lease, attempts), id)
    given[#given + 1] = { tonumber(id), attempts, text }
  end
end

local due = redis.call('ZRANGE', later, 0, 0, 'WITHSCORES')[2]
local length, bytes = load()
return { length, bytes, now, due and math.floor(due / 1024) or 0, now + lease, given }
