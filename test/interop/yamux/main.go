// A registrant of the mux door on hashicorp/yamux, which shares nothing with this project. Clients choose by
// their first byte what becomes of them:
//
//	e  all that follows comes back, its end included
//	r  all that follows is read, and its beginning and how it ended are printed
//	h  nothing more is read for as long as the program runs
//	c  the stream is closed at once, and, since the client does not close it, reset a little later
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/hashicorp/yamux"
)

func main() {
	conn, err := net.Dial("tcp", os.Args[1])
	check(err)
	config := yamux.DefaultConfig()
	config.StreamCloseTimeout = 200 * time.Millisecond
	config.KeepAliveInterval = 100 * time.Millisecond
	config.LogOutput = os.Stdout
	session, err := yamux.Client(conn, config)
	check(err)
	control, err := session.Open()
	check(err)
	told, err := io.ReadAll(control)
	check(err)
	check(control.Close())
	fmt.Printf("told %q\n", told)
	for {
		stream, err := session.AcceptStream()
		if err != nil {
			fmt.Printf("over: %v\n", err)
			return
		}
		go serve(stream)
	}
}

func serve(stream *yamux.Stream) {
	reader := bufio.NewReader(stream)
	choice, err := reader.ReadByte()
	if err != nil {
		fmt.Printf("left: %v\n", err)
		stream.Close()
		return
	}
	switch choice {
	case 'e':
		io.Copy(stream, reader)
		stream.Close()
	case 'r':
		fmt.Println("reads")
		count, err := io.Copy(io.Discard, reader)
		fmt.Printf("read %d: %v\n", count, err)
		stream.Close()
	case 'c':
		stream.Close()
	}
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
