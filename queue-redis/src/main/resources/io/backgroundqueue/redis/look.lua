-- Looks at many topics at once, and changes nothing. KEYS: of each topic DUE, LEASE and its ten ready lists. Answers for
-- each whether something is ready, in how many ms the next task is due, and in how many the next lease ends.
local call = redis.call
local clock = call('TIME')
local now = math.floor((clock[1] * 1000000 + clock[2]) / 1000)
local PER_TOPIC = 12
local answers = {}

local function until_first(key)
  local score = tonumber(call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
  return score and string.format('%.0f', math.max(0, score - now)) or ''
end

for first = 1, #KEYS, PER_TOPIC do
  local ready = 0
  for level = 2, PER_TOPIC - 1 do
    ready = math.max(ready, call('EXISTS', KEYS[first + level]))
  end
  answers[#answers + 1] = { ready, until_first(KEYS[first]), until_first(KEYS[first + 1]) }
end
return answers
