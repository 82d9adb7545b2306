"""One line of JSON a step: what was tried, whether it went as it must, and what was seen instead."""

import json

import hvac.exceptions


class Unexpected(Exception):
    """The server's answer is not the one that belongs to the step."""


failures = 0
_secrets = []


def remember_secret(secret):
    """Keeps a secret out of whatever is reported from here on, and gives it back."""
    _secrets.append(secret)
    return secret


def step(name):
    """Runs the function below it at once, and reports. What fails does not keep the later steps from being tried."""

    def run(function):
        global failures
        detail = ""
        try:
            function()
        except Exception as error:  # whatever a client throws belongs into the report
            detail = f"{type(error).__name__}: {error}"
            failures += 1
        for secret in _secrets:
            detail = detail.replace(secret, "(secret)")
        print(json.dumps({"name": name, "ok": detail == "", "detail": detail[:2000]}), flush=True)
        return function

    return run


def same(what, found, wanted):
    if found != wanted:
        raise Unexpected(f"{what} is {found!r}, not {wanted!r}")


def within(what, found, least, most):
    if not least <= found <= most:
        raise Unexpected(f"{what} is {found!r}, not within {least} and {most}")


def holds(what, condition):
    if not condition:
        raise Unexpected(f"not so: {what}")


def refused(kind, call, *args, **kwargs):
    """The call must end in exactly this exception of the client, and with a reason where there is a text at all."""
    try:
        call(*args, **kwargs)
    except hvac.exceptions.VaultError as error:
        if type(error) is not kind:
            raise
        return error
    raise Unexpected(f"{kind.__name__} was not raised")
