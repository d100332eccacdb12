-- facts.lua: what filters are judged by, and the filters themselves. Both have one packed form:
--   byte flags | 255 | then texts, each followed by 255
-- Texts begin with a letter: t the name of an event type, s a scope, f the name of a changed field. They are UTF-8, which has no byte 255, so
-- "\255" .. text .. "\255" is found in the packed form exactly when it holds the text.
--   facts    flags: 1 create, 2 update, 4 delete; 8, 16, 32: any event type, scope, field may be among them, because nobody said which, or
--            there were too many. Empty facts: nothing is known. Facts of a window are those of all its events together.
--   filter   flags: the operations that it lists (0: all). It lists event types, scopes or fields when it has a text with their letter.
-- The payload of an event begins with its facts: byte version 3 | u32+facts | what the scripts do not read (redis/message_codec.cpp).
local factTools

-- Returns functions, made when a call first needs them: most endpoints have no filter.
local function facts()
  if factTools then return factTools end
  local ANY, KNOWN = {t = 8, s = 16, f = 32}, 5
  local MOST_FIELDS, MOST_BYTES = 256, 8192

  -- Returns the facts of an event; none when its payload has no such form.
  local function factsIn(payload)
    if #payload < KNOWN + 2 or string.byte(payload) ~= 3 then return '' end
    local length = struct.unpack('>I4', payload, 2)
    if length < 2 or length > #payload - KNOWN then return '' end
    return string.sub(payload, KNOWN + 1, KNOWN + length)
  end

  -- Returns the facts of several events, to which one more event came. They are bounded: beyond that any field, say, may have changed.
  local function joined(known, more)
    if known == more or known == '' then return known end
    if more == '' then return '' end
    local flags, fields = bit.bor(string.byte(known), string.byte(more)), nil
    local found = string.sub(known, 2)
    for said in string.gmatch(string.sub(more, 3), '([^\255]+)\255') do
      local letter = string.sub(said, 1, 1)
      local any = ANY[letter] or 0
      if bit.band(flags, any) == 0 and not string.find(found, '\255' .. said .. '\255', 1, true) then
        if letter == 'f' then fields = (fields or select(2, string.gsub(found, '\255f', ''))) + 1 end
        if (letter == 'f' and fields > MOST_FIELDS) or #found + #said > MOST_BYTES - 2 then
          flags = bit.bor(flags, any)
        else
          found = found .. said .. '\255'
        end
      end
    end
    return string.char(flags) .. found
  end

  -- Returns the facts of a window of one event.
  local function bounded(alone)
    return #alone <= MOST_BYTES and alone or joined(string.char(0) .. '\255', alone)
  end

  -- Returns a filter as tables of what to look for; nil when it cannot be read.
  local function readFilter(packed)
    if string.byte(packed, 2) ~= 255 then return nil end
    local filter = {operations = string.byte(packed)}
    for letter, name in string.gmatch(string.sub(packed, 3), '(.)([^\255]+)\255') do
      filter[letter] = filter[letter] or {}
      table.insert(filter[letter], '\255' .. letter .. name .. '\255')
    end
    return filter
  end

  local function holdsOne(known, wanted)
    for _, one in ipairs(wanted) do
      if string.find(known, one, 1, true) then return true end
    end
    return false
  end

  -- Whether a filter lets events with these facts pass. Of several events it says so when one of them may pass. Creates and deletes pass
  -- whatever fields are listed.
  local function passes(filter, known)
    if known == '' then return true end
    local flags = string.byte(known)
    if filter.operations ~= 0 and bit.band(filter.operations, flags) == 0 then return false end
    if filter.t and bit.band(flags, ANY.t) == 0 and not holdsOne(known, filter.t) then return false end
    if filter.s and bit.band(flags, ANY.s) == 0 and not holdsOne(known, filter.s) then return false end
    return not filter.f or bit.band(flags, ANY.f + 1 + 4) ~= 0 or holdsOne(known, filter.f)
  end

  -- The same for the filter of an endpoint with this state (lib/endpoint.lua). One that has none, or none that can be read, is told.
  local function wants(state, known)
    if not state.filter then return true end
    if state.reads == nil then state.reads = readFilter(state.filter) or false end
    return not state.reads or passes(state.reads, known)
  end

  factTools = {of = factsIn, joined = joined, bounded = bounded, wants = wants}
  return factTools
end
