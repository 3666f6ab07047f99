-- Begins add.lua, settle.lua and take.lua. KEYS events ready later leased.
--
-- The hash has each event under its number, beside the last number given out and
-- the bytes of all bodies. Each number is in one of three sorted sets:
--
--   ready   by attempts, then number
--   later   by due time, for events that are delayed
--   leased  by the end of the lease; the score is the token of who holds it
--
-- All times are those of Redis, in milliseconds. Scores stay below 2^53, within
-- which they are exact: attempts count to 1023, numbers to 2^42.
local events, ready, later, leased = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local most_attempts, most_delay = 1023, 600000

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function timed(time, attempts)
  return time * 1024 + attempts
end

local function make_ready(id, attempts)
  redis.call('ZADD', ready, attempts * 2 ^ 42 + id, id)
end

-- How much there is, as every script returns it first.
local function load()
  return math.max(redis.call('HLEN', events) - 2, 0), tonumber(redis.call('HGET', events, 'bytes') or 0)
end
