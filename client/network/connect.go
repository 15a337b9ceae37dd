package network

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	connectTimeout = 15 * time.Second
	maxAnswer      = 32 << 10 // of a proxy, in bytes
	maxTries       = 12       // logins of one dial: those in the settings, those that are stored, maxQuestions, and what others find meanwhile
)

// through makes a tunnel by CONNECT (RFC 9110 section 9.3.6).
func (n *Network) through(ctx context.Context, proxy *url.URL, address string) (net.Conn, error) {
	conn, offered, err := n.sign(ctx, proxy, address)
	if err != nil {
		return nil, &ProxyError{Proxy: proxy.Host, Target: address, Schemes: schemes(offered), Err: err}
	}
	return conn, nil
}

// sign connects with the logins that there are. offered is what the proxy wants, with ErrScheme.
func (n *Network) sign(ctx context.Context, proxy *url.URL, address string) (_ net.Conn, offered []challenge, err error) {
	if proxy.Scheme != "http" && proxy.Scheme != "https" {
		return nil, nil, fmt.Errorf("%w: by %q is not supported", ErrSettings, proxy.Scheme)
	}
	s := n.logins.begin(proxy)
	defer s.end()
	login, err := s.first(ctx)
	if err != nil {
		return nil, nil, err
	}
	for range maxTries {
		conn, wanted, err := n.connect(ctx, proxy, address, login)
		if err != nil {
			return nil, nil, err
		}
		if wanted == nil {
			s.worked(login)
			return conn, nil, nil
		}
		offered := challenges(wanted)
		realm, known := basic(offered)
		if !known {
			return nil, offered, ErrScheme
		}
		if login, err = s.next(ctx, realm, login); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, ErrLogin
}

func schemes(offered []challenge) (names []string) {
	for _, c := range offered {
		names = append(names, c.scheme)
	}
	return names
}

// connect tries once. wanted is not nil when the proxy wants a login (407), and says which.
func (n *Network) connect(ctx context.Context, proxy *url.URL, address string, login *Login) (_ net.Conn, wanted http.Header, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := n.dialProxy(ctx, proxy)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // whatever it does, it stops
	tunnel, wanted, err := handshake(conn, address, login)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil || wanted != nil {
		conn.Close()
		return nil, wanted, err
	}
	return tunnel, nil, nil
}

func (n *Network) dialProxy(ctx context.Context, proxy *url.URL) (net.Conn, error) {
	conn, err := n.dialer.DialContext(ctx, "tcp", hostPort(proxy))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSilent, err)
	}
	if proxy.Scheme == "http" {
		return conn, nil
	}
	secured, err := beginTLS(ctx, conn, n.TLS(proxy.Hostname()))
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		err = fmt.Errorf("%w: %w", ErrIdentity, err)
	}
	return secured, err
}

func handshake(conn net.Conn, address string, login *Login) (net.Conn, http.Header, error) {
	request := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\nUser-Agent: coopnet-client\r\n"
	if login != nil {
		request += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(login.Name+":"+login.Password)) + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return nil, nil, fmt.Errorf("ask: %w", err)
	}
	bounded := &io.LimitedReader{R: conn, N: maxAnswer}
	reader := bufio.NewReader(bounded)
	answer, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect})
	if err != nil {
		return nil, nil, fmt.Errorf("read its answer: %w", err)
	}
	switch {
	case answer.StatusCode == http.StatusProxyAuthRequired:
		return nil, answer.Header, nil
	case answer.StatusCode >= http.StatusInternalServerError:
		return nil, nil, fmt.Errorf("it has no way there, and answers %d", answer.StatusCode)
	case answer.StatusCode/100 != 2:
		return nil, nil, fmt.Errorf("%w with %d", ErrProxy, answer.StatusCode)
	}
	bounded.N = 1<<63 - 1
	return &tunnel{Conn: conn, reader: reader}, nil, nil
}

// tunnel is a connection of which the beginning may have come with the proxy's answer.
type tunnel struct {
	net.Conn
	reader *bufio.Reader
}

func (t *tunnel) Read(b []byte) (int, error) {
	if t.reader.Buffered() > 0 {
		return t.reader.Read(b)
	}
	return t.Conn.Read(b)
}
