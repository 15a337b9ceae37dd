package control

import (
	"bufio"
	"encoding/base64"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

// checkHandshake refuses what the WebSocket library would refuse, so that every refusal is a problem document. It sets
// the headers that go with the refusal.
func checkHandshake(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	switch {
	case r.ProtoMajor != 1 || !r.ProtoAtLeast(1, 1) || !canHijack(w):
		return problem.New(problem.Malformed, "A WebSocket needs HTTP/1.1.")
	case !lists(r.Header, "Connection", "upgrade") || !lists(r.Header, "Upgrade", "websocket"):
		// RFC 9110 section 7.8: say which protocol is expected.
		h.Set("Connection", "Upgrade")
		h.Set("Upgrade", "websocket")
		return problem.New(problem.Malformed, "The control channel is a WebSocket.")
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		// RFC 6455 section 4.4: say which version is expected.
		h.Set("Sec-WebSocket-Version", "13")
		return problem.New(problem.Malformed, "The WebSocket version must be 13.")
	case !validKey(r.Header.Values("Sec-WebSocket-Key")):
		return problem.New(problem.Malformed, "Sec-WebSocket-Key must be 16 bytes in base64.")
	case !slices.Contains(tokens(r.Header, "Sec-WebSocket-Protocol"), wire.Subprotocol):
		return problem.New(problem.Malformed, "The WebSocket subprotocol must be "+wire.Subprotocol+".")
	}
	return nil
}

// validKey follows RFC 6455 section 4.2.1.
func validKey(keys []string) bool {
	if len(keys) != 1 {
		return false
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(keys[0]))
	return err == nil && len(raw) == 16
}

func lists(h http.Header, name, token string) bool {
	return slices.ContainsFunc(tokens(h, name), func(t string) bool { return strings.EqualFold(t, token) })
}

// tokens splits a list header.
func tokens(h http.Header, name string) []string {
	var all []string
	for _, line := range h.Values(name) {
		for t := range strings.SplitSeq(line, ",") {
			all = append(all, strings.TrimSpace(t))
		}
	}
	return all
}

// canHijack looks through wrapped writers as http.ResponseController does.
func canHijack(w http.ResponseWriter) bool {
	for {
		switch t := w.(type) {
		case http.Hijacker:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return false
		}
	}
}

// taken remembers the socket that the WebSocket library takes over. Closing it is the only way to end, at any moment,
// whatever the library is doing: its own Close waits up to ten seconds for a participant that does not answer.
type taken struct {
	http.ResponseWriter
	socket net.Conn
}

// Hijack implements http.Hijacker.
func (t *taken) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	socket, buffered, err := http.NewResponseController(t.ResponseWriter).Hijack()
	t.socket = socket
	return socket, buffered, err
}
