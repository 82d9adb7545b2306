"""Leads hvac through Strongroom. Address and CA come from the environment, secrets from standard input."""

import json
import os
import sys
from types import SimpleNamespace

# Isolated mode leaves this folder out.
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import hvac  # noqa: E402

import kv  # noqa: E402
import pki  # noqa: E402
import policies  # noqa: E402
import seal  # noqa: E402
import step  # noqa: E402
import tokens  # noqa: E402
import userpass  # noqa: E402

given = json.load(sys.stdin)
for secret in given.values():
    step.remember_secret(secret)


def client(token=None):
    """A client of its own: each has a session, and with it connections, of its own."""
    made = hvac.Client(url=os.environ["VAULT_ADDR"], verify=os.environ["VAULT_CACERT"], token=token)
    # hvac reads ~/.vault-token where it is given none.
    made.token = token
    return made


world = SimpleNamespace(client=client, root=client(), shares=[], **given)
for chapter in (seal.start, policies.tell, kv.tell, tokens.tell, userpass.tell, pki.tell, seal.end):
    chapter(world)
sys.exit(1 if step.failures else 0)
