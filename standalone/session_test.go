package standalone

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/shared/whip"
)

// opened is the answer to POST /diagnostics/sessions.
type opened struct {
	ID     string
	Client struct{ Address, Family string }
	Relays []struct {
		ID         string
		Relay      struct{ WHIP, WHEP, Control string }
		ICEServers []struct{ URLs []string }
	}
}

// test opens a viewer in the test room, and ends it once it is connected.
func (v *visitor) test(o opened) {
	v.t.Helper()
	token := func() (answer struct{ Token string }) {
		v.call(http.MethodPost, "/diagnostics/sessions/"+o.ID+"/tokens", map[string]string{"relay": o.Relays[0].ID}, &answer)
		return answer
	}
	connect := func(url string, direction webrtc.RTPTransceiverDirection) *webrtc.PeerConnection {
		pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			v.t.Fatal(err)
		}
		if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: direction}); err != nil {
			v.t.Fatal(err)
		}
		connected := make(chan struct{})
		pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
			if state == webrtc.PeerConnectionStateConnected {
				close(connected)
			}
		})
		if _, err := whip.Connect(v.t.Context(), whip.Endpoint{URL: url, Token: token().Token}, pc); err != nil {
			v.t.Fatal(err)
		}
		select {
		case <-connected:
		case <-time.After(20 * time.Second):
			v.t.Fatal("no connection")
		}
		return pc
	}
	viewer := connect(o.Relays[0].Relay.WHEP, webrtc.RTPTransceiverDirectionRecvonly)
	if err := viewer.Close(); err != nil {
		v.t.Fatal(err)
	}
}

// report sends one that names the session, and returns its code.
func (v *visitor) report(session string) string {
	v.t.Helper()
	content := []byte(`{"format":"coopnet-report","version":1}`)
	sum := sha256.Sum256(content)
	var made struct {
		ID     string
		Upload struct {
			Method, URL string
			Headers     map[string]string
		}
	}
	v.call(http.MethodPost, "/diagnostics", map[string]any{
		"size": len(content), "sha256": hex.EncodeToString(sum[:]), "summary": map[string]any{"result": "passed"}, "session": session,
	}, &made)
	upload, err := http.NewRequestWithContext(v.t.Context(), made.Upload.Method, made.Upload.URL, bytes.NewReader(content))
	if err != nil {
		v.t.Fatal(err)
	}
	for name, value := range made.Upload.Headers {
		upload.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(upload)
	if err != nil || response.StatusCode >= 300 {
		v.t.Fatal(response, err)
	}
	response.Body.Close()
	var complete struct{ Code string }
	v.call(http.MethodPost, "/diagnostics/"+made.ID+"/complete", nil, &complete)
	return complete.Code
}

// TestADiagnosticSession from its beginning to the desk, over a real relay; no admission is needed, and no conference
// comes to be.
func TestADiagnosticSession(t *testing.T) {
	r, _, _ := startSystem(t)
	v := &visitor{t: t, api: r.API, cookies: map[string]string{}}
	var o opened
	v.call(http.MethodPost, "/diagnostics/sessions", struct{}{}, &o)
	if o.Client.Address != "127.0.0.1" || o.Client.Family != "ipv4" || len(o.Relays) != 1 || len(o.Relays[0].ICEServers) != 1 {
		t.Fatalf("%+v", o)
	}
	base := strings.TrimSuffix(o.Relays[0].Relay.WHIP, "/whip")
	response, err := http.Get(base + "/measure")
	if err != nil {
		t.Fatal(err)
	}
	var seen struct {
		Address, Family string
		MSS             int
		Proxied         bool
	}
	err = json.NewDecoder(response.Body).Decode(&seen)
	response.Body.Close()
	if err != nil || seen.Address != "127.0.0.1" || seen.MSS < 536 || seen.Proxied {
		t.Errorf("measured %+v, %v", seen, err)
	}
	v.test(o)
	code := v.report(o.ID)
	desk := &visitor{t: t, api: r.API, cookies: map[string]string{}, key: r.SupportKey}
	var pulled struct {
		Server struct {
			Requests []struct{ Call string }
			Relays   []struct {
				Relay, Role, Way, Family string
				Seconds                  float64
			}
		}
	}
	for end := time.Now().Add(10 * time.Second); len(pulled.Server.Relays) < 1; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the relay has told nothing: %+v", pulled)
		}
		desk.call(http.MethodGet, "/support/diagnostics/"+code, nil, &pulled)
	}
	if m := pulled.Server.Relays[0]; m.Relay != relayID || m.Role != "view" || m.Way != "udp" || m.Family == "" || len(pulled.Server.Requests) != 4 {
		t.Errorf("%+v", pulled)
	}
}
