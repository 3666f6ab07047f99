-- One round trip of a replica: adds events, applies outcomes, leases what is due.
--
-- KEYS events ready later leased. The hash has each event under its id, beside the
-- bytes of all bodies. Each id is in one of three sorted sets:
--
--   ready   by attempts, then by when the event was accepted
--   later   by due time, for events that are delayed
--   leased  by the end of the lease; the score is the token of who has it. What is not
--           to be taken early stays here until it is due
--
-- ARGV count early lease n, then n events (id age facts body) and outcomes (id token
-- delay held attempts size), whose delay is negative where the event is settled. Returned
-- are why events were refused, 'events bytes now wait', and leases (id token event).
--
-- All times are those of Redis, in milliseconds; ages in microseconds, so that
-- events keep their order. Scores stay below 2^53, within
-- which they are exact: attempts count to 1023, times to 2^42.
local events, ready, later, leased = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local count, early, lease, added = tonumber(ARGV[1]), ARGV[2] == '1', tonumber(ARGV[3]), tonumber(ARGV[4])
local most_attempts, most_delay = 1023, 600000
local most_woken = 100 -- at once, so that nobody else on this Redis waits long

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function timed(time, attempts)
  return time * 1024 + attempts
end

-- An event that somebody deleted is not ready.
local function make_ready(id, attempts)
  local text = redis.call('HGET', events, id)
  if text then
    local accepted = math.min(tonumber(string.match(text, '^%d+') or 0), 2 ^ 42 - 1)
    redis.call('ZADD', ready, attempts * 2 ^ 42 + accepted, id)
  end
end

-- An event that was added before, by a round trip without an answer, is left as
-- it is. When Redis is full, or cannot write, its first write says so. Here and
-- below an event has its new place before it loses the old, so that a script that
-- fails in the middle loses none.
local refused, grown = '', 0
local function add(id, age, facts, body)
  if redis.call('HEXISTS', events, id) == 0 then
    local accepted = string.format('%.0f', math.floor((now * 1000 + clock[2] % 1000 - age) / 1000))
    local done = redis.pcall('ZADD', ready, accepted, id)
    if type(done) == 'table' then
      return done.err
    end
    redis.call('HSET', events, id, accepted .. ' ' .. facts .. '\n' .. body)
    grown = grown + #body
  end
  return ''
end
for i = 5, 4 * added + 4, 4 do
  refused = add(unpack(ARGV, i, i + 3))
  if refused ~= '' then
    break
  end
end
redis.call('ZREM', ready, '') -- a script that has written may go on when Redis is full

-- A delivered event is gone, even if its lease was lost meanwhile. Who lost the
-- lease has no say in when the event is due.
local function settle(id, token, delay, held, attempts, size)
  delay = tonumber(delay)
  if delay < 0 then
    if redis.call('HDEL', events, id) == 1 then
      grown = grown - size
    end
    if redis.call('ZREM', leased, id) == 0 then
      redis.call('ZREM', ready, id)
      redis.call('ZREM', later, id)
    end
  elseif tonumber(redis.call('ZSCORE', leased, id) or -1) == tonumber(token) then
    attempts = math.min(attempts, most_attempts)
    local due = timed(now + math.min(delay, most_delay), attempts)
    if held == '1' then
      redis.call('ZADD', leased, due, id)
      return
    end
    if delay > 0 then
      redis.call('ZADD', later, due, id)
    else
      make_ready(id, attempts)
    end
    redis.call('ZREM', leased, id)
  end
end
for i = 4 * added + 5, #ARGV, 6 do
  settle(unpack(ARGV, i, i + 5))
end
if added > 0 or grown ~= 0 then -- the counter stands beside any event
  redis.call('HINCRBY', events, 'bytes', grown)
end

local function wake(set, from, to, most)
  local woken = redis.call('ZRANGEBYSCORE', set, from, to, 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #woken, 2 do
    make_ready(woken[i], woken[i + 1] % 1024)
    redis.call('ZREM', set, woken[i])
  end
  return #woken
end

local answer = { refused, '' }
local function take()
  -- What is due, or was leased by a process that died. A time that lies further
  -- ahead than any can is of a Redis with another clock, before a fail-over.
  for set, ahead in pairs({ [later] = most_delay, [leased] = math.max(most_delay, lease) }) do
    wake(set, '-inf', timed(now, most_attempts), most_woken)
    wake(set, timed(now + ahead + 1, 0), '+inf', most_woken)
  end
  for _ = 1, early and most_woken or 0 do
    if redis.call('EXISTS', ready) == 1 or wake(later, '-inf', '+inf', 1) == 0 then
      break
    end
  end
  local first = redis.call('ZPOPMIN', ready, count)
  for i = 1, #first, 2 do
    local id, attempts = first[i], math.floor(first[i + 1] / 2 ^ 42)
    local text = redis.call('HGET', events, id)
    if text then -- else somebody deleted it
      local token = string.format('%.0f', timed(now + lease, attempts))
      redis.call('ZADD', leased, token, id)
      answer[#answer + 1] = id
      answer[#answer + 1] = token
      answer[#answer + 1] = text
    end
  end
end
if count > 0 then
  take()
end

local length = redis.call('HLEN', events) - 1
if length < 1 then
  redis.call('DEL', events, ready, later, leased)
end
local due = timed(now + most_delay, 0) -- of what is delayed, or was leased by a process that may die
for _, set in ipairs({ later, leased }) do
  due = math.min(due, redis.call('ZRANGE', set, 0, 0, 'WITHSCORES')[2] or due)
end
local bytes = tonumber(redis.call('HGET', events, 'bytes') or 0)
if redis.call('EXISTS', ready) == 1 then
  due = 0 -- what is given may be at work there still, and what was taken be deleted
end
local wait = math.max(math.floor(due / 1024) - now, 1)
answer[2] = string.format('%.0f %.0f %.0f %.0f', math.max(length, 0), bytes, now, wait)
return answer
