# Reads what panels.awk printed; complains about a panel whose kept lines begin a function
# or struct and stop, though nothing changes in it.
BEGIN { FS = "\t" }

function end_item() {
    if (opened != "" && !changes) { print "panel " panel ", " file ": " opened; failed = 1 }
    opened = ""
}

$1 == "line" {
    text = $0
    for (i = 1; i <= 6; i++) text = substr(text, index(text, "\t") + 1)
    if ($2 != panel) end_item()
    panel = $2; file = $3
    if ($4 != ".") changes = 1
    if ($4 == "." && text ~ /^[^ \t#\/}].*[{]$|^[{]$/) { end_item(); opened = text; changes = 0 }
    if (text ~ /^}|};$/) opened = ""
}
END { end_item(); exit failed }
