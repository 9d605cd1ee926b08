-- Leaves one token in a list. KEYS[1]: the list. ARGV: for how many ms, or 0 for good.
redis.call('DEL', KEYS[1]) -- A full server lets a script go on that began with a removal.
redis.call('RPUSH', KEYS[1], '1')
if ARGV[1] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 1
