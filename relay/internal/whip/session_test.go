package whip

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	client "github.com/coopnet/coopnet/shared/whip"
)

const newCredentials = "a=ice-ufrag:nextU\r\na=ice-pwd:nextPasswordnextPassword\r\n"

// offer is what a browser posts, without any session.
func offer(t *testing.T, direction webrtc.RTPTransceiverDirection) string {
	t.Helper()
	pc := newBrowser(t).pc
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: direction}); err != nil {
		t.Fatal(err)
	}
	o, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return o.SDP
}

// request is one HTTP request as it is, headers and all.
type request struct {
	method, path, token, kind, match, body string
}

func (w *world) do(r request) *http.Response {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), r.method, w.url+r.path, strings.NewReader(r.body))
	if err != nil {
		w.t.Fatal(err)
	}
	for header, value := range map[string]string{"Authorization": r.token, "Content-Type": r.kind, "If-Match": r.match} {
		if value != "" {
			req.Header.Set(header, value)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func TestTheAnswerThatBeginsASession(t *testing.T) {
	w := newWorld(t)
	for path, body := range map[string]string{
		"/whep": offer(t, webrtc.RTPTransceiverDirectionRecvonly), "/whip": offer(t, webrtc.RTPTransceiverDirectionSendonly),
	} {
		token := "Bearer " + w.sign(w.claims("p", jointoken.View, jointoken.Share))
		resp := w.do(request{method: "POST", path: path, token: token, kind: "application/sdp; charset=utf-8", body: body})
		h := resp.Header
		if resp.StatusCode != http.StatusCreated || h.Get("Content-Type") != typeSDP || !strings.HasPrefix(h.Get("Location"), path+"/") ||
			!strings.HasPrefix(h.Get("ETag"), `"`) || h.Get("Accept-Patch") != typeFragment || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", path, resp.StatusCode, h)
		}
		if id := h.Get("X-Publication"); (id != "") != (path == "/whip") || !strings.Contains(h.Get("Access-Control-Expose-Headers"), "X-Publication") {
			t.Errorf("%s: begins share %q: %v", path, id, h)
		}
		for range 2 { // deleting again is fine
			if gone := w.do(request{method: "DELETE", path: h.Get("Location"), token: token}); gone.StatusCode != http.StatusOK {
				t.Errorf("DELETE: %d", gone.StatusCode)
			}
			if gone := w.do(request{method: "PATCH", path: h.Get("Location"), kind: typeFragment, match: "*", body: newCredentials}); gone.StatusCode != http.StatusNotFound {
				t.Errorf("PATCH behind it: %d", gone.StatusCode)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	view, send := offer(t, webrtc.RTPTransceiverDirectionRecvonly), offer(t, webrtc.RTPTransceiverDirectionSendonly)
	signed := func(change func(*jointoken.Claims)) string {
		c := w.claims("p", jointoken.View)
		change(&c)
		return "Bearer " + w.sign(c)
	}
	good := func() string { return signed(func(*jointoken.Claims) {}) }
	used := good()
	w.do(request{method: "POST", path: "/whep", token: used, kind: typeSDP, body: view})
	w.rooms.End("c-ended")
	const invalid = `Bearer error="invalid_token"`
	for name, tt := range map[string]struct {
		request
		want      problem.Code
		challenge string
	}{
		"no token":     {request{"POST", "/whep", "", typeSDP, "", view}, problem.Unauthenticated, "Bearer"},
		"another kind": {request{"POST", "/whep", "Basic YTpi", typeSDP, "", view}, problem.Unauthenticated, "Bearer"},
		"rubbish":      {request{"POST", "/whep", "Bearer abc", typeSDP, "", view}, problem.TokenInvalid, invalid},
		"an old token": {request{"POST", "/whep", signed(func(c *jointoken.Claims) {
			c.IssuedAt, c.NotBefore, c.Expires = c.IssuedAt.Add(-150*time.Second), c.NotBefore.Add(-150*time.Second), c.Expires.Add(-150*time.Second)
		}), typeSDP, "", view}, problem.TokenExpired, invalid},
		"a token of tomorrow": {request{"POST", "/whep", signed(func(c *jointoken.Claims) {
			c.IssuedAt, c.NotBefore, c.Expires = c.IssuedAt.Add(time.Hour), c.NotBefore.Add(time.Hour), c.Expires.Add(time.Hour)
		}), typeSDP, "", view}, problem.TokenTime, invalid},
		"for another relay":      {request{"POST", "/whep", signed(func(c *jointoken.Claims) { c.Audience = "relay-2" }), typeSDP, "", view}, problem.TokenScope, ""},
		"a token twice":          {request{"POST", "/whep", used, typeSDP, "", view}, problem.TokenReplayed, ""},
		"may not share":          {request{"POST", "/whip", good(), typeSDP, "", send}, problem.PublishDenied, ""},
		"may not view":           {request{"POST", "/whep", signed(func(c *jointoken.Claims) { c.Permissions = nil }), typeSDP, "", view}, problem.ViewDenied, ""},
		"an ended conference":    {request{"POST", "/whep", signed(func(c *jointoken.Claims) { c.Conference = "c-ended" }), typeSDP, "", view}, problem.Forbidden, ""},
		"no such share":          {request{"POST", "/whep?publication=s-1", good(), typeSDP, "", view}, problem.NotFound, ""},
		"a large body":           {request{"POST", "/whep", good(), typeSDP, "", strings.Repeat("a", maxBody+1)}, problem.BodyTooLarge, ""},
		"another type":           {request{"POST", "/whep", good(), "application/json", "", view}, problem.UnsupportedMediaType, ""},
		"no type":                {request{"POST", "/whep", good(), "", "", view}, problem.UnsupportedMediaType, ""},
		"no offer":               {request{"POST", "/whep", good(), typeSDP, "", "v=0"}, problem.SDPInvalid, ""},
		"many sections":          {request{"POST", "/whep", good(), typeSDP, "", view + strings.Repeat("m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", 9)}, problem.SDPLimit, ""},
		"GET":                    {request{"GET", "/whep", good(), "", "", ""}, problem.MethodNotAllowed, ""},
		"POST on a session":      {request{"POST", "/whep/x", good(), typeSDP, "", view}, problem.MethodNotAllowed, ""},
		"an unknown session":     {request{"PATCH", "/whep/x", "", typeFragment, "*", newCredentials}, problem.NotFound, ""},
		"deleting it":            {request{"DELETE", "/whip/x", "", "", "", ""}, problem.NotFound, ""},
		"an unknown endpoint":    {request{"GET", "/whep/x/y", "", "", "", ""}, problem.NotFound, ""},
		"another one's session":  {request{"PATCH", w.opened(view), "Bearer " + "x.y.z", typeFragment, "*", newCredentials}, problem.TokenInvalid, invalid},
		"PATCH without If-Match": {request{"PATCH", w.opened(view), "", typeFragment, "", newCredentials}, problem.PreconditionRequired, ""},
		"PATCH with an old one":  {request{"PATCH", w.opened(view), "", typeFragment, `"old"`, newCredentials}, problem.PreconditionFailed, ""},
		"PATCH of nothing":       {request{"PATCH", w.opened(view), "", typeFragment, "*", ""}, problem.SDPInvalid, ""},
		"PATCH of a long line":   {request{"PATCH", w.opened(view), "", typeFragment, "*", strings.Replace(newCredentials, "nextU", "next\ra=candidate", 1)}, problem.SDPInvalid, ""},
		"PATCH of another type":  {request{"PATCH", w.opened(view), "", typeSDP, "*", newCredentials}, problem.UnsupportedMediaType, ""},
		"PATCH of a large body":  {request{"PATCH", w.opened(view), "", typeFragment, "*", strings.Repeat("a", maxBody+1)}, problem.BodyTooLarge, ""},
	} {
		resp := w.do(tt.request)
		var doc struct{ Code string }
		if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		code := doc.Code
		if code != string(tt.want) || resp.StatusCode != tt.want.Status() || resp.Header.Get("WWW-Authenticate") != tt.challenge {
			t.Errorf("%s: %d %s, challenge %q, want %s", name, resp.StatusCode, code, resp.Header.Get("WWW-Authenticate"), tt.want)
		}
		if allow := resp.Header.Get("Allow"); (allow != "") != (tt.want == problem.MethodNotAllowed) {
			t.Errorf("%s: Allow %q", name, allow)
		}
	}
}

// opened begins a session and returns its path.
func (w *world) opened(body string) string {
	w.t.Helper()
	resp := w.do(request{method: "POST", path: "/whep", token: "Bearer " + w.sign(w.claims("owner", jointoken.View)), kind: typeSDP, body: body})
	if resp.StatusCode != http.StatusCreated {
		w.t.Fatal(resp.Status)
	}
	return resp.Header.Get("Location")
}

// TestRestart: both kinds of sessions go on with new ICE credentials, and a refused restart changes nothing.
func TestRestart(t *testing.T) {
	w := newWorld(t)
	p := w.present("anne", packet.VP8, 'A')
	v := w.watch(w.view("james"))
	v.next("picture", from('A'))
	for name, b := range map[string]*browser{"presenter": p.browser, "viewer": v.browser} {
		old := b.session.ETag
		known := lines(b.pc.LocalDescription().SDP, "a=ice-ufrag:", "a=ice-pwd:")
		if fragment, err := b.session.Patch(t.Context(), old, known+"a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"); fragment != "" || err != nil || b.session.ETag != old {
			t.Errorf("%s: a trickled candidate is answered %q, %v", name, fragment, err)
		}
		if _, err := b.session.Patch(t.Context(), "*", "a=ice-ufrag:next\r\na=ice-pwd:short\r\n"); status(err) != http.StatusUnprocessableEntity {
			t.Errorf("%s: bad credentials: %v", name, err)
		}
		b.restart()
		if b.session.ETag == old {
			t.Errorf("%s: the ETag stayed", name)
		}
		if _, err := b.session.Patch(t.Context(), old, newCredentials); status(err) != http.StatusPreconditionFailed {
			t.Errorf("%s: the old ETag: %v", name, err)
		}
		eventually(t, name+" is connected again", func() bool {
			return b.pc.ICEConnectionState() == webrtc.ICEConnectionStateConnected || b.pc.ICEConnectionState() == webrtc.ICEConnectionStateCompleted
		})
		for len(v.packets) > 0 {
			<-v.packets
		}
		for range 20 {
			v.next("picture after the restart of the "+name, from('A'))
		}
	}
}

func TestOfManyRestartsWithOneETagOneSucceeds(t *testing.T) {
	w := newWorld(t)
	p, v := newPresenter(t, packet.VP8), w.watch(w.view("james"))
	p.connect(w.share("anne"))
	for name, b := range map[string]*browser{"presenter": p.browser, "viewer": v.browser} {
		answers := make([]int, 32)
		var all sync.WaitGroup
		begin := make(chan struct{})
		for i := range answers {
			r := httptest.NewRequest("PATCH", strings.TrimPrefix(b.session.Location, w.url),
				strings.NewReader(fmt.Sprintf("a=ice-ufrag:next%d\r\na=ice-pwd:nextPasswordnextPassword\r\n", i)))
			r.Header.Set("Content-Type", typeFragment)
			r.Header.Set("If-Match", b.session.ETag)
			all.Go(func() {
				<-begin
				answer := httptest.NewRecorder()
				w.server.ServeHTTP(answer, r)
				answers[i] = answer.Code
			})
		}
		close(begin)
		all.Wait()
		count := map[int]int{}
		for _, status := range answers {
			count[status]++
		}
		if count[http.StatusOK] != 1 || count[http.StatusPreconditionFailed] != len(answers)-1 {
			t.Errorf("%s: %v", name, count)
		}
	}
}

// TestTheServerClosesWhileSessionsBegin: whoever is refused may come again with the same token, elsewhere.
func TestTheServerClosesWhileSessionsBegin(t *testing.T) {
	w := newWorld(t)
	view := offer(t, webrtc.RTPTransceiverDirectionRecvonly)
	var all sync.WaitGroup
	begun := make(chan struct{}, 64)
	for i := range 8 {
		all.Go(func() {
			for n := range 8 {
				e := w.view(fmt.Sprint("p", i, n))
				if _, err := client.Open(context.WithoutCancel(t.Context()), e, view); err != nil && status(err) != http.StatusServiceUnavailable {
					t.Error(err)
				}
				begun <- struct{}{}
			}
		})
	}
	<-begun
	w.server.Close()
	all.Wait()
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	if len(w.server.sessions) != 0 {
		t.Errorf("%d sessions outlive the server", len(w.server.sessions))
	}
	if stats := w.rooms.Stats(); stats.Participants != 0 {
		t.Errorf("%d participants outlive the server", stats.Participants)
	}
}
