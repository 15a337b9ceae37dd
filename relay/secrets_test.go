package relay

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/whip"
	"github.com/coopnet/coopnet/shared/wire"
)

// TestLogsHoldNoSecrets: neither what went well nor what was refused leaves a token, a key, a password or a name behind.
func TestLogsHoldNoSecrets(t *testing.T) {
	var log syncBuffer
	w := newWorldWithLog(t, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))).withTurn()
	secrets := map[string]string{}
	named := func(permissions ...jointoken.Permission) string {
		now := time.Now()
		token, err := jointoken.Sign(w.key, jointoken.Claims{Issuer: "https://coopnet.test", Audience: "relay-1", Subject: "p-1", ID: "named-" + string(permissions[0]),
			Conference: "c-1", Name: "Ms Ada Lovelace", Role: jointoken.RoleGuest, Permissions: permissions, IssuedAt: now, NotBefore: now, Expires: now.Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		_, claims, _ := strings.Cut(token, ".")
		secrets["a token of "+string(permissions[0])] = claims[:40]
		return token
	}
	credential := w.secret.Mint("james", time.Now().Add(time.Minute))
	secrets["a TURN password"], secrets["a name"] = credential.Password, "Lovelace"

	w.share("anne", 'A')
	pc := peertest.NewClient(t, webrtc.Configuration{ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers: []webrtc.ICEServer{{URLs: []string{w.urls()["tcp"]}, Username: credential.Username, Credential: credential.Password}}})
	next(t, w.play(pc, "james"), "packet", func(*rtp.Packet) bool { return true })
	for i, description := range []string{pc.LocalDescription().SDP, pc.RemoteDescription().SDP} {
		for _, key := range []string{"ice-pwd", "fingerprint"} {
			_, value, _ := strings.Cut(description, "a="+key+":")
			secrets[key+" of "+[]string{"the viewer", "the relay"}[i]] = strings.Fields(value)[0]
			if key == "fingerprint" {
				secrets[key+" of "+[]string{"the viewer", "the relay"}[i]] = strings.Fields(value)[1]
			}
		}
	}

	view := named(jointoken.View)
	broken := strings.NewReplacer("a=fingerprint", "a=x", "s=-", "s=\r\nc=IN IP9 hunter2hunter2").Replace(pc.LocalDescription().SDP)
	secrets["a line that cannot be read"] = "hunter2hunter2"
	for _, attempt := range []struct{ token, offer string }{{view, broken}, {view[:len(view)-9] + "AAAAAAAAA", pc.LocalDescription().SDP}, {view, "v=0"}, {view, viewerOffer(t)}, {view, viewerOffer(t)}} {
		_, _ = whip.Open(t.Context(), whip.Endpoint{URL: w.url + "/whep", Token: attempt.token}, attempt.offer)
	}
	for _, hello := range []string{named(jointoken.Chat), view, "a.b.c"} {
		conn, _, err := websocket.Dial(t.Context(), w.url+"/control", &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"hello","token":"`+hello+`"}`)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := conn.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"status.set","status":"`+view+`"}`))
		_, _, _ = conn.Read(t.Context())
		_ = conn.CloseNow()
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if err := w.relay.Shutdown(ctx); err != nil {
		t.Error(err)
	}

	text := log.String()
	for what, secret := range secrets {
		if secret == "" || strings.Contains(text, secret) {
			t.Errorf("the log has %s, %q:\n%s", what, secret, text)
		}
	}
	for _, wanted := range []string{"relay ready", "media request refused", "control: open"} {
		if !strings.Contains(text, wanted) {
			t.Errorf("the log lacks %q: the test shows nothing\n%s", wanted, text)
		}
	}
}
