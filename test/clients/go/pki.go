package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/openbao/openbao/api/v2"
)

const leafName = "one.example.test"

func parse(text any) *x509.Certificate {
	block, rest := pem.Decode([]byte(text.(string)))
	holds("it is one PEM block", block != nil && len(strings.TrimSpace(string(rest))) == 0)
	return must(x509.ParseCertificate(block.Bytes))
}

// download reads what is served as bytes, without a token.
func download(path string) []byte {
	answer := must(client("").Logical().ReadRaw(path))
	defer answer.Body.Close()
	return must(io.ReadAll(answer.Body))
}

func tellPki(w *world) {
	sys, logical := w.root.Sys(), w.root.Logical()
	var root, leaf *x509.Certificate
	var serial string
	list := func() *x509.RevocationList {
		found := must(x509.ParseRevocationList(download("pki/crl")))
		ok(found.CheckSignatureFrom(root))
		now := time.Now()
		holds("the list is of now", !found.ThisUpdate.After(now) && found.NextUpdate.After(now))
		return found
	}

	step("pki: mounted and tuned", func() {
		ok(sys.Mount("pki", &api.MountInput{Type: "pki"}))
		ok(sys.TuneMount("pki", api.MountConfigInput{MaxLeaseTTL: "87600h"}))
		same("longest lease", must(sys.MountConfig("pki")).MaxLeaseTTL, 87600*3600)
	})

	step("pki: a root is generated, and reads the same without a token", func() {
		data := must(logical.Write("pki/root/generate/internal", values{
			"common_name": "Client test root", "key_type": "ec", "key_bits": 256, "ttl": "87600h", "issuer_name": "root",
		})).Data
		root = parse(data["certificate"])
		ok(root.CheckSignatureFrom(root))
		same("subject", root.Subject.String(), "CN=Client test root")
		holds("it is a CA", root.IsCA && root.KeyUsage&x509.KeyUsageCertSign != 0)
		same("key", data["private_key"], nil)
		holds("the bytes served are the same", slices.Equal(download("pki/ca"), root.Raw))
		holds("the text served is the same", parse(string(download("pki/ca/pem"))).Equal(root))
		same("issuers", words(must(logical.List("pki/issuers")).Data["keys"]), []string{data["issuer_id"].(string)})
		same("name of the issuer", must(logical.Read("pki/issuer/root")).Data["issuer_name"], any("root"))
		must(logical.Write("pki/config/urls", values{"crl_distribution_points": "http://pki.example.test/v1/pki/crl"}))
	})

	step("pki: a role is written, read and listed", func() {
		must(logical.Write("pki/roles/web", values{
			"allowed_domains": "example.test", "allow_subdomains": true, "key_type": "ec", "max_ttl": "72h",
		}))
		role := must(logical.Read("pki/roles/web")).Data
		same("allowed domains", words(role["allowed_domains"]), []string{"example.test"})
		same("subdomains", role["allow_subdomains"], any(true))
		same("key type", role["key_type"], any("ec"))
		same("max_ttl", number(role["max_ttl"]), int64(72*3600))
		same("roles", words(must(logical.List("pki/roles")).Data["keys"]), []string{"web"})
	})

	step("pki: a certificate is issued, and verifies against the root", func() {
		data := must(logical.Write("pki/issue/web", values{
			"common_name": leafName, "alt_names": "two.example.test", "ip_sans": "192.0.2.7", "ttl": "24h",
		})).Data
		key := rememberSecret(data["private_key"].(string))
		leaf, serial = parse(data["certificate"]), data["serial_number"].(string)
		must(tls.X509KeyPair([]byte(data["certificate"].(string)), []byte(key)))
		roots := x509.NewCertPool()
		roots.AddCert(root)
		for _, name := range []string{leafName, "two.example.test", "192.0.2.7"} {
			must(leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}))
		}
		same("names", leaf.DNSNames, []string{leafName, "two.example.test"})
		same("issuing CA", parse(data["issuing_ca"]).Equal(root), true)
		same("serial number", strings.ReplaceAll(serial, ":", ""), hex.EncodeToString(leaf.SerialNumber.Bytes()))
		same("where its list is", leaf.CRLDistributionPoints, []string{"http://pki.example.test/v1/pki/crl"})
		within("seconds it is valid", int64(leaf.NotAfter.Sub(leaf.NotBefore).Seconds()), 24*3600, 24*3600+60)
		same("expiration", number(data["expiration"]), leaf.NotAfter.Unix())
		holds("it is no CA", !leaf.IsCA)
	})

	step("pki: a name the role does not allow is refused with 400", func() {
		_, err := logical.Write("pki/issue/web", values{"common_name": "one.example.org"})
		refused(http.StatusBadRequest, err)
		_, err = logical.Write("pki/issue/none", values{"common_name": leafName})
		refused(http.StatusBadRequest, err)
	})

	step("pki: the certificate is read and listed by its serial number", func() {
		data := must(logical.Read("pki/cert/" + serial)).Data
		holds("it is the one issued", parse(data["certificate"]).Equal(leaf))
		same("revocation time", number(data["revocation_time"]), int64(0))
		holds("it is listed", slices.Contains(words(must(logical.List("pki/certs")).Data["keys"]), serial))
		missing, err := logical.Read("pki/cert/01:02:03:04")
		nothing("a certificate that never was", missing, err)
	})

	step("pki: the certificate is not in the list of revoked ones", func() {
		same("number of entries", len(list().RevokedCertificateEntries), 0)
	})

	step("pki: revoked, the list of revoked certificates refuses it", func() {
		before := list()
		data := must(logical.Write("pki/revoke", values{"serial_number": serial})).Data
		same("state", data["state"], any("revoked"))
		read := must(logical.Read("pki/cert/" + serial)).Data
		same("revocation time when read", number(read["revocation_time"]), number(data["revocation_time"]))
		after := list()
		same("number of entries", len(after.RevokedCertificateEntries), 1)
		entry := after.RevokedCertificateEntries[0]
		same("serial number", entry.SerialNumber.Cmp(leaf.SerialNumber), 0)
		same("time in the list", entry.RevocationTime.Unix(), number(data["revocation_time"]))
		holds("the list has a higher number", after.Number.Cmp(before.Number) > 0)
		must(logical.Read("pki/crl/rotate"))
	})

	step("pki: an intermediate is signed by the root, and what it issues verifies up to the root", func() {
		ok(sys.Mount("pki-int", &api.MountInput{Type: "pki", Config: api.MountConfigInput{MaxLeaseTTL: "8760h"}}))
		asked := must(logical.Write("pki-int/intermediate/generate/internal", values{
			"common_name": "Client test intermediate", "key_type": "ec", "key_bits": 256,
		})).Data
		same("key", asked["private_key"], nil)
		signed := must(logical.Write("pki/root/sign-intermediate", values{
			"csr": asked["csr"], "common_name": "Client test intermediate", "ttl": "8000h",
		})).Data
		taken := must(logical.Write("pki-int/intermediate/set-signed", values{"certificate": signed["certificate"]})).Data
		same("number of issuers", len(words(taken["imported_issuers"])), 1)
		must(logical.Write("pki-int/roles/web", values{
			"allowed_domains": "example.test", "allow_subdomains": true, "key_type": "ec",
		}))
		data := must(logical.Write("pki-int/issue/web", values{"common_name": leafName, "ttl": "1h"})).Data
		rememberSecret(data["private_key"].(string))
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(root)
		for _, text := range words(data["ca_chain"]) {
			between.AddCert(parse(text))
		}
		issued := parse(data["certificate"])
		chains := must(issued.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: leafName}))
		same("length of the chain", len(chains[0]), 3)
	})
}
