"""Tokens: creation, look-up, renewal, use counts, periods, revocation and what comes with it."""

import time

from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest

from step import holds, refused, remember_secret, same, step, within


def tell(world):
    token = world.root.auth.token
    made = {}

    def create(method=token.create, **wanted):
        auth = method(**wanted)["auth"]
        remember_secret(auth["client_token"])
        return auth

    def looks_up_itself(auth):
        return world.client(auth["client_token"]).auth.token.lookup_self()["data"]

    def is_dead(auth):
        refused(Forbidden, looks_up_itself, auth)
        refused(Forbidden, token.lookup, auth["client_token"])

    @step("token: created with ttl, policies and meta")
    def _():
        made["app"] = auth = create(ttl="1h", policies=["app"], meta={"team": "core"}, display_name="test")
        same("policies", auth["policies"], ["app", "default"])
        same("meta", auth["metadata"], {"team": "core"})
        same("lease_duration", auth["lease_duration"], 3600)
        found = {name: auth[name] for name in ("renewable", "token_type", "orphan", "num_uses")}
        same("auth", found, {"renewable": True, "token_type": "service", "orphan": False, "num_uses": 0})

    @step("token: lookup shows what it was created with")
    def _():
        data = token.lookup(made["app"]["client_token"])["data"]
        holds("the id is the token", data["id"] == made["app"]["client_token"])
        holds("the accessor is the one given", data["accessor"] == made["app"]["accessor"])
        names = ("policies", "meta", "display_name", "creation_ttl", "explicit_max_ttl", "num_uses", "path", "type")
        wanted = {
            "policies": ["app", "default"],
            "meta": {"team": "core"},
            "display_name": "token-test",
            "creation_ttl": 3600,
            "explicit_max_ttl": 0,
            "num_uses": 0,
            "path": "auth/token/create",
            "type": "service",
        }
        same("lookup", {name: data[name] for name in names}, wanted)
        within("ttl", data["ttl"], 3590, 3600)
        within("creation_time", data["creation_time"], time.time() - 60, time.time() + 1)

    @step("token: lookup by accessor does not show the token")
    def _():
        data = token.lookup_accessor(made["app"]["accessor"])["data"]
        same("id", data["id"], "")
        same("policies", data["policies"], ["app", "default"])
        holds("the accessor is the one given", data["accessor"] == made["app"]["accessor"])
        error = refused(InvalidRequest, token.lookup_accessor, "0" * 24)
        same("reason", error.errors, ["invalid accessor"])

    @step("token: looks itself up")
    def _():
        same("meta", looks_up_itself(made["app"])["meta"], {"team": "core"})
        same("is_authenticated", world.client(made["app"]["client_token"]).is_authenticated(), True)

    @step("token: its policy opens one path and no other, 403")
    def _():
        kv = world.client(made["app"]["client_token"]).secrets.kv.v2
        kv.create_or_update_secret("app/two", {"value": "of the application"})
        same("value", kv.read_secret("app/two", raise_on_deleted_version=True)["data"]["data"]["value"], "of the application")
        refused(Forbidden, kv.read_secret, "lasting", raise_on_deleted_version=True)
        refused(Forbidden, kv.delete_latest_version_of_secret, "app/two")
        # Refused alike where nothing is: a refusal tells nothing of what is there.
        refused(Forbidden, kv.read_secret, "none", raise_on_deleted_version=True)

    @step("token: renewal sets the ttl anew")
    def _():
        auth = token.renew(made["app"]["client_token"], increment="2h")["auth"]
        within("lease_duration", auth["lease_duration"], 7190, 7200)
        within("ttl", looks_up_itself(made["app"])["ttl"], 7190, 7200)
        by_accessor = token.renew_accessor(made["app"]["accessor"], increment=1800)["auth"]
        within("lease_duration by accessor", by_accessor["lease_duration"], 1790, 1800)
        same("client_token by accessor", by_accessor["client_token"], "")
        itself = world.client(made["app"]["client_token"]).auth.token.renew_self(increment=5400)["auth"]
        within("lease_duration by itself", itself["lease_duration"], 5390, 5400)
        fixed = create(ttl="1h", policies=["app"], renewable=False)
        same("renewable", fixed["renewable"], False)
        refused(InvalidRequest, token.renew, fixed["client_token"])

    @step("token: a use count of 2 ends with 403")
    def _():
        auth = create(ttl="1h", num_uses=2)
        same("num_uses", auth["num_uses"], 2)
        same("uses left while the first is used", looks_up_itself(auth)["num_uses"], 1)
        same("uses left to look at", token.lookup(auth["client_token"])["data"]["num_uses"], 1)
        looks_up_itself(auth)
        is_dead(auth)

    @step("token: a period is kept by renewal")
    def _():
        auth = create(period="30m")
        same("lease_duration", auth["lease_duration"], 1800)
        same("period", looks_up_itself(auth)["period"], 1800)
        renewed = token.renew(auth["client_token"], increment="5h")["auth"]
        within("lease_duration after renewal", renewed["lease_duration"], 1790, 1800)

    @step("token: an explicit maximum caps renewal")
    def _():
        auth = create(ttl="10m", explicit_max_ttl="20m")
        same("explicit_max_ttl", looks_up_itself(auth)["explicit_max_ttl"], 1200)
        renewed = token.renew(auth["client_token"], increment="5h")
        within("lease_duration after renewal", renewed["auth"]["lease_duration"], 1190, 1200)
        holds("a warning says so", len(renewed["warnings"] or []) > 0)

    @step("token: a token of a role has the policies of the role")
    def _():
        token.create_or_update_role("service", allowed_policies=["app"], token_period="40m", orphan=True)
        same("roles", token.list_roles()["data"]["keys"], ["service"])
        role = token.read_role("service")["data"]
        same("allowed policies", role["allowed_policies"], ["app"])
        same("period", role["token_period"], 2400)
        auth = create(role_name="service", policies=["app"])
        same("policies", auth["policies"], ["app", "default"])
        same("orphan", auth["orphan"], True)
        same("lease_duration", auth["lease_duration"], 2400)
        refused(InvalidRequest, token.create, role_name="service", policies=["default", "other"])
        token.delete_role("service")
        refused(InvalidPath, token.read_role, "service")

    @step("token: the list of accessors has it")
    def _():
        holds("it is there", made["app"]["accessor"] in token.list_accessors()["data"]["keys"])

    @step("token: revoked, it is refused with 403")
    def _():
        auth = create(ttl="1h")
        looks_up_itself(auth)
        same("answer", token.revoke(auth["client_token"]).status_code, 204)
        is_dead(auth)
        itself = create(ttl="1h")
        same("answer to itself", world.client(itself["client_token"]).auth.token.revoke_self().status_code, 204)
        is_dead(itself)

    @step("token: a child is refused after its parent was revoked")
    def _():
        parent = create(ttl="1h", policies=["root"])
        of_parent = world.client(parent["client_token"]).auth.token
        child = create(of_parent.create, ttl="30m", policies=["app"])
        looks_up_itself(child)
        made["orphan"] = create(of_parent.create_orphan, ttl="30m", policies=["app"])
        token.revoke(parent["client_token"])
        is_dead(parent)
        is_dead(child)

    @step("token: an orphan lives on after its maker was revoked")
    def _():
        same("orphan", looks_up_itself(made["orphan"])["orphan"], True)
        parent = create(ttl="1h", policies=["root"])
        child = create(world.client(parent["client_token"]).auth.token.create, ttl="30m", policies=["app"])
        token.revoke_and_orphan_children(parent["client_token"])
        is_dead(parent)
        same("orphan after its parent alone was revoked", looks_up_itself(child)["orphan"], True)

    @step("token: revoked by accessor, it is refused with 403")
    def _():
        same("answer", token.revoke_accessor(made["orphan"]["accessor"]).status_code, 204)
        is_dead(made["orphan"])

    @step("token: a token that never was is refused with 403")
    def _():
        for never in ("hvs.nEvErWaSaToKeNnEvErWaSaT", "srs.nEvErWaSaToKeNnEvErWaSaToKeN", "nonsense"):
            stranger = world.client(never)
            refused(Forbidden, stranger.auth.token.lookup_self)
            refused(Forbidden, stranger.secrets.kv.v2.read_secret, "app/two", raise_on_deleted_version=True)
            same("is_authenticated", stranger.is_authenticated(), False)

    @step("token: no token is refused with 403")
    def _():
        nobody = world.client()
        refused(Forbidden, nobody.sys.list_policies)
        refused(Forbidden, nobody.secrets.kv.v2.read_secret, "app/two", raise_on_deleted_version=True)
