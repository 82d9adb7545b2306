package main

import (
	"net/http"
	"slices"
)

const appPolicy = `# What the application may do.
path "secret/data/app/*" {
  capabilities = ["create", "read", "update", "list"]
}
`

func tellPolicies(w *world) {
	sys := w.root.Sys()
	list := func() []string {
		found := must(sys.ListPolicies())
		slices.Sort(found)
		return found
	}

	step("policy: written, it reads the same", func() {
		ok(sys.PutPolicy("app", appPolicy))
		same("policy", must(sys.GetPolicy("app")), appPolicy)
		ok(sys.PutPolicy("other", `path "secret/*" { capabilities = ["read"] }`))
	})

	step("policy: the list has it", func() {
		same("policies", list(), []string{"app", "default", "other", "root"})
	})

	step("policy: one that does not parse is refused with 400", func() {
		refused(http.StatusBadRequest, sys.PutPolicy("broken", `path "secret/*" { capabilities = ["fly"] }`))
		refused(http.StatusBadRequest, sys.PutPolicy("broken", `path {`))
		holds("nothing was written", !slices.Contains(list(), "broken"))
	})

	step("policy: deleted, it is 404", func() {
		ok(sys.DeletePolicy("other"))
		// The client tells of a 404 by an empty policy.
		same("policy", must(sys.GetPolicy("other")), "")
		_, err := w.root.Logical().ReadRaw("sys/policies/acl/other")
		refused(http.StatusNotFound, err)
		same("policies", list(), []string{"app", "default", "root"})
	})
}
