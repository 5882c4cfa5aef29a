// Go's gorilla/websocket as an echo server ("serve") or a client led by scripts ("drive"); see ../script.ts for the words.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// What a connection may hold back before it sends a fragment: small, so that longer messages leave in fragments.
const fragmentSize = 1024

type step struct {
	Do     string   `json:"do"`
	Binary bool     `json:"binary"`
	Parts  [][]byte `json:"parts"`
	Ping   *[]byte  `json:"ping"`
	Data   []byte   `json:"data"`
	Code   *int     `json:"code"`
	Reason string   `json:"reason"`
	Seen   string   `json:"seen"`
}

type script struct {
	URL      string `json:"url"`
	Compress bool   `json:"compress"`
	Steps    []step `json:"steps"`
}

type fields map[string]interface{}

func tell(value interface{}) {
	line, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func soon() time.Time { return time.Now().Add(5 * time.Second) }

// How the connection ended: the peer's close frame, or 1006 without one.
func ending(err error) (int, string) {
	if closed, ok := err.(*websocket.CloseError); ok {
		return closed.Code, closed.Text
	}
	return websocket.CloseAbnormalClosure, ""
}

// Writes one message in pieces of half a buffer; the library sends a fragment whenever its buffer is full.
func sendInFragments(conn *websocket.Conn, kind int, parts [][]byte, ping *[]byte) error {
	writer, err := conn.NextWriter(kind)
	if err != nil {
		return err
	}
	for index, part := range parts {
		if _, err := writer.Write(part); err != nil {
			return err
		}
		if index == 0 && ping != nil {
			if err := conn.WriteControl(websocket.PingMessage, *ping, soon()); err != nil {
				return err
			}
		}
	}
	return writer.Close()
}

func closeFrame(code *int, reason string) []byte {
	if code == nil {
		return websocket.FormatCloseMessage(websocket.CloseNoStatusReceived, "")
	}
	return websocket.FormatCloseMessage(*code, reason)
}

func obey(conn *websocket.Conn, words []string) error {
	switch words[0] {
	case "!close":
		var code *int
		if len(words) > 1 {
			number, err := strconv.Atoi(words[1])
			if err != nil {
				return err
			}
			code = &number
		}
		reason := ""
		if len(words) > 2 {
			reason = strings.Join(words[2:], " ")
		}
		return conn.WriteControl(websocket.CloseMessage, closeFrame(code, reason), soon())
	case "!ping":
		return conn.WriteControl(websocket.PingMessage, []byte(strings.Join(words[1:], " ")), soon())
	}
	return nil
}

func echo(conn *websocket.Conn) error {
	inFragments := false
	conn.SetPongHandler(func(data string) error { return conn.WriteMessage(websocket.TextMessage, []byte("!pong "+data)) })
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil {
			return err
		}
		if kind == websocket.TextMessage && len(message) > 0 && message[0] == '!' {
			words := strings.Split(string(message), " ")
			inFragments = words[0] == "!fragments"
			err = obey(conn, words)
		} else if inFragments {
			inFragments = false
			size := (len(message) + 3) / 4
			parts := [][]byte{}
			for start := 0; start < len(message); start += size {
				end := start + size
				if end > len(message) {
					end = len(message)
				}
				parts = append(parts, message[start:end])
			}
			err = sendInFragments(conn, kind, parts, nil)
		} else {
			err = conn.WriteMessage(kind, message)
		}
		if err != nil {
			return err
		}
	}
}

func listen(compress bool) int {
	upgrader := websocket.Upgrader{EnableCompression: compress, WriteBufferSize: fragmentSize}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(listener, http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		conn, err := upgrader.Upgrade(response, request, nil)
		if err != nil {
			return
		}
		code, reason := ending(echo(conn))
		conn.Close()
		tell(fields{"path": request.URL.Path, "code": code, "reason": reason})
	}))
	return listener.Addr().(*net.TCPAddr).Port
}

func run(work script) ([]fields, error) {
	dialer := websocket.Dialer{EnableCompression: work.Compress, WriteBufferSize: fragmentSize, HandshakeTimeout: 5 * time.Second}
	conn, response, err := dialer.Dial(work.URL, nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	seen := []fields{{"seen": "open", "extensions": response.Header.Get("Sec-WebSocket-Extensions")}}
	happened := make(chan fields, 1000)
	go readAll(conn, happened)
	next := func(kind string) error {
		for {
			select {
			case event := <-happened:
				seen = append(seen, event)
				if event["seen"] == kind {
					return nil
				}
				if event["seen"] == "close" {
					return fmt.Errorf("closed with %v before %s", event["code"], kind)
				}
			case <-time.After(10 * time.Second):
				return fmt.Errorf("no %s within 10 s", kind)
			}
		}
	}
	closed := false
	for _, step := range work.Steps {
		switch step.Do {
		case "send":
			err = send(conn, step)
		case "ping":
			err = conn.WriteControl(websocket.PingMessage, step.Data, soon())
		case "close":
			err = conn.WriteControl(websocket.CloseMessage, closeFrame(step.Code, step.Reason), soon())
		case "await":
			err = next(step.Seen)
			closed = step.Seen == "close"
		}
		if err != nil {
			return nil, err
		}
	}
	if !closed {
		err = next("close")
	}
	return seen, err
}

func send(conn *websocket.Conn, step step) error {
	kind := websocket.TextMessage
	if step.Binary {
		kind = websocket.BinaryMessage
	}
	if len(step.Parts) == 1 {
		return conn.WriteMessage(kind, step.Parts[0])
	}
	return sendInFragments(conn, kind, step.Parts, step.Ping)
}

func readAll(conn *websocket.Conn, happened chan<- fields) {
	conn.SetPongHandler(func(data string) error {
		happened <- fields{"seen": "pong", "data": []byte(data)}
		return nil
	})
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil {
			code, reason := ending(err)
			happened <- fields{"seen": "close", "code": code, "reason": reason}
			return
		}
		happened <- fields{"seen": "message", "binary": kind == websocket.BinaryMessage, "data": message}
	}
}

func drive() {
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var work script
		if err := json.Unmarshal(line, &work); err != nil {
			panic(err)
		}
		seen, err := run(work)
		if err != nil {
			tell(fields{"error": err.Error()})
		} else {
			tell(seen)
		}
	}
}

func main() {
	if os.Args[1] == "serve" {
		tell(fields{"plain": listen(false), "compressed": listen(true)})
		select {}
	}
	drive()
}
