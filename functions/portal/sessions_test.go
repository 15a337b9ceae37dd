package portal_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
)

const sessionsPath = "/api/v1/diagnostics/sessions"

// tester is somebody who tests: the session's id, and one of its relays.
type tester struct{ id, relay string }

func openSession(c *portaltest.Client) tester {
	made := c.Expect(201, "POST", sessionsPath, object{})
	t := tester{id: made["id"].(string)}
	if relays := made["relays"].([]any); len(relays) > 0 {
		t.relay = relays[0].(object)["id"].(string)
	}
	return t
}

func (t tester) token(tt *testing.T, c *portaltest.Client) map[string]any {
	tt.Helper()
	return portaltest.Claims(tt, c.Expect(200, "POST", sessionsPath+"/"+t.id+"/tokens", object{"relay": t.relay})["token"].(string))
}

// announceRelay makes the relay "relay-7" known.
func announceRelay(t *testing.T, w *world, c *portaltest.Client) *place {
	t.Helper()
	at := newPlace(t, w.relayKey, "relay-7", "one")
	c.Expect(200, "PUT", "/api/v1/relays/relay-7", at.announcement(), "Authorization", "Bearer "+w.relayKey)
	return at
}

// measured reports one media session of a test room.
func measured(w *world, c *portaltest.Client, id, room string) portaltest.Response {
	return c.Do("POST", "/api/v1/relays/relay-7/attendance", object{"instance": "one", "visits": []any{}, "media": []object{{
		"id": id, "conference": room, "at": w.clock.Now(), "role": "view", "way": "turns", "family": "ipv6",
		"seconds": 3.5, "packetsOut": 100, "bytesOut": 90000, "lost": 2, "nacks": 3, "retransmissions": 3, "rtt": 41.5,
	}}}, "Authorization", "Bearer "+w.relayKey)
}

func TestSessionWithoutARelay(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		made := c.Expect(201, "POST", sessionsPath, object{})
		if len(made["relays"].([]any)) != 0 || made["serverTime"] == "" {
			t.Errorf("got %v", made)
		}
	})
}

// TestSessionTokenOpensATestRoomOnly: not a conference, not another's room, and alone.
func TestSessionTokenOpensATestRoomOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		announceRelay(t, w, c)
		made := c.Expect(201, "POST", sessionsPath, object{})
		client, relay := made["client"].(object), made["relays"].([]any)[0].(object)
		if address := client["address"]; client["family"] != "ipv4" || address != "127.0.0.1" && address != "192.0.2.1" {
			t.Errorf("client %v", client)
		}
		if relay["id"] != "relay-7" || relay["region"] != "eu-1" || !strings.HasSuffix(relay["relay"].(object)["whip"].(string), "/whip") {
			t.Errorf("relay %v", relay)
		}
		if ends, err := time.Parse(time.RFC3339, made["expiresAt"].(string)); err != nil || !ends.Equal(w.clock.Now().Add(15*time.Minute)) {
			t.Errorf("ends %v, %v", ends, err)
		}
		one, other := tester{made["id"].(string), "relay-7"}, openSession(c)
		claims, theirs := one.token(t, c), other.token(t, c)
		room := claims["conference"].(string)
		if !strings.HasPrefix(room, "test-") || room == theirs["conference"] || strings.Contains(fmt.Sprint(claims), one.id) {
			t.Errorf("claims %v, others' %v", claims, theirs)
		}
		if claims["limit"] != 1.0 || claims["role"] != "guest" || fmt.Sprint(claims["permissions"]) != "[view share]" || fmt.Sprint(claims["aud"]) != "[relay-7]" {
			t.Errorf("claims %v", claims)
		}
		if again := one.token(t, c); again["conference"] != room || again["sub"] != claims["sub"] || again["jti"] == claims["jti"] {
			t.Errorf("again %v", again)
		}
		of := sessionsPath + "/" + one.id + "/tokens"
		c.Refused(422, "invalid", "POST", of, object{"relay": "relay-8"})
		c.Refused(422, "invalid", "POST", of, object{})
		c.Refused(400, "malformed", "POST", of, object{"relay": "relay-7", "conference": "c"})
		c.Refused(413, "body-too-large", "POST", of, object{"relay": strings.Repeat("x", 1<<16)})
		for _, id := range []string{"x", strings.Repeat("a", 52), strings.TrimPrefix(room, "test-"), one.id + "a"} {
			c.Refused(404, "not-found", "POST", sessionsPath+"/"+id+"/tokens", object{"relay": "relay-7"})
		}
		w.clock.Advance(15 * time.Minute)
		c.Refused(404, "not-found", "POST", of, object{"relay": "relay-7"})
	})
}

func TestSessionsAreLimited(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		announceRelay(t, w, c)
		one := openSession(c)
		for range 59 {
			openSession(c)
		}
		if resp := c.Refused(429, "rate-limited", "POST", sessionsPath, object{}); resp.Header.Get("Retry-After") != "5" {
			t.Errorf("Retry-After %s", resp.Header.Get("Retry-After"))
		}
		w.clock.Advance(5 * time.Second)
		openSession(c)
		c.Refused(429, "rate-limited", "POST", sessionsPath, object{})
		for range 60 {
			one.token(t, c)
		}
		c.Refused(429, "rate-limited", "POST", sessionsPath+"/"+one.id+"/tokens", object{"relay": one.relay})
	})
}

// TestDeskSeesTheSession beside the report: what was called, what relays measured, and no address.
func TestDeskSeesTheSession(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		announceRelay(t, w, c)
		one := openSession(c)
		room := one.token(t, c)["conference"].(string)
		c.Refused(422, "invalid", "POST", sessionsPath+"/"+one.id+"/tokens", object{"relay": "x"})
		for range 2 { // the answer to the first was lost
			if resp := measured(w, c, "m", room); resp.Status != 204 {
				t.Fatalf("%d %s", resp.Status, resp.Body)
			}
		}
		for name, other := range map[string]string{"a conference's": "abc", "another session's": "test-abc"} {
			if resp := measured(w, c, "m", other); (resp.Status == 204) != (other == "test-abc") {
				t.Errorf("%s: %d %s", name, resp.Status, resp.Body)
			}
		}
		made := c.Expect(201, "POST", reportPath, object{"size": 2, "sha256": hexSum([]byte("{}")), "summary": object{}, "session": one.id})
		if !send(t, made["upload"].(object), []byte("{}")) {
			t.Fatal("the upload was refused")
		}
		c.Expect(200, "POST", reportPath+"/"+made["id"].(string)+"/complete", nil)
		measured(w, c, "late", room)
		w.clock.Advance(29 * 24 * time.Hour) // as long as the report
		desk := "/api/v1/support/diagnostics/" + made["code"].(string)
		pulled := c.Expect(200, "GET", desk, nil, w.support()...)
		server := pulled["server"].(object)
		var calls []string
		for _, q := range server["requests"].([]any) {
			q := q.(object)
			calls = append(calls, fmt.Sprint(q["status"], " ", q["call"]))
			if len(q["requestId"].(string)) != 24 {
				t.Errorf("request %v", q)
			}
		}
		want := "201 POST /api/v1/diagnostics/sessions, 200 POST /api/v1/diagnostics/sessions/{id}/tokens, 422 POST /api/v1/diagnostics/sessions/{id}/tokens, " +
			"201 POST /api/v1/diagnostics, 200 POST /api/v1/diagnostics/{id}/complete"
		if got := strings.Join(calls, ", "); got != want {
			t.Errorf("calls %s", got)
		}
		relays := server["relays"].([]any)
		if len(relays) != 2 || relays[0].(object)["relay"] != "relay-7" || relays[0].(object)["way"] != "turns" || relays[0].(object)["rtt"] != 41.5 {
			t.Errorf("relays %v", relays)
		}
		if network := server["client"].(object)["network"]; network != "127.0.0.0/24" && network != "192.0.2.0/24" {
			t.Errorf("network %v", network)
		}
		if all := fmt.Sprint(pulled, w.log.String()); strings.Contains(all, one.id) || strings.Contains(fmt.Sprint(pulled), room) {
			t.Errorf("the session's id, or its room, is told: %s", all)
		}
		c.Expect(204, "DELETE", desk, nil, w.support()...)
		if _, err := w.db.Diagnostics().Session(t.Context(), strings.TrimPrefix(room, "test-")); err == nil {
			t.Error("the session outlives its report")
		}
	})
}

// TestReportWithoutItsSession: one that was forgotten, or that never was, is no reason to lose a report.
func TestReportWithoutItsSession(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		one := openSession(c)
		w.clock.Advance(3 * time.Hour)
		body := object{"size": 2, "sha256": hexSum([]byte("{}")), "summary": object{}, "session": one.id}
		made := c.Expect(201, "POST", reportPath, body)
		send(t, made["upload"].(object), []byte("{}"))
		c.Expect(200, "POST", reportPath+"/"+made["id"].(string)+"/complete", nil)
		pulled := c.Expect(200, "GET", "/api/v1/support/diagnostics/"+made["code"].(string), nil, w.support()...)
		if server, there := pulled["server"]; server != nil || !there {
			t.Errorf("got %v", pulled)
		}
		body["session"] = "nonsense"
		c.Refused(422, "invalid", "POST", reportPath, body)
	})
}

// TestSessionKeepsSoMuch: the latest 50 calls and the first 64 media sessions, whoever comes at the same moment.
func TestSessionKeepsSoMuch(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		announceRelay(t, w, c)
		one := openSession(c)
		room := one.token(t, c)["conference"].(string)
		for i := range 60 {
			c.Do("POST", sessionsPath+"/"+one.id+"/tokens", object{"relay": "x"})
			measured(w, c, fmt.Sprint("m", i), room)
		}
		var together sync.WaitGroup
		for i := range 6 {
			together.Go(func() { measured(w, c.Fork(), fmt.Sprint("n", i), room) })
		}
		together.Wait()
		kept, err := w.db.Diagnostics().Session(t.Context(), strings.TrimPrefix(room, "test-"))
		if err != nil || len(kept.Requests) != 50 || len(kept.Media) != 64 {
			t.Errorf("%d calls, %d media sessions, %v", len(kept.Requests), len(kept.Media), err)
		}
	})
}
