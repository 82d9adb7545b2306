"""Log-in with name and password."""

from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest

from step import holds, refused, remember_secret, same, step


def tell(world):
    sys = world.root.sys
    userpass = world.root.auth.userpass
    ada = world.client()

    def log_in(client, password, name="ada"):
        auth = client.auth.userpass.login(name, password)["auth"]
        remember_secret(auth["client_token"])
        return auth

    @step("userpass: enabled, it is listed")
    def _():
        same("answer", sys.enable_auth_method("userpass", description="of the test").status_code, 204)
        method = sys.list_auth_methods()["data"]["userpass/"]
        same("type", method["type"], "userpass")
        same("description", method["description"], "of the test")
        refused(InvalidRequest, sys.enable_auth_method, "userpass")

    @step("userpass: a user is written, read and listed")
    def _():
        made = userpass.create_or_update_user("ada", world.password, token_policies=["app"], token_ttl="15m")
        same("answer", made.status_code, 204)
        user = userpass.read_user("ada")["data"]
        same("policies", user["token_policies"], ["app"])
        same("ttl", user["token_ttl"], 900)
        holds("the password is not there", world.password not in str(user))
        same("users", userpass.list_user()["data"]["keys"], ["ada"])
        refused(InvalidPath, userpass.read_user, "bob")

    @step("userpass: log-in gives the policies of the user")
    def _():
        auth = log_in(ada, world.password)
        same("policies", auth["policies"], ["app", "default"])
        same("metadata", auth["metadata"], {"username": "ada"})
        same("lease_duration", auth["lease_duration"], 900)
        holds("an entity came with it", auth["entity_id"] != "")
        data = ada.auth.token.lookup_self()["data"]
        same("path", data["path"], "auth/userpass/login/ada")
        same("display name", data["display_name"], "userpass-ada")

    @step("userpass: the token of the log-in reads what its policy allows")
    def _():
        read = ada.secrets.kv.v2.read_secret("app/one", raise_on_deleted_version=True)
        same("value", read["data"]["data"], {"value": "again"})
        refused(Forbidden, ada.secrets.kv.v2.read_secret, "lasting", raise_on_deleted_version=True)

    @step("userpass: a wrong password is refused with 400")
    def _():
        error = refused(InvalidRequest, log_in, world.client(), "not the password")
        same("reason", error.errors, ["invalid username or password"])

    @step("userpass: a user who is not there is refused with 400")
    def _():
        error = refused(InvalidRequest, log_in, world.client(), world.password, "bob")
        same("reason", error.errors, ["invalid username or password"])

    @step("userpass: a changed password takes the place of the old one")
    def _():
        same("answer", userpass.update_password_on_user("ada", world.changed_password).status_code, 204)
        refused(InvalidRequest, log_in, world.client(), world.password)
        same("policies", log_in(world.client(), world.changed_password)["policies"], ["app", "default"])

    @step("userpass: disabled, its tokens are refused with 403")
    def _():
        same("answer", sys.disable_auth_method("userpass").status_code, 204)
        holds("it is not listed", "userpass/" not in sys.list_auth_methods()["data"])
        refused(Forbidden, ada.auth.token.lookup_self)
