"""Key-value secrets, version 2."""

from hvac.exceptions import InvalidPath, InvalidRequest

from step import holds, refused, same, step


def tell(world):
    sys = world.root.sys
    kv = world.root.secrets.kv.v2

    def read(path, version=None):
        return kv.read_secret_version(path, version=version, raise_on_deleted_version=True)["data"]

    @step("kv: version 2 is mounted")
    def _():
        sys.enable_secrets_engine("kv", path="secret", options={"version": "2"}, description="of the test")
        mount = sys.list_mounted_secrets_engines()["data"]["secret/"]
        same("type", mount["type"], "kv")
        same("version", mount["options"]["version"], "2")
        kv.configure(max_versions=5, cas_required=False)
        same("max_versions", kv.read_configuration()["data"]["max_versions"], 5)

    @step("kv: put makes version 1, and get reads it")
    def _():
        kv.create_or_update_secret("lasting", {"value": world.value})
        made = kv.create_or_update_secret("app/one", {"value": world.value, "place": "here"}, cas=0)
        same("version", made["data"]["version"], 1)
        found = read("app/one")
        holds("the value is the one written", found["data"] == {"value": world.value, "place": "here"})
        same("destroyed", found["metadata"]["destroyed"], False)
        same("deletion time", found["metadata"]["deletion_time"], "")

    @step("kv: put makes version 2, and version 1 still reads")
    def _():
        made = kv.create_or_update_secret("app/one", {"value": "second", "place": "there"}, cas=1)
        same("version", made["data"]["version"], 2)
        same("newest", read("app/one")["data"], {"value": "second", "place": "there"})
        holds("version 1 has its value", read("app/one", 1)["data"]["value"] == world.value)

    @step("kv: patch changes one member")
    def _():
        same("version", kv.patch("app/one", {"place": "elsewhere"})["data"]["version"], 3)
        same("newest", read("app/one")["data"], {"value": "second", "place": "elsewhere"})
        refused(InvalidPath, kv.patch, "app/none", {"place": "nowhere"})

    @step("kv: check-and-set on an old version is refused with 400")
    def _():
        error = refused(InvalidRequest, kv.create_or_update_secret, "app/one", {"value": "late"}, cas=1)
        holds("the reason says so", "check-and-set" in str(error))
        same("version", read("app/one")["metadata"]["version"], 3)

    @step("kv: list names the secret and the folder")
    def _():
        same("keys", kv.list_secrets("")["data"]["keys"], ["app/", "lasting"])
        same("keys in the folder", kv.list_secrets("app")["data"]["keys"], ["one"])
        refused(InvalidPath, kv.list_secrets, "nothing")

    @step("kv: a path where nothing is reads as 404")
    def _():
        error = refused(InvalidPath, read, "app/none")
        same("errors", error.errors, [])
        refused(InvalidPath, kv.read_secret_metadata, "app/none")
        refused(InvalidPath, read, "app/one", 99)
        refused(InvalidPath, world.root.adapter.get, "/v1/no-such-mount/thing")

    @step("kv: a deleted version reads as 404, and its metadata says when")
    def _():
        same("answer", kv.delete_latest_version_of_secret("app/one").status_code, 204)
        refused(InvalidPath, read, "app/one")
        kept = kv.read_secret_version("app/one", raise_on_deleted_version=False)["data"]
        same("data", kept["data"], None)
        same("version", kept["metadata"]["version"], 3)
        holds("it has a deletion time", kept["metadata"]["deletion_time"] != "")
        kv.delete_secret_versions("app/one", [1])
        refused(InvalidPath, read, "app/one", 1)
        same("version 2", read("app/one", 2)["data"]["value"], "second")

    @step("kv: undelete brings it back")
    def _():
        same("answer", kv.undelete_secret_versions("app/one", [1, 3]).status_code, 204)
        same("newest", read("app/one")["data"], {"value": "second", "place": "elsewhere"})
        holds("version 1 has its value", read("app/one", 1)["data"]["value"] == world.value)

    @step("kv: a destroyed version stays away")
    def _():
        same("answer", kv.destroy_secret_versions("app/one", [2]).status_code, 204)
        refused(InvalidPath, read, "app/one", 2)
        kv.undelete_secret_versions("app/one", [2])
        refused(InvalidPath, read, "app/one", 2)

    @step("kv: metadata has every version, and keeps what is written to it")
    def _():
        kv.update_metadata("app/one", max_versions=4, custom_metadata={"owner": "platform"})
        metadata = kv.read_secret_metadata("app/one")["data"]
        same("versions", sorted(metadata["versions"]), ["1", "2", "3"])
        same("destroyed", [metadata["versions"][n]["destroyed"] for n in "123"], [False, True, False])
        found = {name: metadata[name] for name in ("current_version", "max_versions", "custom_metadata")}
        wanted = {"current_version": 3, "max_versions": 4, "custom_metadata": {"owner": "platform"}}
        same("metadata", found, wanted)

    @step("kv: metadata deleted, the secret is gone")
    def _():
        same("answer", kv.delete_metadata_and_all_versions("app/one").status_code, 204)
        refused(InvalidPath, kv.read_secret_metadata, "app/one")
        refused(InvalidPath, read, "app/one")
        refused(InvalidPath, kv.list_secrets, "app")
        # Read by the tokens of the next chapters.
        same("version", kv.create_or_update_secret("app/one", {"value": "again"}, cas=0)["data"]["version"], 1)
