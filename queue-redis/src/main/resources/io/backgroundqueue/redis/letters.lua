-- One page of dead letters, oldest first. ARGV: the last death seen and the last to show, both in µs; most letters, most
-- bytes unless a single one is larger. Answers per letter: id, death in µs, letter, body.
local page, room = {}, tonumber(ARGV[4])
local found = call('ZRANGEBYSCORE', DEAD, '(' .. ARGV[1], ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[3])
for i = 1, #found, 2 do
  room = room - call('HSTRLEN', BODY, found[i])
  if #page > 0 and room < 0 then
    break
  end
  page[#page + 1] = found[i]
  page[#page + 1] = found[i + 1]
  page[#page + 1] = call('HGET', LETTER, found[i]) or ''
  page[#page + 1] = call('HGET', BODY, found[i]) or ''
end
return page
