package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/openbao/openbao/api/v2"
)

func tellTokens(w *world) {
	ctx := context.Background()
	tokens := w.root.Auth().Token()
	var app, orphan *api.SecretAuth

	created := func(secret *api.Secret, err error) *api.SecretAuth {
		auth := must(secret, err).Auth
		holds("there is a token", auth != nil && auth.ClientToken != "")
		rememberSecret(auth.ClientToken)
		return auth
	}
	create := func(wanted api.TokenCreateRequest) *api.SecretAuth { return created(tokens.Create(&wanted)) }
	of := func(auth *api.SecretAuth) *api.TokenAuth { return client(auth.ClientToken).Auth().Token() }
	looksUpItself := func(auth *api.SecretAuth) map[string]any { return must(of(auth).LookupSelf()).Data }
	isDead := func(auth *api.SecretAuth) {
		_, err := of(auth).LookupSelf()
		refused(http.StatusForbidden, err)
		_, err = tokens.Lookup(auth.ClientToken)
		refused(http.StatusForbidden, err)
	}
	lasts := func(what string, secret *api.Secret, seconds int64) {
		within(what, int64(must(secret.TokenTTL()).Seconds()), seconds-10, seconds)
	}

	step("token: created with ttl, policies and meta", func() {
		app = create(api.TokenCreateRequest{
			TTL: "1h", Policies: []string{"app"}, Metadata: map[string]string{"team": "core"}, DisplayName: "test",
		})
		same("policies", app.Policies, []string{"app", "default"})
		same("meta", app.Metadata, map[string]string{"team": "core"})
		same("lease duration", app.LeaseDuration, 3600)
		same("renewable, orphan", [2]bool{app.Renewable, app.Orphan}, [2]bool{true, false})
	})

	step("token: lookup shows what it was created with", func() {
		secret := must(tokens.Lookup(app.ClientToken))
		holds("the id is the token", must(secret.TokenID()) == app.ClientToken)
		holds("the accessor is the one given", must(secret.TokenAccessor()) == app.Accessor)
		same("policies", must(secret.TokenPolicies()), []string{"app", "default"})
		same("meta", must(secret.TokenMetadata()), map[string]string{"team": "core"})
		same("renewable", must(secret.TokenIsRenewable()), true)
		same("uses left", must(secret.TokenRemainingUses()), 0)
		lasts("ttl", secret, 3600)
		same("display name", secret.Data["display_name"], any("token-test"))
		same("path", secret.Data["path"], any("auth/token/create"))
		now := time.Now().Unix()
		within("creation time", number(secret.Data["creation_time"]), now-60, now+1)
		expires := must(time.Parse(time.RFC3339Nano, secret.Data["expire_time"].(string)))
		within("expire time", expires.Unix(), now+3500, now+3601)
	})

	step("token: lookup by accessor does not show the token", func() {
		secret := must(tokens.LookupAccessor(app.Accessor))
		same("id", must(secret.TokenID()), "")
		same("policies", must(secret.TokenPolicies()), []string{"app", "default"})
		holds("the accessor is the one given", must(secret.TokenAccessor()) == app.Accessor)
		_, err := tokens.LookupAccessor("000000000000000000000000")
		same("reason", refused(http.StatusBadRequest, err).Errors, []string{"invalid accessor"})
	})

	step("token: looks itself up", func() {
		same("meta", looksUpItself(app)["meta"], any(map[string]any{"team": "core"}))
	})

	step("token: its policy opens one path and no other, 403", func() {
		kv := client(app.ClientToken).KVv2("secret")
		must(kv.Put(ctx, "app/two", values{"value": "of the application"}))
		same("value", must(kv.Get(ctx, "app/two")).Data["value"], any("of the application"))
		_, err := kv.Get(ctx, "lasting")
		refused(http.StatusForbidden, err)
		refused(http.StatusForbidden, kv.Delete(ctx, "app/two"))
		// Refused alike where nothing is: a refusal tells nothing of what is there.
		_, err = kv.Get(ctx, "none")
		refused(http.StatusForbidden, err)
	})

	step("token: renewal sets the ttl anew", func() {
		lasts("lease of the renewal", must(tokens.Renew(app.ClientToken, 7200)), 7200)
		lasts("lease of a renewal by accessor", must(tokens.RenewAccessor(app.Accessor, 1800)), 1800)
		lasts("lease of a renewal by itself", must(of(app).RenewSelf(5400)), 5400)
		lasts("lease of a renewal as itself", must(tokens.RenewTokenAsSelf(app.ClientToken, 3600)), 3600)
		watched := create(api.TokenCreateRequest{TTL: "30m", Policies: []string{"app"}})
		watcher := must(client(watched.ClientToken).NewLifetimeWatcher(&api.LifetimeWatcherInput{
			Secret: &api.Secret{Auth: watched}, Increment: 3000,
		}))
		go watcher.Start()
		defer watcher.Stop()
		select {
		case renewed := <-watcher.RenewCh():
			lasts("lease of the watcher's renewal", renewed.Secret, 3000)
		case err := <-watcher.DoneCh():
			fail("the watcher ended: %v", err)
		case <-time.After(10 * time.Second):
			fail("the watcher renewed nothing")
		}
		no := false
		_, err := tokens.Renew(create(api.TokenCreateRequest{TTL: "1h", Renewable: &no}).ClientToken, 7200)
		refused(http.StatusBadRequest, err)
	})

	step("token: a use count of 2 ends with 403", func() {
		auth := create(api.TokenCreateRequest{TTL: "1h", NumUses: 2})
		same("uses left while the first is used", number(looksUpItself(auth)["num_uses"]), int64(1))
		same("uses left to look at", must(must(tokens.Lookup(auth.ClientToken)).TokenRemainingUses()), 1)
		looksUpItself(auth)
		isDead(auth)
	})

	step("token: a period is kept by renewal", func() {
		auth := create(api.TokenCreateRequest{Period: "30m"})
		same("lease duration", auth.LeaseDuration, 1800)
		same("period", number(looksUpItself(auth)["period"]), int64(1800))
		lasts("lease of the renewal", must(tokens.Renew(auth.ClientToken, 18000)), 1800)
	})

	step("token: an explicit maximum caps renewal", func() {
		auth := create(api.TokenCreateRequest{TTL: "10m", ExplicitMaxTTL: "20m"})
		same("explicit maximum", number(looksUpItself(auth)["explicit_max_ttl"]), int64(1200))
		renewed := must(tokens.Renew(auth.ClientToken, 18000))
		lasts("lease of the renewal", renewed, 1200)
		holds("a warning says so", len(renewed.Warnings) > 0)
	})

	step("token: a token of a role has the policies of the role", func() {
		logical := w.root.Logical()
		must(logical.Write("auth/token/roles/service", values{
			"allowed_policies": []string{"app"}, "token_period": "40m", "orphan": true,
		}))
		same("roles", words(must(logical.List("auth/token/roles")).Data["keys"]), []string{"service"})
		role := must(logical.Read("auth/token/roles/service"))
		same("allowed policies", words(role.Data["allowed_policies"]), []string{"app"})
		same("period", number(role.Data["token_period"]), int64(2400))
		auth := created(tokens.CreateWithRole(&api.TokenCreateRequest{Policies: []string{"app"}}, "service"))
		same("policies", auth.Policies, []string{"app", "default"})
		same("orphan", auth.Orphan, true)
		same("lease duration", auth.LeaseDuration, 2400)
		_, err := tokens.CreateWithRole(&api.TokenCreateRequest{Policies: []string{"default", "other"}}, "service")
		refused(http.StatusBadRequest, err)
		must(logical.Delete("auth/token/roles/service"))
		gone, err := logical.Read("auth/token/roles/service")
		nothing("the role", gone, err)
	})

	step("token: the list of accessors has it", func() {
		listed := words(must(w.root.Logical().List("auth/token/accessors")).Data["keys"])
		holds("it is there", slices.Contains(listed, app.Accessor))
	})

	step("token: revoked, it is refused with 403", func() {
		auth := create(api.TokenCreateRequest{TTL: "1h"})
		looksUpItself(auth)
		ok(tokens.RevokeTree(auth.ClientToken))
		isDead(auth)
		itself := create(api.TokenCreateRequest{TTL: "1h"})
		ok(of(itself).RevokeSelf(""))
		isDead(itself)
	})

	step("token: a child is refused after its parent was revoked", func() {
		parent := create(api.TokenCreateRequest{TTL: "1h", Policies: []string{"root"}})
		child := created(of(parent).Create(&api.TokenCreateRequest{TTL: "30m", Policies: []string{"app"}}))
		looksUpItself(child)
		orphan = created(of(parent).CreateOrphan(&api.TokenCreateRequest{TTL: "30m", Policies: []string{"app"}}))
		ok(tokens.RevokeTree(parent.ClientToken))
		isDead(parent)
		isDead(child)
	})

	step("token: an orphan lives on after its maker was revoked", func() {
		same("orphan", looksUpItself(orphan)["orphan"], any(true))
		parent := create(api.TokenCreateRequest{TTL: "1h", Policies: []string{"root"}})
		child := created(of(parent).Create(&api.TokenCreateRequest{TTL: "30m", Policies: []string{"app"}}))
		ok(tokens.RevokeOrphan(parent.ClientToken))
		isDead(parent)
		same("orphan after its parent alone was revoked", looksUpItself(child)["orphan"], any(true))
	})

	step("token: revoked by accessor, it is refused with 403", func() {
		ok(tokens.RevokeAccessor(orphan.Accessor))
		isDead(orphan)
	})

	step("token: a token that never was is refused with 403", func() {
		for _, never := range []string{"hvs.nEvErWaSaToKeNnEvErWaSaT", "srs.nEvErWaSaToKeNnEvErWaSaToKeN", "nonsense"} {
			_, err := client(never).Auth().Token().LookupSelf()
			refused(http.StatusForbidden, err)
			_, err = client(never).KVv2("secret").Get(ctx, "app/two")
			holds("it is not told as missing", !errors.Is(err, api.ErrSecretNotFound))
			refused(http.StatusForbidden, err)
		}
	})

	step("token: no token is refused with 403", func() {
		_, err := client("").Sys().ListPolicies()
		refused(http.StatusForbidden, err)
		_, err = client("").KVv2("secret").Get(ctx, "app/two")
		refused(http.StatusForbidden, err)
	})
}
