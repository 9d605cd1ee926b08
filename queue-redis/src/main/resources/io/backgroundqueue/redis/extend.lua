-- Renews leases. ARGV: lease in ms; then per task id and grant. Answers 1 per task that is still held, 0 else.
local ends = ms(now + 1 + tonumber(ARGV[1]))
local ids, answers, leases, kept = {}, {}, {}, {}
for i = 2, #ARGV, 2 do
  ids[#ids + 1] = ARGV[i]
end
local owners = call('HMGET', OWN, unpack(ids))
for i = 1, #ids do
  local held = owners[i] == ARGV[2 * i + 1]
  answers[i] = held and 1 or 0
  if held then
    leases[#leases + 1] = ends
    leases[#leases + 1] = ids[i]
    kept[#kept + 1] = ids[i]
  end
end
if #kept > 0 then
  call('ZREM', LEASE, unpack(kept)) -- A full server lets a script go on that began with a removal.
  call('ZADD', LEASE, unpack(leases))
end
return answers
