-- Hands events over: KEYS events bytes, ARGV (body age sheddable fingerprint)...
--
-- What can fail comes before the first XADD: a batch that failed is handed over
-- again, and half of it would be added by each try.
local events, bytes = KEYS[1], KEYS[2]
local size = 0
for i = 1, #ARGV, 4 do
  size = size + #ARGV[i]
end
local length = redis.call('XLEN', events)
local total = redis.call('INCRBY', bytes, size)
local time = now()
for i = 1, #ARGV, 4 do
  redis.call('XADD', events, '*', 'body', ARGV[i], 'accepted', time - ARGV[i + 1], 'sheddable', ARGV[i + 2], 'fingerprint', ARGV[i + 3])
end
return { length + #ARGV / 4, total }
