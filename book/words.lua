-- For the spelling check: prose only, without code and names of things.
function Code() return {} end
function CodeBlock() return {} end
function RawBlock() return {} end
function RawInline() return {} end
function Math() return {} end
