# A server on one machine. A word that is not known here makes the server refuse to start, and name it.

# What the server tells others to reach it by.
api_addr = "https://127.0.0.1:8200"

storage "sqlite" {
  path = "/var/lib/strongroom"
}

listener "tcp" {
  address       = "0.0.0.0:8200"
  tls_cert_file = "/etc/strongroom/tls/server-chain.pem"
  tls_key_file  = "/etc/strongroom/tls/server.key"
}
