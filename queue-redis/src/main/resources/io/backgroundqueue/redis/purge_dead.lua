-- Deletes the oldest dead letters. ARGV: most, and the last death to delete in µs, or how old in ms with a minus before.
-- Answers how many.
local last = tonumber(ARGV[2])
if last < 0 then
  last = micros + last * 1000
end
local ids = call('ZRANGEBYSCORE', DEAD, '-inf', ms(last), 'LIMIT', 0, ARGV[1])
if #ids > 0 then
  call('ZREM', DEAD, unpack(ids))
  call('HDEL', LETTER, unpack(ids))
  call('HDEL', BODY, unpack(ids))
  call('HDEL', DEDUP, unpack(ids))
end
return #ids
