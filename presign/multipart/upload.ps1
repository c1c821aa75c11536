# Uploads a file in parts to @@PLACE@@.
# It works until @@UNTIL@@. Anyone who has this script can upload: keep it safe.
#
#   powershell -ExecutionPolicy Bypass -File SCRIPT [-File PATH]   upload; run it again to resume
#   ... -Abort                                                     end the upload and remove its parts
#
# Windows PowerShell 5.1 or PowerShell 7. Up to -Jobs parts are in memory at once.
param([string]$File = @@FILE@@, [switch]$Abort, [int]$Jobs = 4, [int]$Tries = 8, [string]$StateDir = '')
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$place = @@PLACE@@
$name = @@NAME@@
$partSize = [long]@@PART_MIB@@ * 1MB
$count = @@COUNT@@
$head = @@HEAD@@
$between = @@BETWEEN@@
$completeUrl = @@COMPLETE@@
$abortUrl = @@ABORT@@
$condition = @@CONDITION@@ # the header with which it is completed, if any
# Each part's number, the signature of its link, and the MD5 digest that it must have, if any.
$links = @'
@@LINKS@@
'@

Add-Type -AssemblyName System.Net.Http
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
[Net.ServicePointManager]::DefaultConnectionLimit = [Math]::Max(2, $Jobs)

function Stop-Here([string]$text) {
    [Console]::Error.WriteLine("Error: $text")
    exit 1
}

# Runs in a runspace for each part: sends it, and returns its ETag in Tag and its MD5 digest in Digest, or why not in
# Problem.
$sendPart = {
    param([string]$path, [long]$offset, [long]$length, [string]$url, [string]$digest, [int]$tries)
    Add-Type -AssemblyName System.Net.Http
    $bytes = New-Object byte[] $length
    $stream = [IO.File]::Open($path, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]::Read)
    try {
        [void]$stream.Seek($offset, [IO.SeekOrigin]::Begin)
        $have = 0
        while ($have -lt $length) {
            $read = $stream.Read($bytes, $have, [int]($length - $have))
            if ($read -eq 0) { return @{ Tag = ''; Problem = 'the file has become shorter' } }
            $have += $read
        }
    } finally { $stream.Dispose() }
    if ($digest) { $md5 = [Convert]::FromBase64String($digest) }
    else {
        $hash = [Security.Cryptography.MD5]::Create()
        $md5 = $hash.ComputeHash($bytes)
        $hash.Dispose()
    }
    $client = New-Object System.Net.Http.HttpClient
    $client.Timeout = [Threading.Timeout]::InfiniteTimeSpan
    try {
        for ($try = 1; ; $try++) {
            $status = 0
            $problem = ''
            try {
                $content = New-Object System.Net.Http.ByteArrayContent -ArgumentList (, $bytes)
                $content.Headers.ContentMD5 = $md5
                $answer = $client.PutAsync($url, $content).GetAwaiter().GetResult()
                $status = [int]$answer.StatusCode
                if ($status -eq 200 -and $answer.Headers.ETag) {
                    return @{ Tag = $answer.Headers.ETag.Tag; Digest = [Convert]::ToBase64String($md5); Problem = '' }
                }
                $problem = "$status " + $answer.Content.ReadAsStringAsync().GetAwaiter().GetResult()
            } catch { $problem = $_.Exception.GetBaseException().Message }
            $later = $status -lt 300 -or $status -ge 500 -or $status -eq 408 -or $status -eq 429 -or
                $problem -match '<Code>(BadDigest|IncompleteBody|RequestTimeout|SlowDown)<'
            if (-not $later -or $try -ge $tries) { return @{ Tag = ''; Problem = $problem } }
            Start-Sleep -Seconds ([Math]::Min(60, [Math]::Pow(2, $try - 1)))
        }
    } finally { $client.Dispose() }
}

function Send-Whole([string]$method, [string]$url, [string]$xml, [string]$header) {
    $client = New-Object System.Net.Http.HttpClient
    $client.Timeout = [TimeSpan]::FromHours(1)
    try {
        $request = New-Object System.Net.Http.HttpRequestMessage -ArgumentList (
            (New-Object System.Net.Http.HttpMethod -ArgumentList $method), $url)
        if ($header) {
            $words = $header -split ': ', 2
            [void]$request.Headers.TryAddWithoutValidation($words[0], $words[1])
        }
        if ($xml) {
            $request.Content = New-Object System.Net.Http.StringContent -ArgumentList $xml, ([Text.Encoding]::UTF8), 'application/xml'
        }
        $answer = $client.SendAsync($request).GetAwaiter().GetResult()
        return @{ Status = [int]$answer.StatusCode; Body = $answer.Content.ReadAsStringAsync().GetAwaiter().GetResult() }
    } catch { return @{ Status = 0; Body = $_.Exception.GetBaseException().Message } }
    finally { $client.Dispose() }
}

# Whether the file has all parts that were sent, by their digests.
function Test-Sent {
    $buffer = New-Object byte[] 1MB
    foreach ($number in $digests.Keys) {
        $offset = [long]($number - 1) * $partSize
        $left = [Math]::Min($partSize, $size - $offset)
        $hash = [Security.Cryptography.MD5]::Create()
        $stream = [IO.File]::OpenRead($info.FullName)
        try {
            [void]$stream.Seek($offset, [IO.SeekOrigin]::Begin)
            while ($left -gt 0 -and ($read = $stream.Read($buffer, 0, [int][Math]::Min([long]1MB, $left))) -gt 0) {
                [void]$hash.TransformBlock($buffer, 0, $read, $null, 0)
                $left -= $read
            }
            [void]$hash.TransformFinalBlock($buffer, 0, 0)
            if ([Convert]::ToBase64String($hash.Hash) -cne $digests[$number]) { return $false }
        } finally {
            $stream.Dispose()
            $hash.Dispose()
        }
    }
    return $true
}

# What is done: the file's size in the first line, then a number, an ETag and a digest in each, and "asked" from when on
# S3 was asked to complete the upload, and may have done it.
$folder = if ($StateDir) { $StateDir } elseif ($File) { Split-Path -Parent $File }
$state = if ($folder) { Join-Path $folder "presign-upload-$name.txt" } else { "presign-upload-$name.txt" }

if ($Abort) {
    $answer = Send-Whole 'DELETE' $abortUrl '' ''
    if ($answer.Status -lt 200 -or $answer.Status -ge 300) {
        Stop-Here "the upload could not be aborted: $($answer.Status) $($answer.Body)"
    }
    if (Test-Path -LiteralPath $state) { Remove-Item -LiteralPath $state }
    [Console]::Error.WriteLine("Aborted the upload to $place")
    exit 0
}
if ($Jobs -lt 1 -or $Tries -lt 1) { Stop-Here '-Jobs and -Tries must be above zero' }
if (-not $File -or -not (Test-Path -LiteralPath $File -PathType Leaf)) { Stop-Here "there is no file '$File': give -File PATH" }
$info = Get-Item -LiteralPath $File
$size = $info.Length
$parts = [int][Math]::Max(1, [Math]::Ceiling([decimal]$size / $partSize))
if ($parts -gt $count) { Stop-Here "$File has $size bytes, and these links take at most $($partSize * $count)" }

$changed = "$File has changed since the upload began: to upload all of it again, remove $state"
$tags = @{}
$digests = @{}
$asked = $false
if (Test-Path -LiteralPath $state) {
    $lines = @(Get-Content -LiteralPath $state)
    foreach ($line in ($lines | Select-Object -Skip 1)) {
        if ($line -eq 'asked') { $asked = $true }
        elseif ($line -match '^(\d+) ("[^"]+") (\S+) done$') {
            $tags[[int]$Matches[1]] = $Matches[2]
            $digests[[int]$Matches[1]] = $Matches[3]
        }
    }
    # Its time does not tell: a copy has that of its original.
    if ($lines.Count -eq 0 -or $lines[0] -ne "$size" -or -not (Test-Sent)) { Stop-Here $changed }
} else { Set-Content -LiteralPath $state -Value "$size" -Encoding Ascii }

$pool = [RunspaceFactory]::CreateRunspacePool(1, $Jobs)
$pool.Open()
$running = New-Object System.Collections.ArrayList
$problem = ''
try {
    $waiting = New-Object System.Collections.Queue
    foreach ($line in ($links -split "\r?\n")) {
        $words = $line -split ' '
        if ([int]$words[0] -le $parts -and -not $tags.ContainsKey([int]$words[0])) { $waiting.Enqueue($words) }
    }
    while (($waiting.Count -gt 0 -and -not $problem) -or $running.Count -gt 0) {
        while ($waiting.Count -gt 0 -and $running.Count -lt $Jobs -and -not $problem) {
            $words = $waiting.Dequeue()
            $number = [int]$words[0]
            $offset = [long]($number - 1) * $partSize
            $digest = if ($words.Count -gt 2) { $words[2] } else { '' }
            $shell = [PowerShell]::Create()
            $shell.RunspacePool = $pool
            [void]$shell.AddScript($sendPart.ToString()).AddArgument($info.FullName).AddArgument($offset).
                AddArgument([Math]::Min($partSize, $size - $offset)).AddArgument("$head$number$between$($words[1])").
                AddArgument($digest).AddArgument($Tries)
            [void]$running.Add(@{ Number = $number; Shell = $shell; Handle = $shell.BeginInvoke() })
        }
        Start-Sleep -Milliseconds 100
        foreach ($one in @($running | Where-Object { $_.Handle.IsCompleted })) {
            $running.Remove($one)
            try {
                $result = @($one.Shell.EndInvoke($one.Handle))[-1]
                if ($result.Problem) { $problem = "part $($one.Number) could not be uploaded: $($result.Problem)" }
                else {
                    $tags[$one.Number] = $result.Tag
                    $digests[$one.Number] = $result.Digest
                    Add-Content -LiteralPath $state -Value "$($one.Number) $($result.Tag) $($result.Digest) done" -Encoding Ascii
                    [Console]::Error.WriteLine("$($tags.Count) of $parts parts, $([Math]::Floor(100 * $tags.Count / $parts)) %")
                }
            } catch { $problem = "part $($one.Number) could not be uploaded: $($_.Exception.GetBaseException().Message)" }
            $one.Shell.Dispose()
        }
    }
} finally { $pool.Close() }
if ($problem) { Stop-Here "$problem; run the same command again to resume" }
$after = Get-Item -LiteralPath $File
if ($after.Length -ne $size -or ($after.LastWriteTimeUtc -ne $info.LastWriteTimeUtc -and -not (Test-Sent))) { Stop-Here $changed }

$xml = '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
$xml += -join (1..$parts | ForEach-Object { "<Part><PartNumber>$_</PartNumber><ETag>$($tags[$_])</ETag></Part>" })
$xml += '</CompleteMultipartUpload>'
if (-not $asked) { Add-Content -LiteralPath $state -Value 'asked' -Encoding Ascii }
for ($try = 1; ; $try++) {
    # S3 may begin its answer with 200, and have an error in it.
    $answer = Send-Whole 'POST' $completeUrl $xml $condition
    if ($answer.Body -match '<CompleteMultipartUploadResult') { break }
    if ($asked -and $answer.Body -match '<Code>(NoSuchUpload|PreconditionFailed)<') {
        Stop-Here "S3 did not confirm an earlier try, and now answers $($Matches[1]): most likely $place is complete; look at it"
    }
    $refused = $answer.Status -ge 300 -and $answer.Status -lt 500
    if ($refused -and -not $asked) {
        $lines = @(Get-Content -LiteralPath $state) -ne 'asked'
        Set-Content -LiteralPath $state -Value $lines -Encoding Ascii
    }
    if ($try -ge $Tries -or $refused) {
        Stop-Here "the upload could not be completed: $($answer.Status) $($answer.Body)"
    }
    $asked = $true
    Start-Sleep -Seconds ([Math]::Min(60, [Math]::Pow(2, $try - 1)))
}
Remove-Item -LiteralPath $state
[Console]::Error.WriteLine("Uploaded $File to ${place}: $size bytes")
