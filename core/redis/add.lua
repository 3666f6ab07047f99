-- Hands events over: KEYS events bytes, ARGV (body key at low mark)...
local events, bytes = KEYS[1], KEYS[2]
local size = 0
for i = 1, #ARGV, 5 do
  redis.call('XADD', events, '*', 'body', ARGV[i], 'key', ARGV[i + 1], 'at', ARGV[i + 2], 'low', ARGV[i + 3], 'mark', ARGV[i + 4])
  size = size + #ARGV[i]
end
return { redis.call('XLEN', events), redis.call('INCRBY', bytes, size) }
