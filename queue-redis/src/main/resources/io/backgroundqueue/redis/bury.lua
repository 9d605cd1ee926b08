-- Deletes dead letters. ARGV: ids. Answers how many there were.
local buried = 0
for i = 1, #ARGV do
  if call('ZREM', DEAD, ARGV[i]) == 1 then
    buried = buried + 1
    call('HDEL', LETTER, ARGV[i])
    call('HDEL', BODY, ARGV[i])
    call('HDEL', DEDUP, ARGV[i])
  end
end
return buried
