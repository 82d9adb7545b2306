package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/openbao/openbao/api/v2"
)

type values = map[string]any

func tellKv(w *world) {
	ctx := context.Background()
	sys := w.root.Sys()
	kv := w.root.KVv2("secret")
	isMissing := func(what string, err error) {
		holds(what+" is not found", errors.Is(err, api.ErrSecretNotFound))
	}
	isEmpty := func(what string, secret *api.KVSecret) {
		holds(what+" has no data", secret.Data == nil)
	}

	step("kv: version 2 is mounted", func() {
		ok(sys.Mount("secret", &api.MountInput{Type: "kv", Description: "of the test", Options: map[string]string{"version": "2"}}))
		mount := must(sys.ListMounts())["secret/"]
		holds("it is listed", mount != nil)
		same("type", mount.Type, "kv")
		same("version", mount.Options["version"], "2")
		same("description", must(sys.MountInfo("secret")).Description, "of the test")
		must(w.root.Logical().Write("secret/config", values{"max_versions": 5}))
		same("max_versions", number(must(w.root.Logical().Read("secret/config")).Data["max_versions"]), int64(5))
	})

	step("kv: put makes version 1, and get reads it", func() {
		must(kv.Put(ctx, "lasting", values{"value": w.Value}))
		made := must(kv.Put(ctx, "app/one", values{"value": w.Value, "place": "here"}, api.WithCheckAndSet(0)))
		same("version", made.VersionMetadata.Version, 1)
		found := must(kv.Get(ctx, "app/one"))
		holds("the value is the one written", found.Data["value"] == w.Value)
		same("place", found.Data["place"], any("here"))
		holds("it is neither deleted nor destroyed", found.VersionMetadata.DeletionTime.IsZero() && !found.VersionMetadata.Destroyed)
	})

	step("kv: put makes version 2, and version 1 still reads", func() {
		made := must(kv.Put(ctx, "app/one", values{"value": "second", "place": "there"}, api.WithCheckAndSet(1)))
		same("version", made.VersionMetadata.Version, 2)
		same("newest", must(kv.Get(ctx, "app/one")).Data, values{"value": "second", "place": "there"})
		holds("version 1 has its value", must(kv.GetVersion(ctx, "app/one", 1)).Data["value"] == w.Value)
	})

	step("kv: patch changes one member", func() {
		// Once by PATCH, which merges on the server, and once by reading and writing.
		byPatch := must(kv.Patch(ctx, "app/one", values{"place": "elsewhere"}, api.WithMergeMethod(api.KVMergeMethodPatch)))
		same("version", byPatch.VersionMetadata.Version, 3)
		same("newest", must(kv.Get(ctx, "app/one")).Data, values{"value": "second", "place": "elsewhere"})
		byWriting := must(kv.Patch(ctx, "app/one", values{"more": "yes"}, api.WithMergeMethod(api.KVMergeMethodReadWrite)))
		same("version", byWriting.VersionMetadata.Version, 4)
		wanted := values{"value": "second", "place": "elsewhere", "more": "yes"}
		same("newest", must(kv.Get(ctx, "app/one")).Data, wanted)
		must(kv.Patch(ctx, "app/one", values{"more": nil}, api.WithMergeMethod(api.KVMergeMethodPatch)))
		same("newest", must(kv.Get(ctx, "app/one")).Data, values{"value": "second", "place": "elsewhere"})
		_, err := kv.Patch(ctx, "app/none", values{"place": "nowhere"}, api.WithMergeMethod(api.KVMergeMethodPatch))
		isMissing("what is patched", err)
	})

	step("kv: check-and-set on an old version is refused with 400", func() {
		_, err := kv.Put(ctx, "app/one", values{"value": "late"}, api.WithCheckAndSet(1))
		refusal := refused(http.StatusBadRequest, err)
		holds("the reason says so", strings.Contains(strings.Join(refusal.Errors, " "), "check-and-set"))
		_, err = kv.Patch(ctx, "app/one", values{"value": "late"}, api.WithCheckAndSet(1), api.WithMergeMethod(api.KVMergeMethodPatch))
		refused(http.StatusBadRequest, err)
		same("version", must(kv.Get(ctx, "app/one")).VersionMetadata.Version, 5)
	})

	step("kv: list names the secret and the folder", func() {
		same("keys", must(kv.List(ctx, "")).Keys, []string{"app/", "lasting"})
		same("keys in the folder", must(kv.List(ctx, "app")).Keys, []string{"one"})
		secret, err := w.root.Logical().List("secret/metadata/nothing")
		nothing("the list", secret, err)
	})

	step("kv: a path where nothing is reads as 404", func() {
		_, err := kv.Get(ctx, "app/none")
		isMissing("the secret", err)
		_, err = kv.GetVersion(ctx, "app/one", 99)
		isMissing("the version", err)
		_, err = kv.GetMetadata(ctx, "app/none")
		isMissing("the metadata", err)
		answer, err := w.root.Logical().ReadRaw("secret/data/app/none")
		same("errors", len(refused(http.StatusNotFound, err).Errors), 0)
		answer.Body.Close()
		_, err = w.root.Logical().ReadRaw("no-such-mount/thing")
		refused(http.StatusNotFound, err)
	})

	step("kv: a deleted version reads as 404, and its metadata says when", func() {
		ok(kv.Delete(ctx, "app/one"))
		_, err := w.root.Logical().ReadRaw("secret/data/app/one")
		refused(http.StatusNotFound, err)
		found := must(kv.Get(ctx, "app/one"))
		isEmpty("the newest version", found)
		same("version", found.VersionMetadata.Version, 5)
		holds("it has a deletion time", !found.VersionMetadata.DeletionTime.IsZero())
		ok(kv.DeleteVersions(ctx, "app/one", []int{1}))
		isEmpty("version 1", must(kv.GetVersion(ctx, "app/one", 1)))
		same("version 2", must(kv.GetVersion(ctx, "app/one", 2)).Data["value"], any("second"))
	})

	step("kv: undelete brings it back", func() {
		ok(kv.Undelete(ctx, "app/one", []int{1, 5}))
		same("newest", must(kv.Get(ctx, "app/one")).Data, values{"value": "second", "place": "elsewhere"})
		holds("version 1 has its value", must(kv.GetVersion(ctx, "app/one", 1)).Data["value"] == w.Value)
		rolledBack := must(kv.Rollback(ctx, "app/one", 2))
		same("version after rolling back", rolledBack.VersionMetadata.Version, 6)
		same("place", must(kv.Get(ctx, "app/one")).Data["place"], any("there"))
	})

	step("kv: a destroyed version stays away", func() {
		ok(kv.Destroy(ctx, "app/one", []int{2}))
		isEmpty("version 2", must(kv.GetVersion(ctx, "app/one", 2)))
		ok(kv.Undelete(ctx, "app/one", []int{2}))
		found := must(kv.GetVersion(ctx, "app/one", 2))
		isEmpty("version 2, undeleted,", found)
		same("destroyed", found.VersionMetadata.Destroyed, true)
	})

	step("kv: metadata has every version, and keeps what is written to it", func() {
		ok(kv.PutMetadata(ctx, "app/one", api.KVMetadataPutInput{MaxVersions: 6, CustomMetadata: values{"owner": "platform"}}))
		ok(kv.PatchMetadata(ctx, "app/one", api.KVMetadataPatchInput{CustomMetadata: values{"stage": "test"}}))
		metadata := must(kv.GetMetadata(ctx, "app/one"))
		same("current version", metadata.CurrentVersion, 6)
		same("maximum of versions", metadata.MaxVersions, 6)
		same("custom metadata", metadata.CustomMetadata, values{"owner": "platform", "stage": "test"})
		found := []int{}
		for _, version := range must(kv.GetVersionsAsList(ctx, "app/one")) {
			found = append(found, version.Version)
			same("destroyed", version.Destroyed, version.Version == 2)
		}
		// The mount keeps five.
		same("versions", found, []int{2, 3, 4, 5, 6})
	})

	step("kv: metadata deleted, the secret is gone", func() {
		ok(kv.DeleteMetadata(ctx, "app/one"))
		_, err := kv.GetMetadata(ctx, "app/one")
		isMissing("the metadata", err)
		_, err = kv.Get(ctx, "app/one")
		isMissing("the secret", err)
		// Read by the tokens of the next chapters.
		made := must(kv.Put(ctx, "app/one", values{"value": "again"}, api.WithCheckAndSet(0)))
		same("version", made.VersionMetadata.Version, 1)
	})
}
