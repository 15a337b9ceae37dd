// Package measure tells who asks how a relay sees them: the address, the time, and what their TCP connection can carry in
// one segment, which hints at the path's MTU. It needs no token, keeps nothing but how often somebody asked, and says
// nothing of anybody else.
package measure

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/coopnet/coopnet/relay/internal/quota"
	"github.com/coopnet/coopnet/shared/problem"
)

// Answer is what is told.
type Answer struct {
	ServerTime time.Time `json:"serverTime"`
	Address    string    `json:"address"`
	Family     string    `json:"family"`  // ipv4 or ipv6
	MSS        int       `json:"mss"`     // of the TCP connection, in bytes; 0: not known
	Proxied    bool      `json:"proxied"` // somebody between says so: address and mss are theirs
}

type connectionKey struct{}

// WithConnection is http.Server.ConnContext for a server whose connections are to be measured, TLS or not.
func WithConnection(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, conn)
}

// Handler answers GET.
type Handler struct {
	now   func() time.Time
	asked *asked
}

// New makes the handler.
func New(now func() time.Time) *Handler { return &Handler{now, newAsked(now)} }

// ServeHTTP implements http.Handler.
func (m *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*") // no cookie is ever used here
	h.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
	h.Set("Timing-Allow-Origin", "*")
	h.Set("Cache-Control", "no-store")
	id := h.Get("X-Request-Id")
	switch r.Method {
	case http.MethodGet:
	case http.MethodOptions:
		h.Set("Access-Control-Allow-Methods", "GET, OPTIONS")
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
		return
	default:
		h.Set("Allow", "GET, OPTIONS")
		problem.Write(w, id, problem.New(problem.MethodNotAllowed, "Use GET."))
		return
	}
	from := remote(r.RemoteAddr)
	if wait := m.asked.spend(quota.Source(from)); wait > 0 {
		problem.Write(w, id, &problem.Error{Code: problem.RateLimited, Detail: "Ask less often.", RetryAfter: wait})
		return
	}
	a := Answer{ServerTime: m.now().UTC().Truncate(time.Millisecond), Address: from.String(), Family: "ipv4", Proxied: proxied(r.Header)}
	if from.Is6() {
		a.Family = "ipv6"
	}
	if conn, ok := r.Context().Value(connectionKey{}).(net.Conn); ok {
		a.MSS = segment(conn)
	}
	_ = problem.Answer(w, http.StatusOK, a) // numbers and texts
}

// proxied reports whether a proxy says that there is one. A tunnel through a proxy (CONNECT) cannot be seen.
func proxied(h http.Header) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "Via"} {
		if strings.TrimSpace(h.Get(name)) != "" {
			return true
		}
	}
	return false
}

func remote(address string) netip.Addr {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.IPv4Unspecified() // all who cannot be told apart share one limit
	}
	return at.Addr().Unmap().WithZone("")
}

// segment is the connection's maximum segment size now, beneath TLS and whatever else is around it.
func segment(conn net.Conn) int {
	for {
		if tcp, ok := conn.(*net.TCPConn); ok {
			return maximumSegment(tcp)
		}
		inner, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return 0
		}
		conn = inner.NetConn()
	}
}
