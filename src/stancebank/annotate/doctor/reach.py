"""Whether the server answers, and is Label Studio: with no token, and without making anything."""

import socket
import ssl
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from stancebank.annotate.doctor.check import Check, State
from stancebank.annotate.studio.environment import wanted_version
from stancebank.annotate.wire import Answer, Wire, is_loopback, reason

SLOW, WRONG = 30.0, 240.0  # seconds between the clocks: worth a word; more than what is decided by times can bear


def check_reach(wire: Wire, start: str) -> tuple[Check, Answer | None]:
    """Ask the server who it is. start: how a server that is not there is started. The answer is None in a fault."""
    url = wire.url
    try:
        answer = wire.ask("GET", "/api/version")
    except OSError as error:
        return _no_answer(url, error, start), None
    if answer.status in (301, 302, 307, 308) and "://" in (place := answer.headers.get("Location") or ""):
        other = place.removesuffix("/api/version").removesuffix("/api/version/")
        hint = "set the address to that one"
        return Check("reach-moved", "fault", f"{url} sends everybody to {other}.", hint), None
    if answer.status in (502, 503, 504):
        hint = "start Label Studio behind it, or see to the proxy"
        return Check("reach-behind", "fault", f"{url} is a proxy whose server is away ({answer.status}).", hint), None
    if answer.status != 200 or "label-studio-os-package" not in answer.mapping():
        message = f"{url} answers (status {answer.status}), and not as Label Studio does."
        return Check("reach-stranger", "fault", message, "correct the address, host, port and path alike"), None
    return Check("reach", "ok", f"Label Studio answers at {url}."), answer


def _no_answer(url: str, error: OSError, start: str) -> Check:
    why = reason(error)
    if isinstance(error, socket.gaierror):
        return Check("reach-name", "fault", f"{url}: there is no such host.", "correct the host, or see to the network")
    if isinstance(error, ssl.SSLError):
        hint = "renew the server's certificate; name a private authority's with SSL_CERT_FILE; or correct http, https"
        return Check("reach-tls", "fault", f"{url}: no secure connection: {why}.", hint)
    if isinstance(error, TimeoutError):
        hint = "see whether the server is overloaded, or a firewall drops what is sent to it"
        return Check("reach-timeout", "fault", f"{url}: there was no answer in time.", hint)
    if isinstance(error, ConnectionRefusedError):
        return Check("reach-refused", "fault", f"{url}: nothing listens there.", start)
    return Check("reach-broken", "fault", f"{url}: {why}.", "correct the address, or see to the network")


def check_openly(wire: Wire, answer: Answer, now: float | None = None) -> Iterator[Check]:
    """Check what shows without a token: version, clock, encryption, sign-up. answer: to `check_reach`."""
    yield _version(str(answer.mapping().get("release") or ""))
    yield from _clock(answer, time.time() if now is None else now)
    if wire.url.startswith("http:") and not is_loopback(wire.url):
        hint = "put the server behind a proxy with a certificate, and set the address to https"
        yield Check("transport-plain", "warning", "Token and words go over the network in the clear.", hint)
    yield _sign_up(wire)


def _version(found: str) -> Check:
    from packaging.version import InvalidVersion, Version

    tried = wanted_version()
    if found == tried:
        return Check("version", "ok", f"Label Studio {found} is the version that this toolkit was tried with.")
    try:
        code = "version-older" if Version(found) < Version(tried) else "version-newer"
    except InvalidVersion:
        code = "version-unknown"
    hint = f"use {tried} where you can; else try a push and a pull with few articles first"
    return Check(code, "warning", f"Label Studio {found or 'of no known version'} was not tried; {tried} was.", hint)


def _clock(answer: Answer, now: float) -> Iterator[Check]:
    try:
        skew = now - parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (TypeError, ValueError):
        return
    if abs(skew) <= SLOW:
        yield Check("clock", "ok", "This machine's clock and the server's agree.")
        return
    state: State = "fault" if abs(skew) > WRONG else "warning"
    message = f"This machine's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the server's."
    yield Check(
        "clock-skew", state, message, "set both by a time server (NTP): which of two readings is newer rests on it"
    )


def _sign_up(wire: Wire) -> Check:
    """Send the form for signing up with nothing in it: an open server shows it again, a closed one refuses it."""
    page = "/user/signup/"
    try:
        shown = wire.ask("GET", page)
        sent = wire.ask("POST", page, form={"email": "", "password": ""}) if shown.status == 200 else shown
    except OSError as error:
        return Check("sign-up-unknown", "warning", f"The page for signing up: {reason(error)}.", "run it again")
    if shown.status == 200 and sent.status == 403 and not _is_forged(sent):
        return Check("sign-up", "ok", "Nobody can sign up without an invitation.")
    hint = "start the server with LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK=true"
    if shown.status == 200 and sent.status == 200:
        message = "Whoever reaches the server can sign up, and may then delete every project."
        return Check("sign-up-open", "warning" if is_loopback(wire.url) else "fault", message, hint)
    message = f"Whether strangers can sign up does not show (status {sent.status})."
    return Check("sign-up-unknown", "warning", message, f"see that it is closed; {hint}")


def _is_forged(answer: Answer) -> bool:
    """Whether a form was refused for its secret, as behind a proxy whose cookies go by https alone."""
    return b"CSRF verification failed" in answer.body
