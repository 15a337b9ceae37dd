package portaltest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"
	"time"
)

// RelayID is the relay that Subject.Relay is the key of, and platform one that the software is for.
const (
	RelayID  = "relay-7"
	platform = "windows-amd64"
)

// Subject is a control plane with nothing in it, as Contract needs it.
type Subject struct {
	Organizer, Support, Publisher, Relay string // keys
	Now                                  func() time.Time
	Announcement                         map[string]any                               // of the relay, which answers probes
	Draft                                func(version, content string) map[string]any // a signed release for windows-amd64
	SignIn                               func(provider string) (callback string)      // what a colleague does there; path and query of our callback
}

// Contract makes every call of the description with success, and many that are refused, and compares all that is sent and
// answered with it.
func Contract(t *testing.T, c *Client, subject Subject) {
	t.Helper()
	s := contract{NewShapes(t, c), subject, "Bearer " + subject.Organizer}
	s.call(200, "PUT", "/api/v1/relays/{id}", RelayID, s.Announcement, "Bearer "+s.Relay)
	id, password := s.organize()
	s.guest(password)
	s.lobby(id)
	s.documents(id)
	s.webhooks()
	s.reports()
	s.releases()
	s.launches()
	s.keys()
	s.public()
	s.colleague()
	s.relay(id)
	s.call(200, "POST", "/api/v1/conferences/{id}/end", id, nil, s.auth)
	s.call(409, "PATCH", "/api/v1/conferences/{id}", id, object{"title": "Too late"}, s.auth)
	s.call(204, "DELETE", "/api/v1/conferences/{id}", id, nil, s.auth)
	for path, operations := range s.Document.Paths {
		for method := range operations {
			if !s.seen[method+" "+path] {
				t.Errorf("%s %s was never called with success", method, path)
			}
		}
	}
}

type contract struct {
	Shapes
	Subject
	auth string // of the organizer
}

// organize makes a conference and everything about it.
func (s contract) organize() (id, password string) {
	s.t.Helper()
	starts, ends := s.Now(), s.Now().Add(time.Hour)
	made := s.call(201, "POST", "/api/v1/conferences", "", object{
		"name": "Team A", "title": "T", "description": "D", "externalId": "E", "startsAt": starts, "endsAt": ends, "timezone": "Europe/Paris",
		"openBefore": 5, "bridges": []object{{"kind": "video", "label": "L", "country": "FR", "number": "1", "code": "2"}}, "maxParticipants": 9,
		"guestPolicy": "accept", "permissions": object{"guestShare": "browser"}, "region": "eu-1", "retentionDays": 7, "welcome": "W", "supportContact": "S",
	}, s.auth)
	id = made["id"].(string)
	s.call(409, "POST", "/api/v1/conferences", "", object{"name": "Team A"}, s.auth)
	s.call(200, "GET", "/api/v1/conferences", "", nil, s.auth)
	s.call(200, "GET", "/api/v1/conferences/{id}", id, nil, s.auth)
	s.call(404, "GET", "/api/v1/conferences/{id}", "x", nil, s.auth)
	s.call(401, "GET", "/api/v1/conferences/{id}", "x", nil, "")
	link := s.call(201, "POST", "/api/v1/conferences/{id}/invitations", id, object{"kind": "guest", "name": "Ada", "email": "ada@example.org"}, s.auth)
	s.call(200, "GET", "/api/v1/conferences/{id}/invitations", id, nil, s.auth)
	s.call(200, "GET", "/api/v1/conferences/{id}/invite.ics", id, nil, s.auth)
	s.call(200, "PATCH", "/api/v1/conferences/{id}", id, object{"title": "Next", "welcome": nil}, s.auth)
	s.call(422, "PATCH", "/api/v1/conferences/{id}", id, object{"name": "Team B"}, s.auth)
	password = s.call(200, "POST", "/api/v1/conferences/{id}/password", id, object{}, s.auth)["password"].(string)
	s.call(204, "DELETE", "/api/v1/conferences/{id}/invitations/{iid}", id+" "+link["id"].(string), nil, s.auth)
	return id, password
}

// guest is admitted, says who they are, and gets a join token.
func (s contract) guest(password string) {
	s.t.Helper()
	s.call(403, "POST", "/api/v1/admissions", "", object{"name": "Team A", "password": "wrong"}, "")
	s.call(200, "POST", "/api/v1/admissions", "", object{"name": "Team A", "password": password}, "")
	s.call(200, "GET", "/api/v1/admissions", "", nil, "")
	s.call(409, "POST", "/api/v1/join-tokens", "", object{"mode": "browser"}, "")
	s.call(200, "GET", "/api/v1/identity", "", nil, "")
	s.call(200, "PUT", "/api/v1/identity", "", object{"title": "Mr", "name": "B", "email": "b@example.org", "remember": true}, "")
	s.call(200, "GET", "/api/v1/identity", "", nil, "")
	s.call(200, "POST", "/api/v1/admissions", "", object{"name": "Team A", "password": password}, "")
	s.call(200, "POST", "/api/v1/join-tokens", "", object{"mode": "software"}, "")
}

// lobby lets the guest wait, and decides.
func (s contract) lobby(id string) {
	s.t.Helper()
	s.call(200, "PATCH", "/api/v1/conferences/{id}", id, object{"guestPolicy": "lobby"}, s.auth)
	s.call(202, "POST", "/api/v1/join-tokens", "", object{"mode": "browser"}, "")
	inside := s
	inside.c = s.inside(id)
	waits := inside.call(200, "GET", "/api/v1/lobby", "", nil, "")["items"].([]any)[0].(object)["id"].(string)
	inside.call(200, "POST", "/api/v1/lobby/{pid}", waits, object{"admit": false}, "")
	s.call(403, "GET", "/api/v1/lobby", "", nil, "")
	inside.call(201, "POST", "/api/v1/control-tokens", "", object{"participant": waits}, "")
	s.call(403, "POST", "/api/v1/control-tokens", "", object{"participant": waits}, "")
	s.call(403, "POST", "/api/v1/join-tokens", "", object{"mode": "browser"}, "")
	s.call(200, "GET", "/api/v1/conferences/{id}/lobby", id, nil, s.auth)
	s.call(200, "POST", "/api/v1/conferences/{id}/lobby/{pid}", id+" "+waits, object{"admit": true}, s.auth)
	s.call(200, "POST", "/api/v1/join-tokens", "", object{"mode": "browser"}, "")
}

// inside is the browser of somebody of the company.
func (s contract) inside(id string) *Client {
	invitation := s.c.Expect(201, "POST", "/api/v1/conferences/"+id+"/invitations", object{"kind": "internal"}, "Authorization", s.auth)
	c := s.c.Fork()
	clear(c.Cookies)
	c.Expect(200, "POST", "/api/v1/admissions", object{"invitation": invitation["code"]})
	c.Expect(200, "PUT", "/api/v1/identity", object{"name": "Anne Martin", "email": "anne@example.org"})
	return c
}

// documents are added by somebody of the company, and read by the guest.
func (s contract) documents(id string) {
	s.t.Helper()
	inside := s
	inside.c = s.inside(id)
	content := []byte("a document")
	sum := sha256.Sum256(content)
	body := object{"name": "Plan.pdf", "type": "application/pdf", "size": len(content), "sha256": hex.EncodeToString(sum[:])}
	made := inside.call(201, "POST", "/api/v1/documents", "", body, "")["id"].(string)
	inside.call(409, "POST", "/api/v1/documents/{id}/complete", made, nil, "")
	s.call(404, "POST", "/api/v1/documents/{id}/complete", made, nil, "")
	renewed := inside.call(200, "POST", "/api/v1/documents/{id}/upload", made, nil, "")
	Send(s.t, renewed["upload"].(object), content)
	inside.call(200, "POST", "/api/v1/documents/{id}/complete", made, nil, "")
	s.call(200, "GET", "/api/v1/documents", "", nil, "")
	s.call(200, "GET", "/api/v1/documents/{id}/content", made, nil, "")
	s.call(403, "DELETE", "/api/v1/documents/{id}", made, nil, "")
	inside.call(204, "DELETE", "/api/v1/documents/{id}", made, nil, "")
	inside.call(404, "GET", "/api/v1/documents/{id}/content", made, nil, "")
}

func (s contract) webhooks() {
	s.t.Helper()
	hook := s.call(201, "POST", "/api/v1/webhooks", "", object{"url": "https://example.com/", "events": []string{"conference.ended"}}, s.auth)["id"].(string)
	s.call(200, "GET", "/api/v1/webhooks", "", nil, s.auth)
	s.call(200, "GET", "/api/v1/webhooks/{id}", hook, nil, s.auth)
	s.call(204, "DELETE", "/api/v1/webhooks/{id}", hook, nil, s.auth)
}

// reports makes the calls of functions/diagnostics.
func (s contract) reports() {
	s.t.Helper()
	auth := "Bearer " + s.Support
	content := []byte("a report")
	sum := sha256.Sum256(content)
	session := s.tests()
	body := object{"size": len(content), "sha256": hex.EncodeToString(sum[:]), "summary": object{"result": "failed", "failed": []string{"udp"}}, "session": session}
	made := s.call(201, "POST", "/api/v1/diagnostics", "", body, "")
	id, code := made["id"].(string), made["code"].(string)
	s.call(409, "POST", "/api/v1/diagnostics/{id}/complete", id, nil, "")
	renewed := s.call(200, "POST", "/api/v1/diagnostics/{id}/upload", id, nil, "")
	Send(s.t, renewed["upload"].(object), content)
	s.call(200, "POST", "/api/v1/diagnostics/{id}/complete", id, nil, "")
	s.call(409, "POST", "/api/v1/diagnostics/{id}/upload", id, nil, "")
	s.call(200, "GET", "/api/v1/support/diagnostics", "", nil, auth)
	server := s.call(200, "GET", "/api/v1/support/diagnostics/{code}", code, nil, auth)["server"].(object)
	if measured := server["relays"].([]any); len(measured) != 1 || len(server["requests"].([]any)) != 5 {
		s.t.Errorf("the desk is told %v", server)
	}
	s.call(422, "GET", "/api/v1/support/diagnostics/{code}", "x", nil, auth)
	s.call(200, "PATCH", "/api/v1/support/diagnostics/{code}", code, object{"status": "seen", "note": "N"}, auth)
	s.call(204, "DELETE", "/api/v1/support/diagnostics/{code}", code, nil, auth)
	s.call(404, "DELETE", "/api/v1/diagnostics/{id}", id, nil, "")
	s.call(200, "GET", "/api/v1/support/audit", "", nil, auth)
	s.call(401, "GET", "/api/v1/support/audit", "", nil, "")
	another := s.call(201, "POST", "/api/v1/diagnostics", "", body, "")
	s.call(204, "DELETE", "/api/v1/diagnostics/{id}", another["id"].(string), nil, "")
}

// tests begins a diagnostic session, whose media session the relay reports.
func (s contract) tests() (session string) {
	s.t.Helper()
	made := s.call(201, "POST", "/api/v1/diagnostics/sessions", "", object{}, "")
	session = made["id"].(string)
	relay := made["relays"].([]any)[0].(object)["id"]
	token := s.call(200, "POST", "/api/v1/diagnostics/sessions/{id}/tokens", session, object{"relay": relay}, "")["token"].(string)
	s.call(422, "POST", "/api/v1/diagnostics/sessions/{id}/tokens", session, object{"relay": "x"}, "")
	s.call(404, "POST", "/api/v1/diagnostics/sessions/{id}/tokens", "x", object{"relay": relay}, "")
	measured := object{"id": "m", "conference": Conference(s.t, token), "at": s.Now(), "role": "view", "way": "udp", "family": "ipv4", "seconds": 1.5}
	s.call(204, "POST", "/api/v1/relays/{id}/attendance", RelayID, object{
		"instance": s.Announcement["instance"], "visits": []object{}, "media": []object{measured},
	}, "Bearer "+s.Relay)
	return session
}

// releases makes the calls of functions/installer.
func (s contract) releases() {
	s.t.Helper()
	auth, of := "Bearer "+s.Publisher, platform+" 1.0.0"
	s.call(200, "GET", "/api/v1/software", "", nil, "")
	draft := s.Draft("1.0.0", "file")
	s.call(201, "POST", "/api/v1/software/releases", "", draft, auth)
	s.call(409, "POST", "/api/v1/software/releases/{platform}/{version}/complete", of, nil, auth)
	s.call(204, "DELETE", "/api/v1/software/releases/{platform}/{version}", of, nil, auth)
	made := s.call(201, "POST", "/api/v1/software/releases", "", draft, auth)
	s.call(200, "GET", "/api/v1/software/releases", "", nil, auth)
	Send(s.t, made["upload"].(object), []byte("file"))
	s.call(200, "POST", "/api/v1/software/releases/{platform}/{version}/complete", of, nil, auth)
	s.call(200, "PATCH", "/api/v1/software/releases/{platform}/{version}", of, object{"rollout": 100, "notes": object{"en": "N", "fr": "N"}}, auth)
	s.call(200, "GET", "/api/v1/software/releases", "", nil, auth)
	s.call(200, "GET", "/api/v1/software", "", nil, "")
	s.call(302, "GET", "/api/v1/software/{platform}/download", platform, nil, "")
	s.call(404, "GET", "/api/v1/software/{platform}/download", "x", nil, "")
}

// launches makes the calls with which the software takes over, as a guest who is admitted and identified.
func (s contract) launches() {
	s.t.Helper()
	code := s.call(201, "POST", "/api/v1/launch-codes", "", nil, "")["code"].(string)
	s.call(200, "GET", "/api/v1/launch-codes/{code}", code, nil, "")
	s.call(200, "POST", "/api/v1/launch-codes/{code}/redeem", code, object{"version": "1.0.0", "platform": platform}, "")
	s.call(409, "POST", "/api/v1/launch-codes/{code}/redeem", code, object{"version": "1.0.0", "platform": platform}, "")
	s.call(200, "GET", "/api/v1/launch-codes/{code}", code, nil, "")
}

func (s contract) keys() {
	s.t.Helper()
	publisher := "Bearer " + s.Publisher
	key := s.call(201, "POST", "/api/v1/keys", "", object{"role": "support", "label": "L", "readOnly": true, "expiresAt": s.Now().Add(time.Hour)}, publisher)
	s.call(204, "DELETE", "/api/v1/keys/{id}", key["id"].(string), nil, publisher)
	s.call(200, "GET", "/api/v1/keys", "", nil, publisher)
}

func (s contract) public() {
	s.t.Helper()
	s.call(200, "GET", "/.well-known/jwks.json", "", nil, "")
	s.call(200, "GET", "/healthz", "", nil, "")
	s.call(200, "GET", "/readyz", "", nil, "")
	s.call(200, "GET", "/api/v1/openapi.json", "", nil, "")
	s.call(204, "DELETE", "/api/v1/identity", "", nil, "")
	s.call(200, "GET", "/api/v1/site", "", nil, "")
	s.call(200, "GET", "/api/v1/session", "", nil, "") // null
}

// colleague signs in and joins by the conference's name.
func (s contract) colleague() {
	s.t.Helper()
	s.call(303, "GET", "/api/v1/sign-in", "", nil, "")
	provider := s.c.Do("GET", "/api/v1/sign-in?return=%2F", nil).Header.Get("Location")
	s.call(303, "GET", s.SignIn(provider), "", nil, "")
	s.call(200, "GET", "/api/v1/session", "", nil, "")
	s.call(200, "POST", "/api/v1/admissions", "", object{"name": "Team A"}, "")
	s.call(200, "POST", "/api/v1/join-tokens", "", object{"mode": "browser"}, "")
	s.call(204, "DELETE", "/api/v1/session", "", nil, "")
	s.call(204, "DELETE", "/api/v1/admissions", "", nil, "")
}

// relay says who is in, and is told who must leave.
func (s contract) relay(id string) {
	s.t.Helper()
	relay := "Bearer " + s.Relay
	s.call(200, "PUT", "/api/v1/relays/{id}", RelayID, s.Announcement, relay)
	visit := object{"seq": 1, "kind": "joined", "conference": id, "participant": "p", "name": "Mr James BOND", "role": "guest", "at": s.Now()}
	s.call(204, "POST", "/api/v1/relays/{id}/attendance", RelayID, object{"instance": s.Announcement["instance"], "visits": []object{visit}}, relay)
	s.call(200, "GET", "/api/v1/conferences/{id}/participants", id, nil, s.auth)
	s.call(204, "DELETE", "/api/v1/conferences/{id}/participants/{pid}", id+" p", nil, s.auth)
	s.call(200, "PUT", "/api/v1/relays/{id}", RelayID, s.Announcement, relay)
}

// Send makes the request that a signed upload describes, and reports whether the content was taken.
func Send(t *testing.T, upload map[string]any, content []byte) bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), upload["method"].(string), upload["url"].(string), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range upload["headers"].(object) {
		r.Header.Set(name, value.(string))
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode < 300
}
