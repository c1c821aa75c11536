"""Links that were changed on their way, before anyone used them."""

import re
from collections.abc import Callable
from urllib.parse import quote

from tests.enforcement.broken.bench import Bench, Case, cause


def changed(bench: Bench, change: Callable[[str], str]) -> Case:
    """Explain a link as it arrived, changed on its way, with the answer that it got."""
    url = change(bench.made("get")["url"])
    return Case(url, bench.refused("GET", re.sub(r"\s", "", url)))


@cause("link was percent-encoded twice")
def link_encoded_twice(bench: Bench) -> Case:
    return changed(bench, lambda url: url.replace("%", "%25"))


@cause("link was cut off: 20 of the signature's 64 characters are there")
def truncated(bench: Bench) -> Case:
    return changed(bench, lambda url: url[:-44])


@cause("link was cut off: X-Amz-Signature is missing")
def truncated_before_the_signature(bench: Bench) -> Case:
    return changed(bench, lambda url: url.partition("&X-Amz-Signature")[0])


@cause("link was cut off: X-Amz-Credential, X-Amz-Date, ")
def cut_by_a_shell_at_the_first_ampersand(bench: Bench) -> Case:
    return changed(bench, lambda url: url.partition("&")[0])


@cause("the %2F in X-Amz-Credential were lost")
def in_a_bat_file(bench: Bench) -> Case:
    return changed(bench, lambda url: url.replace("%2F", "F"))


@cause("link has no signature")
def cut_at_the_question_mark(bench: Bench) -> Case:
    return changed(bench, lambda url: url.partition("?")[0])


@cause("link is escaped for HTML")
def escaped_for_html(bench: Bench) -> Case:
    return changed(bench, lambda url: url.replace("&", "&amp;"))


@cause("link was used without all of its parameters: a shell cut it at an '&', or '&amp;' was sent")
def escaped_for_html_by_the_one_who_used_it(bench: Bench) -> Case:
    url = bench.made("get")["url"]
    answer = bench.refused("GET", url.replace("&X-Amz-Expires", "&amp;X-Amz-Expires"))
    return Case(url, answer)


@cause("link was broken into several lines")
def broken_by_a_mail_client(bench: Bench) -> Case:
    """What S3 gets is what is before the break."""
    url = bench.made("get")["url"]
    cut = url.index("&X-Amz-Expires") + 5
    return Case(f"{url[:cut]}\r\n> {url[cut:]}", bench.refused("GET", url[:cut]))


@cause("copied from the source of a mail")
def quoted_printable(bench: Bench) -> Case:
    url = bench.made("get")["url"].replace("=", "=3D")
    return Case(url, bench.refused("GET", url))


@cause("a mail filter replaced the link by one of its own, on eur01.safelinks.protection.outlook.com")
def wrapped_by_a_mail_filter(bench: Bench) -> Case:
    url = bench.made("get")["url"]
    return Case(f"https://eur01.safelinks.protection.outlook.com/?url={quote(url, safe='')}&data=05", None)


@cause("parameter 'utm_source' was added")
def parameter_added(bench: Bench) -> Case:
    return changed(bench, lambda url: f"{url}&utm_source=mail")


@cause("the signature is not that of this link: the link was changed after it was signed")
def longer_life_where_only_the_changed_link_is_known(bench: Bench) -> Case:
    url = bench.made("get")["url"].replace("Expires=900", "Expires=604800")
    return Case(url, bench.refused("GET", url), by_the_signer=True)
