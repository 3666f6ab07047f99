-- Lets one activity through per window: KEYS user, ARGV key age date window ttl.
-- date is when it happened; 0: when it was accepted, which is age ago. All times
-- are milliseconds, of Redis but for the date; returns 1 if it may count.
local user, key, date, window = KEYS[1], ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local most = 64 -- kept of one user: an hour of minutes
local backlog = 3600000 -- what was as old when it was accepted counts once in as long

if redis.call('ZSCORE', user, key) then
  return 1
end
local clock = redis.call('TIME')
local at = clock[1] * 1000 + math.floor(clock[2] / 1000) - ARGV[2]
if date ~= 0 then
  if at - date > backlog then
    window = math.max(window, backlog)
  end
  at = date
end
local before, after = string.format('(%.0f', at - window), string.format('(%.0f', at + window)
if redis.call('ZCOUNT', user, before, after) > 0 then
  return 0
end
redis.call('ZADD', user, string.format('%.0f', at), key)
if redis.call('ZCARD', user) > most then -- what is farthest away goes, also when the clock was ahead once
  local first, last = redis.call('ZRANGE', user, 0, 0, 'WITHSCORES')[2], redis.call('ZRANGE', user, -1, -1, 'WITHSCORES')[2]
  local rank = last - at > at - first and -1 or 0
  redis.call('ZREMRANGEBYRANK', user, rank, rank)
end
redis.call('PEXPIRE', user, ARGV[5])
return 1
