-- Leaves a token in a list that is empty. KEYS[1]: the list. ARGV: for how many ms, or 0 for good.
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('RPUSH', KEYS[1], '1')
  if ARGV[1] ~= '0' then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
  end
end
return 1
