# What may differ between two runs of the same program: ports and times.
s/\(127\.0\.0\.1:\)[0-9][0-9]*/\1PORT/g
s/\(localhost:\)[0-9][0-9]*/\1PORT/g
s/\([Pp]ort \)[0-9][0-9]*/\1PORT/g
s/[0-9][0-9.]*\( *\)\(ns\|us\|ms\|s\)\([^[:alnum:]_]\|$\)/TIME\1\2\3/g
