package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/openbao/openbao/api/v2"
)

// health is the status of sys/health as a probe sees it; the client's own Health asks for other numbers.
func (w *world) health() int {
	answer, err := w.root.Logical().ReadRaw("sys/health")
	if answer == nil {
		fail("no answer: %v", err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

func start(w *world) {
	sys := w.root.Sys()

	step("start: a new server is not initialised, and its health is 501", func() {
		same("initialised", must(sys.InitStatus()), false)
		same("health", w.health(), http.StatusNotImplemented)
		health := must(sys.Health())
		same("initialised by health", health.Initialized, false)
		same("sealed by health", health.Sealed, true)
	})

	step("start: init gives five shares and a root token", func() {
		made := must(sys.Init(&api.InitRequest{SecretShares: 5, SecretThreshold: 3}))
		different := map[string]bool{}
		for _, share := range append(append([]string{}, made.Keys...), made.KeysB64...) {
			different[rememberSecret(share)] = true
		}
		w.root.SetToken(rememberSecret(made.RootToken))
		w.shares = made.KeysB64
		same("number of shares, each in two spellings", len(different), 10)
		same("number of recovery shares", len(made.RecoveryKeys), 0)
		same("initialised", must(sys.InitStatus()), true)
	})

	step("start: a second init is refused with 400", func() {
		_, err := sys.Init(&api.InitRequest{SecretShares: 1, SecretThreshold: 1})
		refusal := refused(http.StatusBadRequest, err)
		holds("the reason says so", strings.Contains(strings.Join(refusal.Errors, " "), "already initialized"))
	})

	step("start: seal-status tells of a sealed server that needs 3 of 5", func() {
		status := must(sys.SealStatus())
		same("type", status.Type, "shamir")
		same("initialised and sealed", [2]bool{status.Initialized, status.Sealed}, [2]bool{true, true})
		same("threshold, shares, progress", [3]int{status.T, status.N, status.Progress}, [3]int{3, 5, 0})
		holds("a version is told", status.Version != "")
		same("health", w.health(), http.StatusServiceUnavailable)
	})

	step("start: a sealed server refuses with 503", func() {
		_, err := sys.ListPolicies()
		refused(http.StatusServiceUnavailable, err)
		_, err = w.root.Auth().Token().LookupSelf()
		refused(http.StatusServiceUnavailable, err)
	})

	step("start: a third share that is none is refused with 400", func() {
		same("progress", must(sys.Unseal(w.shares[0])).Progress, 1)
		same("progress", must(sys.Unseal(w.shares[1])).Progress, 2)
		same("progress after a reset", must(sys.ResetUnsealProcess()).Progress, 0)
		same("progress", must(sys.Unseal(w.shares[0])).Progress, 1)
		same("progress", must(sys.Unseal(w.shares[1])).Progress, 2)
		share := make([]byte, 33)
		must(rand.Read(share))
		_, err := sys.Unseal(hex.EncodeToString(share))
		refused(http.StatusBadRequest, err)
		status := must(sys.SealStatus())
		same("progress after it", status.Progress, 0)
		same("sealed", status.Sealed, true)
	})

	step("start: three shares unseal", func() {
		for number, index := range []int{1, 3} {
			same("progress", must(sys.Unseal(w.shares[index])).Progress, number+1)
		}
		status := must(sys.UnsealWithOptions(&api.UnsealOpts{Key: w.shares[4]}))
		same("sealed", status.Sealed, false)
		holds("the cluster has an id", status.ClusterID != "")
	})

	step("start: health is 200", func() {
		same("health", w.health(), http.StatusOK)
		health := must(sys.Health())
		found := [3]bool{health.Initialized, health.Sealed, health.Standby}
		same("initialised, sealed, standby", found, [3]bool{true, false, false})
		same("high availability", must(sys.Leader()).HAEnabled, false)
	})
}

func end(w *world) {
	sys := w.root.Sys()

	step("end: sealed, the server refuses with 503", func() {
		ok(sys.Seal())
		_, err := w.root.KVv2("secret").Get(context.Background(), "lasting")
		refused(http.StatusServiceUnavailable, err)
		same("sealed", must(sys.SealStatus()).Sealed, true)
	})

	step("end: unsealed again, what was written is there", func() {
		for _, share := range w.shares[:3] {
			must(sys.Unseal(share))
		}
		secret := must(w.root.KVv2("secret").Get(context.Background(), "lasting"))
		holds("the secret is the one written", secret.Data["value"] == w.Value)
	})

	step("end: sealed again", func() {
		ok(sys.Seal())
		same("sealed", must(sys.SealStatus()).Sealed, true)
		same("health", w.health(), http.StatusServiceUnavailable)
	})
}
