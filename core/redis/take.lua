-- Leases events that are due: KEYS events later ready attempts bytes,
-- ARGV group consumer count early min-idle claim longest-field gone.
-- Returns length, bytes, the time, when the next is due (0: nothing is delayed),
-- whether all leases that are over were claimed, and the events.
--
-- Each event is in one of four places: fresh (not yet read by the group),
-- pending (leased), later (delayed) or ready (due again). ready is ordered by
-- attempts and then age, for which its members are padded with zeros.
local events, later, ready, attempts, bytes = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group, consumer, count, early, idle = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4] == '1', ARGV[5]
local claim, longest, gone = ARGV[6] == '1', tonumber(ARGV[7]), tonumber(ARGV[8])
local time = now()

local most_due, most_claimed = 100, 100 -- so that nobody else on this Redis waits long

-- The script that misses the group makes it: the very first, and one after a
-- FLUSHALL.
local function grouped(...)
  local answer = redis.pcall(...)
  if not answer or not answer.err then
    return answer
  end
  if string.find(answer.err, 'NOGROUP', 1, true) then
    redis.call('XGROUP', 'CREATE', events, group, '0', 'MKSTREAM')
  end
  return redis.call(...)
end

local function plain(member)
  return (string.gsub(member, '^0*(%d+)%-0*(%d+)$', '%1-%2'))
end

local function make_ready(ids)
  local tried = redis.call('HMGET', attempts, unpack(ids))
  local args = { 'ZADD', ready }
  for i, id in ipairs(ids) do
    args[#args + 1] = tried[i] or 0
    args[#args + 1] = padded(id)
  end
  redis.call(unpack(args))
end

local function wake(ids)
  if #ids > 0 then
    redis.call('ZREM', later, unpack(ids))
    make_ready(ids)
  end
end

-- What a dead process had leased.
local function claim_expired()
  local ids = grouped('XAUTOCLAIM', events, group, consumer, idle, '0-0', 'COUNT', most_claimed, 'JUSTID')[2]
  if #ids > 0 then
    redis.call('XACK', events, group, unpack(ids))
    make_ready(ids)
  end
  return #ids
end

-- Consumers that were silent for a time. One that still has leases must stay,
-- or they would belong to nobody.
local function sweep_consumers()
  for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', events, group)) do
    local c = {}
    for i = 1, #fields, 2 do
      c[fields[i]] = fields[i + 1]
    end
    if c.pending == 0 and c.idle > gone then
      redis.call('XGROUP', 'DELCONSUMER', events, group, c.name)
    end
  end
end

local given = {}

-- Gives id, attempts, body, accepted, sheddable, fingerprint; what is missing or
-- endless is false.
local function give(entries)
  for _, entry in ipairs(entries) do
    if entry and entry[2] then -- older servers return what was deleted as nil
      local f = {}
      for i = 1, #entry[2], 2 do
        if #entry[2][i + 1] <= longest then
          f[entry[2][i]] = entry[2][i + 1]
        end
      end
      local tried = tonumber(redis.call('HGET', attempts, entry[1]) or 0)
      given[#given + 1] = { entry[1], tried, f.body or false, f.accepted or false, f.sheddable or false, f.fingerprint or false }
    end
  end
end

local function give_ready(members)
  if #members == 0 then
    return
  end
  redis.call('ZREM', ready, unpack(members))
  local args = { 'XCLAIM', events, group, consumer, 0 }
  for _, member in ipairs(members) do
    args[#args + 1] = plain(member)
  end
  args[#args + 1] = 'FORCE'
  give(grouped(unpack(args)))
end

wake(redis.call('ZRANGEBYSCORE', later, '-inf', time, 'LIMIT', 0, most_due))
local claimed = claim and claim_expired() < most_claimed
if claim then
  sweep_consumers()
end
give_ready(redis.call('ZRANGEBYSCORE', ready, '-inf', 0, 'LIMIT', 0, count))
if #given < count then
  local fresh = grouped('XREADGROUP', 'GROUP', group, consumer, 'COUNT', count - #given, 'STREAMS', events, '>')
  give(fresh and fresh[1][2] or {})
end
if #given < count then
  give_ready(redis.call('ZRANGE', ready, 0, count - #given - 1))
end
if #given == 0 and early then
  wake(redis.call('ZRANGE', later, 0, 0))
  give_ready(redis.call('ZRANGE', ready, 0, 0))
end

local length = redis.call('XLEN', events)
if length == 0 then -- as in settle.lua
  redis.call('DEL', later, ready, attempts, bytes)
end
local due = redis.call('ZRANGE', later, 0, 0, 'WITHSCORES')
return { length, tonumber(redis.call('GET', bytes) or 0), time, tonumber(due[2] or 0), claimed and 1 or 0, given }
