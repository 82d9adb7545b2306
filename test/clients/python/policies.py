"""Policies: written, read, listed, refused, deleted."""

from hvac.exceptions import InvalidPath, InvalidRequest

from step import holds, refused, same, step

APP = """# What the application may do.
path "secret/data/app/*" {
  capabilities = ["create", "read", "update", "list"]
}
"""


def tell(world):
    sys = world.root.sys

    @step("policy: written, it reads the same")
    def _():
        same("answer", sys.create_or_update_policy("app", APP).status_code, 204)
        same("rules", sys.read_policy("app")["data"]["rules"], APP)
        # hvac writes a dictionary as JSON; its word for a policy's text in `data` differs from the one under acl/.
        rules = {"path": {"secret/data/app/*": {"capabilities": ["read"]}}}
        sys.create_or_update_policy("as-json", rules)
        sys.create_or_update_acl_policy("as-acl", APP)
        same("acl policy", sys.read_acl_policy("as-acl")["data"]["policy"], APP)

    @step("policy: the list has it")
    def _():
        listed = sys.list_policies()["data"]["policies"]
        same("policies", sorted(listed), ["app", "as-acl", "as-json", "default", "root"])
        same("acl policies", sorted(sys.list_acl_policies()["data"]["keys"]), sorted(listed))

    @step("policy: one that does not parse is refused with 400")
    def _():
        refused(InvalidRequest, sys.create_or_update_policy, "broken", 'path "secret/*" { capabilities = ["fly"] }')
        refused(InvalidRequest, sys.create_or_update_policy, "broken", "path {")
        holds("nothing was written", "broken" not in sys.list_policies()["data"]["policies"])

    @step("policy: deleted, it is 404")
    def _():
        for name in ("as-json", "as-acl"):
            same("answer", sys.delete_policy(name).status_code, 204)
            refused(InvalidPath, sys.read_policy, name)
        same("policies", sorted(sys.list_policies()["data"]["policies"]), ["app", "default", "root"])
