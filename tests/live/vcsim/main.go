// A small ESXi or vCenter to ask: govmomi's simulator from Debian's packages, with what it lacks for our tests.
//
// It prints one line of JSON when it serves: its addresses. It ends when its standard input ends.
package main

import (
	"encoding/json"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"

	"github.com/vmware/govmomi/simulator"
)

func main() {
	esx := flag.Bool("esx", false, "one host without a vCenter")
	listen := flag.String("listen", "127.0.0.1:0", "where the API is served")
	user := flag.String("user", "reader", "who may log in")
	password := flag.String("password", "secret", "with which password")
	certificate := flag.String("certificate", "", "PEM file with key and certificate")
	makeOne := flag.Bool("make-certificate", false, "write the file of -certificate, and end")
	clusters := flag.Int("clusters", 1, "vCenter: clusters")
	hosts := flag.Int("hosts", 2, "vCenter: hosts of each cluster")
	guests := flag.Int("guests", 3, "guests of the host, or of each cluster")
	flag.Parse()
	log.SetOutput(io.Discard)
	if *makeOne {
		makeCertificate(*certificate)
		return
	}

	model := simulator.VPX()
	if *esx {
		model = simulator.ESX()
	} else {
		model.Host, model.Cluster, model.ClusterHost = 0, *clusters, *hosts
	}
	model.Machine = *guests
	if err := model.Create(); err != nil {
		fail(err)
	}
	defer model.Remove()
	lab := newLab()
	lab.equip()

	model.Service.Listen = &url.URL{Host: *listen, User: url.UserPassword(*user, *password)}
	model.Service.TLS = lab.tls(*certificate)
	server := model.Service.NewServer()
	defer server.Close()
	server.Config.Handler = lab.guard(server.Config.Handler)

	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	go func() { _ = http.Serve(control, lab.control()) }()
	_ = json.NewEncoder(os.Stdout).Encode(map[string]string{
		"api": server.URL.Host, "control": control.Addr().String(),
	})
	_, _ = io.Copy(io.Discard, os.Stdin)
	lab.release()
}

func fail(err error) {
	_, _ = os.Stderr.WriteString(err.Error() + "\n")
	os.Exit(1)
}
