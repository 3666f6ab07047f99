-- Hands events over: KEYS events bytes, ARGV (body key at low mark)...
--
-- What can fail comes before the first XADD: a batch that failed is handed over
-- again, and half of it would be added by each try.
local events, bytes = KEYS[1], KEYS[2]
local size = 0
for i = 1, #ARGV, 5 do
  size = size + #ARGV[i]
end
local length = redis.call('XLEN', events)
local total = redis.call('INCRBY', bytes, size)
for i = 1, #ARGV, 5 do
  redis.call('XADD', events, '*', 'body', ARGV[i], 'key', ARGV[i + 1], 'at', ARGV[i + 2], 'low', ARGV[i + 3], 'mark', ARGV[i + 4])
end
return { length + #ARGV / 5, total }
