-- How the topic stands: ready, delayed, running, dead, and for how many ms the oldest ready task has waited, or -1.
-- What is due or has lost its lease counts as ready, though no claim has moved it yet. A task that was cancelled, sent and
-- cancelled again while its first entry is in its list counts once: to add them up would be to read them all.
local ready_count, oldest = -call('HLEN', GONE), nil
local function older(due)
  if due and due > 0 and (not oldest or due < oldest) then
    oldest = due
  end
end
for level = 0, 9 do
  ready_count = ready_count + call('LLEN', ready(level))
  older(tonumber(string.match(call('LINDEX', ready(level), 0) or '', '^%d(%d+):')))
end
local due = call('ZCOUNT', DUE, '-inf', now)
local ended = call('ZCOUNT', LEASE, '-inf', now)
if due > 0 then
  older(next_due())
end
ready_count = math.max(0, ready_count + due + ended)
return {
  ready_count,
  call('ZCARD', DUE) - due,
  call('ZCARD', LEASE) - ended,
  call('ZCARD', DEAD),
  ready_count > 0 and oldest and math.max(0, now - oldest) or -1,
}
