"""Initialisation, unsealing and sealing, health."""

import secrets

from hvac.exceptions import InvalidRequest, VaultDown

from step import holds, refused, remember_secret, same, step


def start(world):
    sys = world.root.sys

    @step("start: a new server is not initialised, and its health is 501")
    def _():
        same("initialised", sys.is_initialized(), False)
        same("health by HEAD", sys.read_health_status().status_code, 501)
        same("health by GET", sys.read_health_status(method="GET").status_code, 501)
        same("health with a code of one's own", sys.read_health_status(method="GET", uninit_code=234).status_code, 234)

    @step("start: init gives five shares and a root token")
    def _():
        made = sys.initialize(secret_shares=5, secret_threshold=3)
        for share in made["keys"] + made["keys_base64"]:
            remember_secret(share)
        world.root.token = remember_secret(made["root_token"])
        world.shares = made["keys"]
        same("number of different shares", len(set(made["keys"])), 5)
        same("number of shares in base64", len(set(made["keys_base64"])), 5)
        same("initialised", sys.is_initialized(), True)

    @step("start: a second init is refused with 400")
    def _():
        error = refused(InvalidRequest, sys.initialize, secret_shares=1, secret_threshold=1)
        holds("the reason says so", "already initialized" in str(error))

    @step("start: seal-status tells of a sealed server that needs 3 of 5")
    def _():
        status = sys.read_seal_status()
        found = {name: status[name] for name in ("type", "initialized", "sealed", "t", "n", "progress")}
        wanted = {"type": "shamir", "initialized": True, "sealed": True, "t": 3, "n": 5, "progress": 0}
        same("seal-status", found, wanted)
        same("is_sealed", sys.is_sealed(), True)
        same("health", sys.read_health_status().status_code, 503)

    @step("start: a sealed server refuses with 503")
    def _():
        refused(VaultDown, sys.list_policies)
        refused(VaultDown, world.root.auth.token.lookup_self)

    @step("start: a third share that is none is refused with 400")
    def _():
        same("progress", sys.submit_unseal_key(world.shares[0])["progress"], 1)
        same("progress", sys.submit_unseal_key(world.shares[1])["progress"], 2)
        share = bytearray(secrets.token_bytes(len(world.shares[0]) // 2))
        refused(InvalidRequest, sys.submit_unseal_key, share.hex())
        same("progress after it", sys.read_seal_status()["progress"], 0)
        same("sealed", sys.is_sealed(), True)

    @step("start: three shares unseal")
    def _():
        same("progress", sys.submit_unseal_key(world.shares[1])["progress"], 1)
        same("progress with the same share again", sys.submit_unseal_key(world.shares[1])["progress"], 1)
        same("progress", sys.submit_unseal_key(world.shares[3])["progress"], 2)
        last = sys.submit_unseal_key(world.shares[4])
        same("sealed", last["sealed"], False)
        same("is_authenticated", world.root.is_authenticated(), True)

    @step("start: health is 200")
    def _():
        same("health by HEAD", sys.read_health_status().status_code, 200)
        # hvac gives the body instead of the response where the status is 200 and a body is there.
        health = sys.read_health_status(method="GET")
        found = {name: health[name] for name in ("initialized", "sealed", "standby")}
        same("health", found, {"initialized": True, "sealed": False, "standby": False})
        leader = sys.read_leader_status()
        same("ha_enabled", leader["ha_enabled"], False)


def end(world):
    sys = world.root.sys

    @step("end: sealed, the server refuses with 503")
    def _():
        same("seal", sys.seal().status_code, 204)
        refused(VaultDown, world.root.secrets.kv.v2.read_secret, "lasting", raise_on_deleted_version=True)
        same("sealed", sys.is_sealed(), True)

    @step("end: unsealed again, what was written is there")
    def _():
        status = sys.submit_unseal_keys(world.shares[:3])
        same("sealed", status["sealed"], False)
        read = world.root.secrets.kv.v2.read_secret("lasting", raise_on_deleted_version=True)
        holds("the secret is the one written", read["data"]["data"] == {"value": world.value})

    @step("end: sealed again")
    def _():
        same("seal", sys.seal().status_code, 204)
        same("sealed", sys.is_sealed(), True)
        same("health", sys.read_health_status().status_code, 503)
