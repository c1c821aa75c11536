#!/bin/sh
# Uploads a file in parts to @@PLACE@@.
# It works until @@UNTIL@@. Anyone who has this script can upload: keep it safe.
#
#   sh SCRIPT [FILE]    upload; if it was interrupted, run the same command again: it resumes
#   sh SCRIPT --abort   end the upload and remove its parts from S3
#
# It needs curl. A bucket with Object Lock takes no part without an MD5 digest: where the links do not hold
# them, openssl, md5sum or md5 is needed, too.
# Variables: JOBS (parts at once, 4), TRIES (for each part, 8), STATE_DIR (where it notes what is done: by
# default next to the file).
set -u
umask 077

place=@@PLACE@@
until=@@UNTIL@@
name=@@NAME@@
part_mib=@@PART_MIB@@
count=@@COUNT@@
head=@@HEAD@@
between=@@BETWEEN@@
complete=@@COMPLETE@@
abort=@@ABORT@@
condition=@@CONDITION@@ # the header with which it is completed, if any
locked=@@LOCKED@@ # "yes" where the bucket is known to have Object Lock
file=@@FILE@@

# Each part's number, the signature of its link, and the MD5 digest that it must have, if any.
links() {
    cat <<'END'
@@LINKS@@
END
}

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "Error: $*"
    exit 1
}

# Send what the command $1 prints to the link $3, with the options of curl that follow. $2 names the files with
# the answer. Sets $status, and $code and $message where S3 refuses.
request() {
    source=$1 answer=$state/$2
    # In a file, as others may see arguments.
    printf 'url = "%s"\n' "$3" >"$answer.url"
    shift 3
    rm -f "$answer.body" "$answer.head" "$answer.status"
    "$source" | send "$@" &
    child=$!
    wait "$child"
    child=
    status=$(cat "$answer.status" 2>/dev/null)
    code=$(element Code)
    message=$(element Message)
    case $status in
    '' | 000) status=000 message=$(sed -n 1p "$answer.log") ;;
    esac
    rm -f "$answer.url" "$answer.status" "$answer.log"
}

send() {
    exec curl -K "$answer.url" --silent --show-error --globoff --path-as-is --http1.1 --connect-timeout 30 \
        --output "$answer.body" --dump-header "$answer.head" --write-out '%{http_code}' \
        "$@" >"$answer.status" 2>"$answer.log"
}

element() {
    [ -s "$answer.body" ] && sed -n "s:.*<$1>\([^<]*\)</$1>.*:\1:p" "$answer.body" | sed -n 1p
}

# Whether the same request may succeed later.
may_retry() {
    case $status/$code in
    4??/BadDigest | 4??/IncompleteBody | 4??/RequestTimeout | 4??/SlowDown | 408/* | 429/*) true ;;
    3??/* | 4??/*) false ;;
    *) true ;;
    esac
}

pause() {
    sleep "$1" &
    child=$!
    wait "$child"
    child=
}

explain() {
    case $code/$message in
    AccessDenied/*xpired* | ExpiredToken/*)
        say "Error: the links have expired, the last ones at $until: ask for a new script" ;;
    NoSuchUpload/*)
        say "Error: S3 has no such upload: it was completed, aborted or removed: ask for a new script" ;;
    *) say "Error: $1: $status ${code:+$code }$message" ;;
    esac
}

# MD5 digests in base64, of what is read; there is none where md5 stays empty.
hex_to_base64() {
    awk 'BEGIN { hex = "0123456789abcdef"
                 digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" }
         NR == 1 { text = tolower(substr($1, 1, 32)) "0"
                   for (i = 1; i <= 33; i += 3) {
                       n = 0
                       for (j = i; j < i + 3; j++) n = n * 16 + index(hex, substr(text, j, 1)) - 1
                       out = out substr(digits, int(n / 64) + 1, 1) substr(digits, n % 64 + 1, 1)
                   }
                   print out "==" }'
}

choose_md5() {
    empty='1B2M2Y8AsgTpgAmY7PhCfg=='
    for md5 in md5_by_openssl md5_by_md5sum md5_by_md5; do
        [ "$($md5 </dev/null 2>/dev/null)" = "$empty" ] && return
    done
    md5=
}

md5_by_openssl() { openssl dgst -md5 -binary | openssl base64; }
md5_by_md5sum() { md5sum | hex_to_base64; }
md5_by_md5() { md5 | hex_to_base64; }

# Upload part $number, whose link has $signature; $digest is its MD5 digest, or empty.
part() {
    length=$((number < parts ? part_size : size - (parts - 1) * part_size))
    if [ -z "$digest" ] && [ -n "$md5" ]; then digest=$(content | $md5); fi
    try=1
    while :; do
        # Where the script was killed, this worker ends, too.
        kill -0 $$ 2>/dev/null && [ ! -e "$state/stop" ] || exit 1
        # The length is known, so curl keeps only a piece of the part in memory.
        request content "$number" "$head$number$between$signature" --upload-file - \
            --speed-limit 1 --speed-time 120 --header 'Transfer-Encoding:' --header "Content-Length: $length" \
            ${digest:+--header "Content-MD5: $digest"}
        etag=
        [ "$status" = 200 ] && etag=$(tr -d '\r"' <"$answer.head" | sed -n 's/^[Ee][Tt][Aa][Gg]: *//p')
        rm -f "$answer.body" "$answer.head"
        if [ -n "$etag" ]; then
            printf '%s %s\n' "$etag" "$digest" >"$answer.tag" && mv "$answer.tag" "$answer.etag" || exit 1
            return
        fi
        if [ $try -ge "$tries" ] || ! may_retry; then
            : >"$state/stop"
            explain "part $number could not be uploaded"
            exit 1
        fi
        say "part $number: ${code:-$status} $message: try $((try + 1)) of $tries"
        pause $((try < 6 ? 1 << (try - 1) : 60))
        try=$((try + 1))
    done
}

content() { dd if="$file" bs=1048576 skip=$(((number - 1) * part_mib)) count="$part_mib" 2>/dev/null; }

# Upload every part whose number leaves the rest $1 when divided by the number of workers.
worker() {
    child=
    trap 'trap "" TERM; [ -n "$child" ] && kill $child 2>/dev/null; exit 143' TERM
    while read -r number signature digest; do
        [ "$number" -le "$parts" ] || break
        [ $((number % jobs)) -eq "$1" ] && [ ! -s "$state/$number.etag" ] || continue
        part
        set -- "$1" "$state"/*.etag
        say "$(($# - 1)) of $parts parts, $((($# - 1) * 100 / parts)) %"
        set -- "$1"
    done <"$state/links"
}

# What every change of the file changes: unlike the time of its content, its ctime cannot be set. Without stat,
# times are in minutes, so each run has its own where the content can be compared.
identity() {
    TZ=UTC0 LC_ALL=C stat -L -c '%i %s %y %z' "$file" 2>/dev/null ||
        TZ=UTC0 LC_ALL=C stat -L -f '%i %z %Fm %Fc' "$file" 2>/dev/null ||
        { TZ=UTC0 LC_ALL=C ls -dilnLc "$file" && printf '%s\n' "${md5:+$$}"; }
}

# Whether the file has all parts that were sent, by their digests.
has_what_was_sent() {
    [ -n "$md5" ] || return 1
    say "Comparing $file with what was sent"
    for sent in "$state"/*.etag; do
        [ -e "$sent" ] || continue
        number=${sent##*/}
        number=${number%.etag}
        read -r etag digest <"$sent"
        [ "$(content | $md5)" = "$digest" ] || return 1
    done
}

# Stop where the parts that were sent may be of another file. A copy will do: where only the identity differs, the
# content decides.
require_unchanged() {
    now=$(identity)
    if [ "$(($(wc -c <"$file")))" != "$(cat "$state/size")" ] ||
        { [ "$now" != "$(cat "$state/identity")" ] && ! has_what_was_sent; }; then
        fail "$file has changed since the upload began: to upload all of it again, remove $state"
    fi
    printf '%s\n' "$now" >"$state/identity"
}

stop() {
    trap '' INT TERM HUP
    for one in $workers $child; do kill "$one" 2>/dev/null; done
    wait
    rm -f "$state/pid"
    say "Interrupted: run the same command again to resume"
    exit 130
}

finish() {
    {
        printf '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        number=1
        while [ $number -le "$parts" ]; do
            read -r etag digest <"$state/$number.etag" || exit 1
            printf '<Part><PartNumber>%s</PartNumber><ETag>"%s"</ETag></Part>' $number "$etag"
            number=$((number + 1))
        done
        printf '</CompleteMultipartUpload>'
    } >"$state/complete.xml"
    try=1
    # Whether S3 was asked before and may have done it, also by a script that was interrupted.
    unsure=
    [ -e "$state/asked" ] && unsure=yes
    : >"$state/asked"
    while :; do
        # S3 may begin its answer with 200, and have an error in it.
        request true complete "$complete" --max-time 3600 --header 'Content-Type: application/xml' \
            ${condition:+--header "$condition"} --data-binary "@$state/complete.xml"
        grep -q '<CompleteMultipartUploadResult' "$answer.body" 2>/dev/null && return
        [ "$status" = 200 ] && status=500
        case $unsure/$code in
        yes/NoSuchUpload | yes/PreconditionFailed)
            fail "S3 did not confirm an earlier try, and now answers $code: most likely $place is complete; look at it" ;;
        esac
        [ -n "$unsure" ] || may_retry || rm -f "$state/asked"
        if [ $try -ge "$tries" ] || ! may_retry; then
            explain "the upload could not be completed"
            exit 1
        fi
        unsure=yes
        say "completing: ${code:-$status} $message: try $((try + 1)) of $tries"
        pause $((try < 6 ? 1 << (try - 1) : 60))
        try=$((try + 1))
    done
}

command -v curl >/dev/null || fail "curl is not installed"
aborting=
if [ "${1-}" = --abort ]; then
    aborting=yes
    shift
fi
[ $# -le 1 ] || fail "give one file, or none"
file=${1:-$file}
case $file in -*) file=./$file ;; esac
jobs=${JOBS:-4} tries=${TRIES:-8} part_size=$((part_mib * 1048576)) child='' workers=''
for number in "$jobs" "$tries"; do
    case $number in 0* | *[!0-9]* | ?????*) fail "JOBS and TRIES must be numbers above zero, not '$number'" ;; esac
done
case $file in */*) folder=${file%/*}/ ;; *) folder=./ ;; esac
state=${STATE_DIR:-$folder}
state=${state%/}/presign-upload-$name
if [ -z "$aborting" ] && { [ ! -f "$file" ] || [ ! -r "$file" ]; }; then
    fail "there is no file ${file:-(none was named)} that can be read: give its path"
fi
mkdir -p "$state" || fail "set STATE_DIR to a folder that can be written"
running=$(cat "$state/pid" 2>/dev/null)
if [ -n "$running" ] && kill -0 "$running" 2>/dev/null; then
    fail "this upload is already running as process $running; if that is another program, remove $state/pid"
fi
printf '%s\n' $$ >"$state/pid"
rm -f "$state/stop"
trap stop INT TERM HUP

if [ -n "$aborting" ]; then
    request true abort "$abort" --request DELETE
    case $status in
    2??) say "Aborted the upload to $place" ;;
    *)
        rm -f "$state/pid"
        explain "the upload could not be aborted"
        exit 1
        ;;
    esac
    rm -rf "$state"
    exit
fi

size=$(($(wc -c <"$file"))) || exit 1
choose_md5
if [ ! -e "$state/size" ]; then
    identity >"$state/identity" && printf '%s\n' "$size" >"$state/size" || exit 1
fi
require_unchanged
parts=$(((size + part_size - 1) / part_size))
[ $parts -gt 0 ] || parts=1
[ $parts -le $count ] || fail "$file has $size bytes, and these links take at most $((count * part_size))"
links >"$state/links" || exit 1
case $(sed -n 1p "$state/links") in
*' '*' '*) ;; # the links hold digests
*)
    if [ -z "$md5" ] && [ -n "$locked" ]; then
        fail "the bucket has Object Lock, and refuses parts without a digest: install openssl or md5sum"
    fi
    [ -n "$md5" ] || say "Warning: without openssl, md5sum or md5, a bucket with Object Lock refuses the parts"
    ;;
esac
[ "$jobs" -le $parts ] || jobs=$parts
number=0
while [ $number -lt "$jobs" ]; do
    worker $number &
    workers="$workers $!"
    number=$((number + 1))
done
failed=
for one in $workers; do wait "$one" || failed=yes; done
workers=
if [ -n "$failed" ]; then
    rm -f "$state/pid"
    fail "not all parts were uploaded: run the same command again to resume"
fi
require_unchanged
finish
rm -rf "$state"
say "Uploaded $file to $place: $size bytes"
