// Leads OpenBao's Go client through Strongroom. Address and CA come from the environment, as the client itself reads
// them; secrets come from standard input.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/openbao/openbao/api/v2"
)

type world struct {
	root   *api.Client
	shares []string

	Password        string `json:"password"`
	ChangedPassword string `json:"changed_password"`
	Value           string `json:"value"`
}

// client is a client of its own, with connections of its own.
func client(token string) *api.Client {
	config := api.DefaultConfig()
	if config.Error != nil {
		fail("%v", config.Error)
	}
	// A refusal with 503 is looked for here, and would be tried again.
	config.MaxRetries = 0
	made := must(api.NewClient(config))
	made.SetToken(token)
	return made
}

func main() {
	given := &world{}
	if err := json.NewDecoder(os.Stdin).Decode(given); err != nil {
		fmt.Fprintln(os.Stderr, "no JSON on standard input")
		os.Exit(2)
	}
	for _, secret := range []string{given.Password, given.ChangedPassword, given.Value} {
		rememberSecret(secret)
	}
	given.root = client("")
	for _, chapter := range []func(*world){start, tellPolicies, tellKv, tellTokens, tellUserpass, tellPki, end} {
		chapter(given)
	}
	if failures > 0 {
		os.Exit(1)
	}
}
