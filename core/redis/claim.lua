-- Lets one activity through per window: KEYS user, ARGV key at window expiry.
-- All times are milliseconds; returns 1 if it may count.
local user, key, at, window = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local most = 64 -- kept of one user: an hour of minutes
if redis.call('ZSCORE', user, key) then
  return 1
end
local before, after = string.format('(%.0f', at - window), string.format('(%.0f', at + window)
if redis.call('ZCOUNT', user, before, after) > 0 then
  return 0
end
redis.call('ZADD', user, ARGV[2], key)
redis.call('ZREMRANGEBYRANK', user, 0, -most - 1)
redis.call('PEXPIRE', user, ARGV[4])
return 1
