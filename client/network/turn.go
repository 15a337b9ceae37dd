package network

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// turn dials TURN servers over TCP and TLS in the place of pion, which would resolve names that only the proxy can, would
// not add TLS behind a proxy, and would trust other certificates. pion is told made-up addresses and asks for those.
type turn struct {
	ctx     context.Context // of the connection: pion's dialer has none
	network *Network
	servers []turnServer // the made-up address of servers[i] ends with i+1
}

type turnServer struct {
	address string // HOST:PORT
	name    string // in the certificate; empty: no TLS
}

const maxTURN = 32

// TURN returns the URLs to tell pion, as many, and who dials what it then asks for, as its proxy, until ctx ends.
func (n *Network) TURN(ctx context.Context, urls []string) (told []string, dial func(network, address string) (net.Conn, error)) {
	t := &turn{ctx: ctx, network: n}
	told = make([]string, 0, len(urls))
	for _, text := range urls {
		s, overTCP := readTURN(text)
		if !overTCP || len(t.servers) == maxTURN {
			told = append(told, text)
			continue
		}
		t.servers = append(t.servers, s)
		scheme, _, _ := strings.Cut(text, ":")
		told = append(told, fmt.Sprintf("%s:%s?transport=tcp", scheme, t.madeUp(len(t.servers)-1)))
	}
	return told, t.dial
}

// madeUp is an address where nobody is (RFC 5737).
func (t *turn) madeUp(i int) string {
	_, port, _ := net.SplitHostPort(t.servers[i].address)
	return net.JoinHostPort("192.0.2."+strconv.Itoa(i+1), port)
}

// TURNAddress is the HOST:PORT of a TURN server's URL, if that is one over TCP or TLS.
func TURNAddress(text string) (address string, overTCP bool) {
	s, overTCP := readTURN(text)
	return s.address, overTCP
}

// readTURN reads "turns:relay.example:443?transport=tcp" (RFC 7065); overTCP is false for what goes over UDP.
func readTURN(text string) (s turnServer, overTCP bool) {
	scheme, rest, _ := strings.Cut(text, ":")
	host, query, _ := strings.Cut(rest, "?")
	secure := scheme == "turns"
	if !secure && scheme != "turn" || query != "transport=tcp" && !(secure && query == "") {
		return turnServer{}, false
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		port := "3478"
		if secure {
			port = "5349"
		}
		name = strings.Trim(host, "[]")
		host = net.JoinHostPort(name, port)
	}
	if !secure {
		name = ""
	}
	return turnServer{host, name}, true
}

func (t *turn) dial(_, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(t.ctx, connectTimeout)
	defer cancel()
	for i, s := range t.servers {
		if t.madeUp(i) != address {
			continue
		}
		conn, err := t.network.DialContext(ctx, "tcp", s.address)
		if err != nil {
			return nil, fmt.Errorf("dial TURN: %w", err)
		}
		if s.name == "" {
			return conn, nil
		}
		return beginTLS(ctx, conn, t.network.TLS(s.name))
	}
	return nil, fmt.Errorf("dial TURN: %s is no server", address)
}

func beginTLS(ctx context.Context, conn net.Conn, cfg *tls.Config) (net.Conn, error) {
	secured := tls.Client(conn, cfg)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("begin TLS: %w", err)
	}
	return secured, nil
}
