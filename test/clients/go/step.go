package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/openbao/openbao/api/v2"
)

var (
	secrets  []string
	failures int
)

// unexpected is thrown by the checks below and caught by step: a step reads as the calls it is made of.
type unexpected struct{ text string }

// rememberSecret keeps a secret out of whatever is reported from here on, and gives it back.
func rememberSecret(secret string) string {
	if secret != "" {
		secrets = append(secrets, secret)
	}
	return secret
}

// step runs a step and reports it. What fails does not keep the later steps from being tried.
func step(name string, run func()) {
	detail := detailOf(run)
	for _, secret := range secrets {
		detail = strings.ReplaceAll(detail, secret, "(secret)")
	}
	if detail != "" {
		failures++
	}
	report := map[string]any{"name": name, "ok": detail == "", "detail": detail}
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		os.Exit(2)
	}
}

func detailOf(run func()) (detail string) {
	defer func() {
		switch caught := recover().(type) {
		case nil:
		case unexpected:
			detail = caught.text
		default:
			detail = fmt.Sprintf("panic: %v", caught)
		}
	}()
	run()
	return ""
}

func fail(format string, values ...any) {
	panic(unexpected{fmt.Sprintf(format, values...)})
}

func ok(err error) {
	if err != nil {
		fail("%T: %v", err, err)
	}
}

func must[T any](value T, err error) T {
	ok(err)
	return value
}

func same(what string, found, wanted any) {
	if !reflect.DeepEqual(found, wanted) {
		fail("%s is %#v, not %#v", what, found, wanted)
	}
}

func within(what string, found, least, most int64) {
	if found < least || found > most {
		fail("%s is %d, not within %d and %d", what, found, least, most)
	}
}

func holds(what string, condition bool) {
	if !condition {
		fail("not so: %s", what)
	}
}

// refused wants the client's own error with exactly this status, and gives it.
func refused(status int, err error) *api.ResponseError {
	var refusal *api.ResponseError
	if !errors.As(err, &refusal) {
		fail("%T is no answer with status %d: %v", err, status, err)
	}
	if refusal.StatusCode != status {
		fail("status is %d, not %d: %v", refusal.StatusCode, status, refusal.Errors)
	}
	return refusal
}

// nothing is how the client tells of a 404 with no data: no secret and no error.
func nothing(what string, secret *api.Secret, err error) {
	ok(err)
	holds(what+" is not there", secret == nil)
}

func number(value any) int64 {
	found, isNumber := value.(json.Number)
	if !isNumber {
		fail("%#v is no number", value)
	}
	return must(found.Int64())
}

// words is a list of texts as they came from JSON.
func words(value any) []string {
	list, isList := value.([]any)
	if !isList {
		fail("%#v is no list", value)
	}
	found := []string{}
	for _, one := range list {
		found = append(found, fmt.Sprint(one))
	}
	return found
}
