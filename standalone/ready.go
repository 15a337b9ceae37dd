package standalone

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/privatefile"
)

// Ready is the content of the ready file: where everything answers, and the keys of the first start.
type Ready struct {
	Portal       string `json:"portal"`
	API          string `json:"api"`
	OrganizerKey string `json:"organizerKey"`
	SupportKey   string `json:"supportKey"`
	Relay        string `json:"relay"`
	Media        string `json:"media"`
	Turn         string `json:"turn"`  // empty: off
	Turns        string `json:"turns"` // empty: off
	PID          int    `json:"pid"`
}

func (r Ready) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("render the ready file: %w", err)
	}
	if err := privatefile.Write(path, append(text, '\n')); err != nil {
		return fmt.Errorf("%w: choose another with --ready-file", err)
	}
	return nil
}

// publicURL is the origin that browsers see: what the user said, or else what the listener has.
func publicURL(cfg Config, listener net.Addr) string {
	if cfg.PublicURL != "" {
		return strings.TrimSuffix(cfg.PublicURL, "/")
	}
	scheme := "http"
	if cfg.TLSCert != "" {
		scheme = "https"
	}
	host, _, _ := net.SplitHostPort(cfg.Listen) // Validate has accepted it
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, fmt.Sprint(listener.(*net.TCPAddr).Port))
}

// mediaAddress is where a port is reached: at its own address, or else at the media port's, which is the public one when
// there is one; "" for what is off.
func mediaAddress(bound, media netip.AddrPort, public []netip.Addr) string {
	switch {
	case !bound.IsValid():
		return ""
	case len(public) > 0 || bound.Addr().IsUnspecified():
		return netip.AddrPortFrom(media.Addr(), bound.Port()).String()
	}
	return netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port()).String()
}

// awaitReady asks the server itself, over its own socket, until it says that everything answers.
func awaitReady(ctx context.Context, listener net.Addr, secured bool) error {
	address := listener.(*net.TCPAddr)
	if address.IP.IsUnspecified() {
		address = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: address.Port}
	}
	url := "http://" + address.String() + "/readyz"
	transport := &http.Transport{}
	if secured {
		url = "https://" + address.String() + "/readyz"
		// The certificate names the public host; this connection never leaves the machine and carries nothing.
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}

	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := askReady(ctx, client, url)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func askReady(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}
