"""Commands for a link or a form in Python and PowerShell; curl.py has those for bash.

What is printed can be pasted as it is, whatever is in the key, the headers and the file's name.
"""

import re
from collections.abc import Mapping
from pathlib import PurePath

# PowerShell takes each of these for a single quote, and two of them within a string for one.
# https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
_LONGEST_REFUSAL = 1 << 20  # bytes
_S3_DEFAULT = "binary/octet-stream"  # what S3 takes where an upload does not say its type


def link(form: str, method: str, url: str, headers: Mapping[str, str], file: str) -> str:
    """Return the command, in one of report.SCRIPTS, that uploads ``file`` (PUT) or saves to it (GET)."""
    if form == "powershell":
        return _powershell(method, url, headers, file)
    if method == "GET":
        return _python(
            "import http.client, os, shutil, urllib.error, urllib.request",
            f"name = {file!r}",
            # A device, a pipe or a folder is opened itself.
            "partial = name if os.path.exists(name) and not os.path.isfile(name) else name + '.partial'",
            f"with urllib.request.urlopen({url!r}) as answer, open(partial, 'wb') as file:",
            "    shutil.copyfileobj(answer, file)",
            # Reading piece by piece, it takes a lost connection for the end.
            "    if answer.length:",
            "        raise OSError(f'the connection was lost: {answer.length} bytes are missing')",
            "os.replace(partial, name)",
        )
    # urllib would say that the content is a form's.
    sent = headers if "content-type" in headers else {**headers, "content-type": _S3_DEFAULT}
    return _python(
        "import http.client, os, urllib.error, urllib.request",
        f"with open({file!r}, 'rb') as file:",
        f"    headers = {dict(sent)!r}",
        "    headers['content-length'] = str(os.fstat(file.fileno()).st_size)",
        f"    request = urllib.request.Request({url!r}, file, headers, method='PUT')",
        "    urllib.request.urlopen(request).close()",
    )


def form(form: str, url: str, fields: Mapping[str, str], file: str) -> str:
    """Return the command, in one of report.SCRIPTS, that uploads ``file`` with a form's fields."""
    if form == "powershell":  # -Form takes PowerShell 7
        given = [f"{_quoted(name)} = {_quoted(value)}" for name, value in fields.items()]
        given.append(f"'file' = Get-Item -LiteralPath {_quoted(file)}")
        return (
            f"Invoke-WebRequest -Method Post -Uri {_quoted(url)} -Form ([ordered]@{{ {'; '.join(given)} }})"
        )
    return "\n".join(
        [
            "import requests",
            "try:",
            f"    with open({file!r}, 'rb') as file:",
            f"        files = {{'file': ({PurePath(file).name!r}, file)}}",
            f"        answer = requests.post({url!r}, data={dict(fields)!r}, files=files)",
            "except OSError as error:",  # also those of requests
            "    raise SystemExit(f'Error: {error}') from None",
            "if not answer.ok:",
            "    raise SystemExit(answer.text)",
        ]
    )


def _python(imports: str, *lines: str) -> str:
    return "\n".join(
        [
            imports,
            "try:",
            *(f"    {line}" for line in lines),
            "except urllib.error.HTTPError as error:",
            # With a size, it reads what there is.
            f"    raise SystemExit(error.read({_LONGEST_REFUSAL}).decode(errors='replace')) from None",
            "except (OSError, http.client.HTTPException) as error:",
            "    raise SystemExit(f'Error: {error}') from None",
        ]
    )


def _powershell(method: str, url: str, headers: Mapping[str, str], file: str) -> str:
    words = ["Invoke-WebRequest", "-UseBasicParsing", "-Uri", _quoted(url)]
    if method == "GET":
        return " ".join([*words, "-OutFile", _quoted(file)])
    own = dict(headers)
    content_type = own.pop("content-type", _S3_DEFAULT)  # Windows PowerShell takes it here alone
    words += ["-Method", "Put", "-InFile", _quoted(file), "-ContentType", _quoted(content_type)]
    given = "; ".join(f"{_quoted(name)} = {_quoted(value)}" for name, value in own.items())
    return " ".join([*words, "-Headers", f"@{{ {given} }}"] if own else words)


def _quoted(text: str) -> str:
    return "'" + _QUOTES.sub(r"\1\1", text) + "'"
