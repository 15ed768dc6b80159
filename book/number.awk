# Tells each notation of a chapter the line it is in, so that a complaint about
# it can name the line: {.code file=x} becomes {.code at=12 file=x}.

/^:::+ *[a-z]+ *$/ { sub(/[a-z]+ *$/, "{.&}") }
{ gsub(/\{\.(code|show|checkpoint|output|also|claim)/, "& at=" FNR) }
{ print }
