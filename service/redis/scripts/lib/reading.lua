-- reading.lua: for scripts that read many keys and write nothing. Looking at each type first would double what they cost, so they
-- ask at once; when that fails, `misread` is the error reply that says which key is wrong.
local misread
local function ask(kind, command, key, ...)
  local answer = redis.pcall(command, key, ...)
  if type(answer) ~= 'table' or not answer.err then return answer end
  misread = misread or wrongKey({key, kind}) or answer
end
