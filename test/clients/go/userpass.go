package main

import (
	"context"
	"net/http"

	"github.com/openbao/openbao/api/v2"
)

// password logs in as the client's own interface for methods has it.
type password struct{ name, password string }

func (p password) Login(ctx context.Context, client *api.Client) (*api.Secret, error) {
	return client.Logical().WriteWithContext(ctx, "auth/userpass/login/"+p.name, values{"password": p.password})
}

func tellUserpass(w *world) {
	ctx := context.Background()
	sys, logical := w.root.Sys(), w.root.Logical()
	ada := client("")
	logIn := func(on *api.Client, name, text string) (*api.Secret, error) {
		secret, err := on.Auth().Login(ctx, password{name, text})
		if err == nil {
			rememberSecret(secret.Auth.ClientToken)
		}
		return secret, err
	}

	step("userpass: enabled, it is listed", func() {
		wanted := &api.EnableAuthOptions{Type: "userpass", Description: "of the test"}
		ok(sys.EnableAuthWithOptions("userpass", wanted))
		method := must(sys.ListAuth())["userpass/"]
		holds("it is listed", method != nil)
		same("type", method.Type, "userpass")
		same("description", method.Description, "of the test")
		refused(http.StatusBadRequest, sys.EnableAuthWithOptions("userpass", wanted))
	})

	step("userpass: a user is written, read and listed", func() {
		must(logical.Write("auth/userpass/users/ada", values{
			"password": w.Password, "token_policies": []string{"app"}, "token_ttl": "15m",
		}))
		user := must(logical.Read("auth/userpass/users/ada")).Data
		same("policies", words(user["token_policies"]), []string{"app"})
		same("ttl", number(user["token_ttl"]), int64(900))
		same("password", user["password"], nil)
		same("users", words(must(logical.List("auth/userpass/users")).Data["keys"]), []string{"ada"})
		missing, err := logical.Read("auth/userpass/users/bob")
		nothing("bob", missing, err)
	})

	step("userpass: log-in gives the policies of the user", func() {
		auth := must(logIn(ada, "ada", w.Password)).Auth
		same("policies", auth.Policies, []string{"app", "default"})
		same("metadata", auth.Metadata, map[string]string{"username": "ada"})
		same("lease duration", auth.LeaseDuration, 900)
		holds("an entity came with it", auth.EntityID != "")
		data := must(ada.Auth().Token().LookupSelf()).Data
		same("path", data["path"], any("auth/userpass/login/ada"))
		same("display name", data["display_name"], any("userpass-ada"))
	})

	step("userpass: the token of the log-in reads what its policy allows", func() {
		same("value", must(ada.KVv2("secret").Get(ctx, "app/one")).Data, values{"value": "again"})
		_, err := ada.KVv2("secret").Get(ctx, "lasting")
		refused(http.StatusForbidden, err)
	})

	step("userpass: a wrong password is refused with 400", func() {
		_, err := logIn(client(""), "ada", "not the password")
		same("reason", refused(http.StatusBadRequest, err).Errors, []string{"invalid username or password"})
	})

	step("userpass: a user who is not there is refused with 400", func() {
		_, err := logIn(client(""), "bob", w.Password)
		same("reason", refused(http.StatusBadRequest, err).Errors, []string{"invalid username or password"})
	})

	step("userpass: a changed password takes the place of the old one", func() {
		must(logical.Write("auth/userpass/users/ada/password", values{"password": w.ChangedPassword}))
		_, err := logIn(client(""), "ada", w.Password)
		refused(http.StatusBadRequest, err)
		same("policies", must(logIn(client(""), "ada", w.ChangedPassword)).Auth.Policies, []string{"app", "default"})
	})

	step("userpass: disabled, its tokens are refused with 403", func() {
		ok(sys.DisableAuth("userpass"))
		same("listed", must(sys.ListAuth())["userpass/"], (*api.AuthMount)(nil))
		_, err := ada.Auth().Token().LookupSelf()
		refused(http.StatusForbidden, err)
	})
}
