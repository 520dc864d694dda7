// A TLS peer of Go, which ends one direction without the TCP connection
// (CloseWrite) and tells an end that was said from one that was not.
//
// Usage: tls-peer client <1.2|1.3> <ca.pem> <address>
//
//	tls-peer server <1.2|1.3> <cert.pem> <key.pem>
//
// The client asks and prints the answer; the server prints the question and answers.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
)

func main() {
	versions := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}
	version := versions[os.Args[2]]
	config := &tls.Config{MinVersion: version, MaxVersion: version}
	if os.Args[1] == "client" {
		ask(config, os.Args[3], os.Args[4])
	} else {
		answer(config, os.Args[3], os.Args[4])
	}
}

func ask(config *tls.Config, ca string, address string) {
	pem, err := os.ReadFile(ca)
	check(err)
	config.RootCAs = x509.NewCertPool()
	config.RootCAs.AppendCertsFromPEM(pem)
	connection, err := tls.Dial("tcp", address, config)
	check(err)
	say(connection, "question")
	fmt.Println("asked")
	hear(connection)
	check(connection.Close())
}

func answer(config *tls.Config, cert string, key string) {
	certificate, err := tls.LoadX509KeyPair(cert, key)
	check(err)
	config.Certificates = []tls.Certificate{certificate}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Printf("port %d\n", listener.Addr().(*net.TCPAddr).Port)
	socket, err := listener.Accept()
	check(err)
	connection := tls.Server(socket, config)
	hear(connection)
	say(connection, "answer")
	// Until the other side closes the TCP connection: this end keeps it open.
	io.Copy(io.Discard, socket)
}

func say(connection *tls.Conn, text string) {
	_, err := connection.Write([]byte(text))
	check(err)
	check(connection.CloseWrite())
}

func hear(connection *tls.Conn) {
	text, err := io.ReadAll(connection)
	if err != nil {
		fmt.Printf("heard %q and %v\n", text, err)
		os.Exit(1)
	}
	fmt.Printf("heard %q to its end\n", text)
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
