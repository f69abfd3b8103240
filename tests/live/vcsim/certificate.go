package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"time"
)

// makeCertificate writes a key and its own certificate, as a host makes them at its first start. It is good for
// 127.0.0.1 and can be its own authority.
func makeCertificate(file string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		fail(err)
	}
	number, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	like := x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: "esx.example"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	made, err := x509.CreateCertificate(rand.Reader, &like, &like, &key.PublicKey, key)
	if err != nil {
		fail(err)
	}
	kept, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		fail(err)
	}
	var text bytes.Buffer
	_ = pem.Encode(&text, &pem.Block{Type: "EC PRIVATE KEY", Bytes: kept})
	_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: made})
	if err := os.WriteFile(file, text.Bytes(), 0600); err != nil {
		fail(err)
	}
}
