-- The pace, atomically: token buckets, pair limits and holds. whatsapp/sending/pace.py explains.
-- ARGV[1]: what to do; ARGV[2]: microseconds for tests, else "" for Redis's own clock;
-- ARGV[3]: what it is about, as JSON. Times in and out are seconds but where they end in _us.

local HOLDS, SENDERS, RUNS, PAIRS, MOMENTS =
  'whatsapp:pace:hold:', 'whatsapp:pace:sender:', 'whatsapp:pace:run:', 'whatsapp:pace:pair:',
  'whatsapp:pace:moments:'
-- A bucket that nobody has touched for so long is as full as it gets, or begins in debt.
local KEPT_MS = 86400000

local now_us
if ARGV[2] == '' then
  local time = redis.call('TIME')
  now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
else
  now_us = tonumber(ARGV[2])
end
local given = cjson.decode(ARGV[3])

-- Lua writes large numbers short, which would lose microseconds.
local function whole(number)
  return string.format('%.0f', number)
end

local buckets = {}

local function bucket(key, rate, capacity, debt)
  local one = buckets[key]
  if one == nil then
    local kept = redis.call('HMGET', key, 'tokens', 'at_us')
    one = { tokens = -debt }
    if kept[1] then
      -- A clock that was set back fills nothing, and from then on counts as it goes.
      local passed = math.max(0, now_us - tonumber(kept[2])) / 1000000
      one.tokens = math.min(capacity, tonumber(kept[1]) + passed * rate)
    end
    one.rate, one.capacity = rate, capacity
    buckets[key] = one
  end
  return one
end

local function store_buckets()
  for key, one in pairs(buckets) do
    redis.call('HSET', key, 'tokens', string.format('%.6f', one.tokens), 'at_us', whole(now_us),
      'rate', string.format('%.6f', one.rate), 'capacity', string.format('%.6f', one.capacity))
    redis.call('PEXPIRE', key, KEPT_MS)
  end
end

local held_until = {}

-- Seconds for which the first of these is still held, and which one it is.
local function held(names)
  for _, name in ipairs(names) do
    local until_us = held_until[name]
    if until_us == nil then
      until_us = tonumber(redis.call('HGET', HOLDS .. name, 'until_us') or 0)
      held_until[name] = until_us
    end
    if until_us > now_us then
      return (until_us - now_us) / 1000000, name
    end
  end
  return 0
end

local function sender_bucket(ask)
  return bucket(SENDERS .. ask.sender, ask.rate, ask.capacity, ask.debt)
end

-- Seconds until the one that is `in_a_second` places back is a second old.
local function window_wait(ask)
  local place = ask.in_a_second - 1
  local key = MOMENTS .. ask.sender
  local kept = redis.call('ZREVRANGE', key, place, place, 'WITHSCORES')
  local wait = kept[2] and (tonumber(kept[2]) + 1000000 - now_us) / 1000000 or 0
  if wait > 10 then
    -- Nobody is granted anything so far ahead: the clock was set back.
    redis.call('DEL', key)
    return 0
  end
  return wait
end

local granted = 0

-- Keeps the moment, and answers with its name.
local function keep_moment(sender, wait)
  local key = MOMENTS .. sender
  granted = granted + 1
  local name = whole(now_us) .. '-' .. granted
  redis.call('ZADD', key, whole(now_us + wait * 1000000), name)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', whole(now_us - 2000000))
  redis.call('PEXPIRE', key, 10000)
  return name
end

local function take_one(ask, interval_us, borrowed_us)
  local wait, name = held(ask.holds)
  if wait > 0 then
    return 0, wait, 'held:' .. string.match(name, '^%a+')
  end
  local pair_key, due_us
  if ask.pair then
    pair_key = PAIRS .. ask.pair
    due_us = math.max(now_us, tonumber(redis.call('GET', pair_key) or 0))
    if due_us - now_us > borrowed_us then
      return 0, (due_us - now_us - borrowed_us) / 1000000, 'pair'
    end
  end
  local run
  if ask.run then
    run = bucket(RUNS .. ask.run, ask.run_rate, ask.run_capacity, 0)
    if run.tokens < 1 then
      return 0, (1 - run.tokens) / run.rate, 'run'
    end
  end
  local sender = sender_bucket(ask)
  wait = math.max(0, (1 + ask.left - sender.tokens) / sender.rate, window_wait(ask))
  if wait > ask.ahead then
    return 0, wait - ask.ahead, 'sender'
  end
  sender.tokens = sender.tokens - 1
  if run then
    run.tokens = run.tokens - 1
  end
  if pair_key then
    local next_us = due_us + interval_us
    redis.call('SET', pair_key, whole(next_us), 'PX', whole((next_us - now_us) / 1000 + 1000))
  end
  return 1, wait, '', keep_moment(ask.sender, wait)
end

local function take()
  local answer = {}
  for _, one in ipairs(given.late) do
    if redis.call('ZSCORE', MOMENTS .. one[1], one[2]) then
      redis.call('ZINCRBY', MOMENTS .. one[1], whole(one[3] * 1000000), one[2])
    end
  end
  for _, ask in ipairs(given.asks) do
    local ok, wait, why, moment = take_one(ask, given.interval_us, given.borrowed_us)
    answer[#answer + 1] = ok
    answer[#answer + 1] = math.ceil(wait * 1000000)
    answer[#answer + 1] = why
    answer[#answer + 1] = moment or ''
  end
  store_buckets()
  return answer
end

local function peek()
  local answer = {}
  for _, ask in ipairs(given.asks) do
    local sender = sender_bucket(ask)
    local places = sender.tokens + ask.ahead * sender.rate - ask.left
    local wait = math.max(held(ask.holds), (1 - places) / sender.rate, 0)
    answer[#answer + 1] = wait > 0 and 0 or math.floor(places)
    answer[#answer + 1] = math.ceil(wait * 1000000)
  end
  store_buckets()
  return answer
end

-- What came in used up the sender's second as well; a flood costs one second, not more.
local function debit()
  for id, messages in pairs(given.senders) do
    local key = SENDERS .. id
    local kept = redis.call('HMGET', key, 'rate', 'capacity')
    if kept[1] then
      local one = bucket(key, tonumber(kept[1]), tonumber(kept[2]), 0)
      one.tokens = math.max(one.tokens - messages, math.min(one.tokens, -one.rate))
    end
  end
  store_buckets()
  return 0
end

-- Refusals that come while it is held already were on their way: they make it no longer, unless
-- Meta says so.
local function back_off()
  local key = HOLDS .. given.name
  local kept = redis.call('HMGET', key, 'until_us', 'step', 'quiet_us')
  local until_us, step = tonumber(kept[1] or 0), tonumber(kept[2] or -1)
  local told_us = math.ceil(given.told * 1000000)
  if until_us > now_us then
    until_us = math.max(until_us, now_us + told_us)
  else
    if now_us - until_us > tonumber(kept[3] or 0) then
      step = -1
    end
    step = step + 1
    local pause = math.min(given.most, given.base * given.factor ^ step)
    if given.told > 0 then
      pause = given.told
    end
    until_us = math.ceil(now_us + pause * (1 + given.jitter) * 1000000)
  end
  local quiet_us = math.max(given.quiet * 1000000, until_us - now_us)
  redis.call('HSET', key, 'until_us', whole(until_us), 'step', step, 'quiet_us', whole(quiet_us))
  redis.call('PEXPIRE', key, whole((until_us - now_us + quiet_us) / 1000 + 1000))
  return whole(until_us - now_us)
end

local commands = { take = take, peek = peek, debit = debit, back_off = back_off }
return commands[ARGV[1]]()
