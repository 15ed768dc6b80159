# Draws an Operation in memory from the members that layout.c lists: the first file
# for 64 bits, the second for 32. Stops if bytes are left over: then layout.c
# misses a member.

BEGIN {
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 480 378\" role=\"img\" aria-labelledby=\"title desc\">"
    print "<title id=\"title\">An Operation in memory, for 64 and for 32 bits</title>"
    SCALE = 5.5; TOP = 46; WIDTH = 176; BUFFER = 62
}

FNR == 1 { columns++; x = columns == 1 ? 48 : 292; y = TOP; at = 0; add_column() }

$2 == "end" { close_column($3); next }

{
    if ($3 != at) fail((at - $3) " bytes before " $2)
    at += $4
    part = $2 ~ /^(Internal|InternalHigh|Offset|OffsetHigh|hEvent)$/ ? "kernel" : $2 == "buffer" ? "data" : "ours"
    high = $2 == "buffer" ? BUFFER : $4 * SCALE
    if (part == "ours" && last == "kernel") end_of_overlapped($3)
    last = part
    shapes = shapes sprintf("<rect class=\"%s %s-fill\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>\n", part, part, x, y, WIDTH, high)
    text(x - 8, y + 11, $3, " class=\"dim\" text-anchor=\"end\"")
    text(x + 10, y + high / 2 + 4.5, $2, "")
    text(x + WIDTH - 8, y + high / 2 + 4.5, $4, " class=\"dim\" text-anchor=\"end\"")
    told = told sprintf("%s at %d, ", $2, $3)
    y += high
}

function fail(what) {
    print FILENAME ": " what ": layout.c misses a member, or there is padding" >"/dev/stderr"
    failed = 1
    exit 1
}

function text(x, y, words, more) {
    texts = texts sprintf("<text x=\"%.1f\" y=\"%.1f\"%s>%s</text>\n", x, y, more, words)
}

function add_column() {
    bits = columns == 1 ? 64 : 32
    text(x, 18, bits " bits", " font-size=\"15\" font-weight=\"600\"")
    told = told sprintf("With %d bits: ", bits)
    # the pointer that Windows gets
    shapes = shapes sprintf("<path class=\"ink\" fill=\"none\" stroke-width=\"1.5\" d=\"M%d 32h%dv8m-4 -6l4 6l4 -6\"/>\n", x + 88, -60)
    text(x + 94, 36, "the address", " class=\"dim\"")
}

function end_of_overlapped(size) {
    overlapped[columns] = size
}

function close_column(size) {
    if (size != at) fail((size - at) " bytes at the end")
    text(x - 8, y + 4, size, " class=\"dim\" text-anchor=\"end\"")
    told = told sprintf("end at %d. ", size)
}

END {
    if (failed) exit 1
    if (columns != 2) { print "two files, please" >"/dev/stderr"; exit 1 }
    print "<desc id=\"desc\">Each member with its offset in bytes. " told "The first five are the WSAOVERLAPPED, " \
        overlapped[1] " and " overlapped[2] " bytes; behind it follow our own members.</desc>"
    printf "<g stroke-width=\"1.5\">\n%s", shapes
    key(0, "kernel", "WSAOVERLAPPED")
    key(1, "ours", "only we look at it")
    key(2, "data", "the buffer, lent with it")
    print "</g>"
    printf "<g font-size=\"13\">\n%s</g>\n</svg>\n", texts
}

function key(n, part, meaning) {
    printf "<rect class=\"%s %s-fill\" x=\"292\" y=\"%d\" width=\"16\" height=\"12\"/>\n", part, part, 306 + 22 * n
    text(316, 317 + 22 * n, meaning, "")
}
