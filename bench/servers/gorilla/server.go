// Go's gorilla/websocket: echo, or broadcast with a writer for each connection as in its chat example. One processor (GOMAXPROCS is set
// from outside), as all servers have.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

var (
	work     = os.Getenv("BENCH_WORK")
	upgrader = websocket.Upgrader{EnableCompression: work == "deflate"}
	members  = map[*member]struct{}{}
	lock     sync.RWMutex
)

type member struct {
	conn  *websocket.Conn
	queue chan *websocket.PreparedMessage
}

func echo(conn *websocket.Conn) {
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if conn.WriteMessage(kind, message) != nil {
			return
		}
	}
}

func (m *member) write() {
	for message := range m.queue {
		if m.conn.WritePreparedMessage(message) != nil {
			return
		}
	}
}

func broadcast(conn *websocket.Conn) {
	self := &member{conn, make(chan *websocket.PreparedMessage, 256)}
	lock.Lock()
	members[self] = struct{}{}
	lock.Unlock()
	go self.write()
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil {
			break
		}
		prepared, err := websocket.NewPreparedMessage(kind, message)
		if err != nil {
			break
		}
		lock.RLock()
		for each := range members {
			each.queue <- prepared
		}
		lock.RUnlock()
	}
	lock.Lock()
	delete(members, self)
	close(self.queue)
	lock.Unlock()
}

func beat(conn *websocket.Conn, interval time.Duration) {
	for range time.Tick(interval) {
		if conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(5*time.Second)) != nil {
			return
		}
	}
}

func accept(response http.ResponseWriter, request *http.Request) {
	conn, err := upgrader.Upgrade(response, request, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	if ms, err := strconv.Atoi(os.Getenv("BENCH_HEARTBEAT_MS")); err == nil {
		go beat(conn, time.Duration(ms)*time.Millisecond)
	}
	if work == "broadcast" {
		broadcast(conn)
	} else {
		echo(conn)
	}
}

func main() {
	collect := make(chan os.Signal, 1)
	signal.Notify(collect, syscall.SIGUSR2)
	go func() {
		for range collect {
			debug.FreeOSMemory()
		}
	}()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/", accept)
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	if tls := os.Getenv("BENCH_TLS"); tls != "" {
		// HTTP/2 has no upgrade: an empty table switches it off.
		server := &http.Server{TLSNextProto: nil}
		panic(server.ServeTLS(listener, tls+"/cert.pem", tls+"/key.pem"))
	}
	panic(http.Serve(listener, nil))
}
