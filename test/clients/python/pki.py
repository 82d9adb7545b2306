"""Certificates: a root, a role, issuing, reading, revoking. OpenSSL is the judge of what comes out."""

import ssl
import tempfile

from hvac.exceptions import InvalidRequest

from step import holds, refused, remember_secret, same, step, within

NAME = "one.example.test"


def shake_hands(trusted, chain, key, crl=None):
    """A TLS handshake in memory: gives the server certificate as OpenSSL read it, once it has verified it."""
    with tempfile.TemporaryDirectory() as folder:

        def file(name, text):
            path = f"{folder}/{name}"
            with open(path, "x", encoding="ascii") as made:
                made.write(text)
            return path

        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(file("chain.pem", chain), file("key.pem", key))
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.verify_flags |= ssl.VERIFY_X509_STRICT
        client.load_verify_locations(cadata=trusted)
        if crl is not None:
            client.load_verify_locations(cafile=file("crl.pem", crl))
            client.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname=NAME)
    there = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (here, there, here):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            pass
    return here.getpeercert()


def tell(world):
    sys = world.root.sys
    pki = world.root.secrets.pki
    made = {}

    @step("pki: mounted and tuned")
    def _():
        sys.enable_secrets_engine("pki")
        sys.tune_mount_configuration("pki", max_lease_ttl="87600h")
        same("max_lease_ttl", sys.read_mount_configuration("pki")["data"]["max_lease_ttl"], 87600 * 3600)

    @step("pki: a root is generated, and reads the same without a token")
    def _():
        wanted = {"key_type": "ec", "key_bits": 256, "ttl": "87600h", "issuer_name": "root"}
        data = pki.generate_root("internal", "Client test root", wanted)["data"]
        made["root"] = data["certificate"]
        same("issuing_ca is itself", data["issuing_ca"], data["certificate"])
        holds("its key stays inside", "private_key" not in data)
        open_to_all = world.client().secrets.pki
        same("CA", open_to_all.read_ca_certificate().strip(), data["certificate"].strip())
        same("chain", open_to_all.read_ca_certificate_chain().strip(), data["certificate"].strip())
        same("issuers", pki.list_issuers()["data"]["keys"], [data["issuer_id"]])
        same("name of the issuer", pki.read_issuer("root")["data"]["issuer_name"], "root")
        pki.set_urls({"crl_distribution_points": ["http://pki.example.test/v1/pki/crl"]})
        same("urls", pki.read_urls()["data"]["crl_distribution_points"], ["http://pki.example.test/v1/pki/crl"])

    @step("pki: a role is written, read and listed")
    def _():
        wanted = {"allowed_domains": "example.test", "allow_subdomains": True, "key_type": "ec", "max_ttl": "72h"}
        # hvac writes the name into what it is given.
        pki.create_or_update_role("web", dict(wanted))
        role = pki.read_role("web")["data"]
        found = {name: role[name] for name in ("allowed_domains", "allow_subdomains", "key_type", "max_ttl")}
        same("role", found, {**wanted, "allowed_domains": ["example.test"], "max_ttl": 72 * 3600})
        same("roles", pki.list_roles()["data"]["keys"], ["web"])

    @step("pki: a certificate is issued, and verifies against the root")
    def _():
        wanted = {"alt_names": "two.example.test", "ip_sans": "192.0.2.7", "ttl": "24h"}
        data = pki.generate_certificate("web", NAME, wanted)["data"]
        remember_secret(data["private_key"])
        made["leaf"] = data
        same("private_key_type", data["private_key_type"], "ec")
        same("issuing_ca", data["issuing_ca"].strip(), made["root"].strip())
        read = shake_hands(made["root"], data["certificate"], data["private_key"])
        same("subject", read["subject"], ((("commonName", NAME),),))
        names = (("DNS", NAME), ("DNS", "two.example.test"), ("IP Address", "192.0.2.7"))
        same("names", tuple(sorted(read["subjectAltName"])), names)
        same("serial number", read["serialNumber"], data["serial_number"].replace(":", "").upper())
        same("where its list is", read["crlDistributionPoints"], ("http://pki.example.test/v1/pki/crl",))
        lasts = ssl.cert_time_to_seconds(read["notAfter"]) - ssl.cert_time_to_seconds(read["notBefore"])
        within("seconds it is valid", lasts, 24 * 3600, 24 * 3600 + 60)
        same("expiration", data["expiration"], ssl.cert_time_to_seconds(read["notAfter"]))

    @step("pki: a name the role does not allow is refused with 400")
    def _():
        refused(InvalidRequest, pki.generate_certificate, "web", "one.example.org")
        refused(InvalidRequest, pki.generate_certificate, "none", NAME)

    @step("pki: the certificate is read and listed by its serial number")
    def _():
        serial = made["leaf"]["serial_number"]
        data = pki.read_certificate(serial)["data"]
        same("certificate", data["certificate"].strip(), made["leaf"]["certificate"].strip())
        same("revocation_time", data["revocation_time"], 0)
        holds("it is listed", serial in pki.list_certificates()["data"]["keys"])

    @step("pki: the certificate is not in the list of revoked ones")
    def _():
        leaf = made["leaf"]
        crl = world.client().secrets.pki.read_crl()
        read = shake_hands(made["root"], leaf["certificate"], leaf["private_key"], crl)
        holds("it verifies with the list", read["subject"] != ())

    @step("pki: revoked, the list of revoked certificates refuses it")
    def _():
        leaf = made["leaf"]
        data = pki.revoke_certificate(leaf["serial_number"])["data"]
        holds("it has a revocation time", data["revocation_time"] > 0)
        same("state", data["state"], "revoked")
        read = pki.read_certificate(leaf["serial_number"])["data"]
        same("revocation_time when read", read["revocation_time"], data["revocation_time"])
        try:
            shake_hands(made["root"], leaf["certificate"], leaf["private_key"], pki.read_crl())
        except ssl.SSLCertVerificationError as error:
            same("reason", error.verify_message, "certificate revoked")
        else:
            holds("the list refuses it", False)
        same("rotation", pki.rotate_crl()["data"]["success"], True)

    @step("pki: an intermediate is signed by the root, and what it issues verifies up to the root")
    def _():
        sys.enable_secrets_engine("pki", path="pki-int")
        wanted = {"key_type": "ec", "key_bits": 256}
        asked = pki.generate_intermediate("internal", "Client test intermediate", wanted, mount_point="pki-int")["data"]
        holds("its key stays inside", "private_key" not in asked)
        signed = pki.sign_intermediate(asked["csr"], "Client test intermediate", {"ttl": "8760h"})["data"]
        taken = pki.set_signed_intermediate(signed["certificate"], mount_point="pki-int")["data"]
        same("number of issuers", len(taken["imported_issuers"]), 1)
        wanted = {"allowed_domains": "example.test", "allow_subdomains": True, "key_type": "ec"}
        pki.create_or_update_role("web", wanted, mount_point="pki-int")
        data = pki.generate_certificate("web", NAME, {"ttl": "1h"}, mount_point="pki-int")["data"]
        remember_secret(data["private_key"])
        chain = "\n".join([data["certificate"], *data["ca_chain"]])
        read = shake_hands(made["root"], chain, data["private_key"])
        same("issuer", read["issuer"], ((("commonName", "Client test intermediate"),),))
