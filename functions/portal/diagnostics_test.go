package portal_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/shared/problem"
)

const reportPath = "/api/v1/diagnostics"

func hexSum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// announceReport makes a pending report of content.
func announceReport(c *portaltest.Client, content []byte, summary any) object {
	return c.Expect(201, "POST", reportPath, object{"size": len(content), "sha256": hexSum(content), "summary": summary})
}

// report makes a complete one and returns its id and code.
func report(t *testing.T, c *portaltest.Client, content string, summary any) (id, code string) {
	t.Helper()
	made := announceReport(c, []byte(content), summary)
	if !send(t, made["upload"].(object), []byte(content)) {
		t.Fatal("the upload was refused")
	}
	id, code = made["id"].(string), made["code"].(string)
	if done := c.Expect(200, "POST", reportPath+"/"+id+"/complete", nil); done["code"] != code {
		t.Fatalf("got %v, want %s", done, code)
	}
	return id, code
}

func (w *world) support() []string { return []string{"Authorization", "Bearer " + w.supportKey} }

func codes(page object) []string {
	list := []string{}
	for _, item := range page["items"].([]any) {
		list = append(list, item.(object)["code"].(string))
	}
	return list
}

func TestReportFromTheGuestToTheDesk(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		content := `{"format":"coopnet-report","checks":[]}`
		id, code := report(t, c, content, object{"result": "failed", "failed": []string{"udp"}, "name": "Ada"})
		if strings.Contains(strings.ToLower(id), strings.ToLower(code)) || len(code) != 12 {
			t.Errorf("id %s, code %s", id, code)
		}
		list := c.Expect(200, "GET", "/api/v1/support/diagnostics", nil, w.support()...)
		item := list["items"].([]any)[0].(object)
		if item["code"] != code || item["status"] != "new" || item["summary"].(object)["result"] != "failed" || item["download"] != nil {
			t.Errorf("got %v", list)
		}
		if text, _ := json.Marshal(list); strings.Contains(string(text), id) {
			t.Errorf("support learns the id: %s", text)
		}
		typed := strings.ReplaceAll(strings.ToLower(code), "-", "%20")
		pulled := c.Expect(200, "GET", "/api/v1/support/diagnostics/"+typed, nil, w.support()...)
		link := pulled["download"].(object)
		resp, got := fetch(t, link["url"].(string))
		if string(got) != content || resp.Header.Get("Content-Disposition") != "attachment; filename=coopnet-report-"+code+".json" {
			t.Errorf("got %v %s", resp.Header, got)
		}
		if until, err := time.Parse(time.RFC3339, link["expiresAt"].(string)); err != nil || !until.Equal(w.clock.Now().Add(5*time.Minute)) {
			t.Errorf("until %v, %v", until, err)
		}
		w.clock.Advance(5 * time.Minute)
		if resp, _ := fetch(t, link["url"].(string)); resp.StatusCode != 403 {
			t.Errorf("after five minutes: %d", resp.StatusCode)
		}
	})
}

// ReportReceived implements diagnostics.Events.
func (h *heard) ReportReceived(_ context.Context, code string, _ time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.deaf {
		h.deaf = false
		return errors.New("not now")
	}
	h.codes = append(h.codes, code)
	return nil
}

// TestReportIsToldAgain to others when the guest's page asks again because it had no answer; not days later.
func TestReportIsToldAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.events.deaf = true
		id, code := report(t, c, "{}", object{})
		for range 2 {
			c.Expect(200, "POST", reportPath+"/"+id+"/complete", nil)
		}
		w.clock.Advance(time.Hour)
		c.Expect(200, "POST", reportPath+"/"+id+"/complete", nil)
		if !slices.Equal(w.events.codes, []string{code, code}) {
			t.Errorf("heard of %v, not of %s", w.events.codes, code)
		}
	})
}

func TestReportIsBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		good := func(change object) object {
			body := object{"size": 3, "sha256": strings.Repeat("0a", 32), "summary": object{}}
			for k, v := range change {
				body[k] = v
			}
			return body
		}
		for name, summary := range map[string]any{
			"/summary": "text", "/summary/a": object{"a": object{"b": 1}}, "/summary/b": object{"b": []any{1}}, "/summary/c": object{"c": "right\u202eleft"},
			"/summary/d": object{"d": strings.Repeat("x", 2001)}, "/summary/email": object{"email": "nobody"}, "/summary/e~1f~0": object{"e/f~": []any{"\x00"}},
			"/summary/g": object{"g": strings.Split(strings.Repeat("x", 21), "")},
		} {
			resp := c.Refused(422, "invalid", "POST", reportPath, good(object{"summary": summary}))
			if !strings.Contains(string(resp.Body), `"pointer":"`+name+`"`) {
				t.Errorf("%s: %s", name, resp.Body)
			}
		}
		many := object{}
		for i := range 33 {
			many[strings.Repeat("x", i+1)] = i
		}
		c.Refused(422, "invalid", "POST", reportPath, good(object{"summary": many}))
		c.Refused(422, "invalid", "POST", reportPath, good(object{"summary": object{"a": strings.Repeat("é", 1900), "b": strings.Repeat("é", 1900)}}))
		c.Refused(422, "invalid", "POST", reportPath, good(object{"summary": object{"email": 7}}))
		c.Refused(422, "invalid", "POST", reportPath, good(object{"sha256": strings.Repeat("zz", 32)}))
		c.Refused(422, "invalid", "POST", reportPath, good(object{"size": 1 << 30}))
		c.Refused(400, "malformed", "POST", reportPath, good(object{"code": "x"}))
		c.Expect(201, "POST", reportPath, good(object{"summary": nil}))
		c.Expect(201, "POST", reportPath, good(object{"size": 8 << 20, "summary": object{"comment": "line\nline", "n": 1.5, "ok": true, "none": nil, "email": "é@example.org"}}))
	})
}

func TestReportsAreLimitedPerSite(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		var last object
		for range 20 {
			last = announceReport(c, []byte("x"), nil)
		}
		resp := c.Refused(429, "rate-limited", "POST", reportPath, object{"size": 1, "sha256": hexSum([]byte("x"))})
		if resp.Header.Get("Retry-After") != "300" {
			t.Errorf("got %v", resp.Header)
		}
		c.Refused(429, "rate-limited", "POST", reportPath+"/"+last["id"].(string)+"/upload", nil)
		if !send(t, last["upload"].(object), []byte("x")) {
			t.Error("the upload is not part of the limit")
		}
		c.Expect(200, "POST", reportPath+"/"+last["id"].(string)+"/complete", nil)
		w.clock.Advance(5 * time.Minute)
		announceReport(c, []byte("x"), nil)
	})
}

func TestReportResumesAfterACut(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		content := []byte(strings.Repeat("report ", 1000))
		made := announceReport(c, content, object{"result": "ok"})
		path := reportPath + "/" + made["id"].(string)
		if send(t, made["upload"].(object), content[:100]) {
			t.Error("half of it was stored")
		}
		c.Refused(409, "conflict", "POST", path+"/complete", nil)
		if got := c.Expect(200, "GET", "/api/v1/support/diagnostics", nil, w.support()...); len(codes(got)) != 0 {
			t.Errorf("support sees %v", got)
		}
		c.Refused(404, "not-found", "GET", "/api/v1/support/diagnostics/"+made["code"].(string), nil, w.support()...)
		w.clock.Advance(time.Hour)
		if send(t, made["upload"].(object), content) {
			t.Error("the first link lives for ever")
		}
		again := c.Expect(200, "POST", path+"/upload", nil)
		if again["id"] != made["id"] || again["code"] != made["code"] {
			t.Errorf("got %v, want %v", again, made)
		}
		if !send(t, again["upload"].(object), content) {
			t.Fatal("the second link does not work")
		}
		first := c.Expect(200, "POST", path+"/complete", nil)
		w.clock.Advance(time.Hour)
		if second := c.Expect(200, "POST", path+"/complete", nil); second["code"] != first["code"] || second["expiresAt"] != first["expiresAt"] {
			t.Errorf("got %v then %v", first, second)
		}
		c.Refused(409, "conflict", "POST", path+"/upload", nil)
	})
}

func TestReportThatIsNotWhatWasAnnounced(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		made := announceReport(c, []byte("right"), nil)
		path := reportPath + "/" + made["id"].(string)
		w.files.put(t, made["upload"].(object), []byte("wrong"))
		c.Refused(409, "conflict", "POST", path+"/complete", nil)
		if !send(t, made["upload"].(object), []byte("right")) {
			t.Error("the right one cannot be uploaded any more")
		}
		c.Expect(200, "POST", path+"/complete", nil)
	})
}

func TestReportsEndByThemselves(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		start := w.clock.Now()
		pending := announceReport(c, []byte("x"), nil)
		send(t, pending["upload"].(object), []byte("x")) // and nobody completes it
		_, code := report(t, c, "complete", nil)
		w.clock.Advance(12 * time.Hour)
		c.Refused(404, "not-found", "POST", reportPath+"/"+pending["id"].(string)+"/complete", nil)
		w.clock.Advance(12 * time.Hour)
		if n, err := w.reports.Clean(t.Context()); n != 1 || err != nil || len(w.files.keys(t)) != 1 {
			t.Errorf("%d, %v, %v", n, err, w.files.keys(t))
		}
		w.clock.Advance(29*24*time.Hour - time.Millisecond)
		c.Expect(200, "GET", "/api/v1/support/diagnostics/"+code, nil, w.support()...)
		w.clock.Advance(time.Millisecond)
		c.Refused(404, "not-found", "GET", "/api/v1/support/diagnostics/"+code, nil, w.support()...)
		if got := c.Expect(200, "GET", "/api/v1/support/diagnostics", nil, w.support()...); len(codes(got)) != 0 {
			t.Errorf("after %v: %v", w.clock.Now().Sub(start), got)
		}
		w.clock.Advance(time.Hour)
		if n, err := w.reports.Clean(t.Context()); n != 1 || err != nil || len(w.files.keys(t)) != 0 {
			t.Errorf("%d, %v, %v", n, err, w.files.keys(t))
		}
	})
}

func TestGuestErasesTheOwnReport(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		made := announceReport(c, []byte("mine"), object{"email": "Ada@example.org"})
		path := reportPath + "/" + made["id"].(string)
		send(t, made["upload"].(object), []byte("mine"))
		c.Expect(200, "POST", path+"/complete", nil)
		for _, other := range []string{"x", made["code"].(string), path[:len(path)-1] + "x", strings.Repeat("a", 100)} {
			c.Refused(404, "not-found", "DELETE", reportPath+"/"+other[strings.LastIndex(other, "/")+1:], nil)
		}
		c.Expect(204, "DELETE", path, nil)
		for _, call := range [][2]string{{"DELETE", path}, {"POST", path + "/complete"}, {"POST", path + "/upload"}} {
			c.Refused(404, "not-found", call[0], call[1], nil)
		}
		c.Refused(404, "not-found", "GET", "/api/v1/support/diagnostics/"+made["code"].(string), nil, w.support()...)
		if keys := w.files.keys(t); len(keys) != 0 {
			t.Errorf("left: %v", keys)
		}
		// The first link still lives; what it brings back is cleaned with the row.
		send(t, made["upload"].(object), []byte("mine"))
		w.clock.Advance(2 * time.Hour)
		if n, err := w.reports.Clean(t.Context()); n != 1 || err != nil || len(w.files.keys(t)) != 0 {
			t.Errorf("%d, %v, %v", n, err, w.files.keys(t))
		}
	})
}

func TestEraseByEmail(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		_, mine := report(t, c, "one", object{"email": "Ada@Example.org"})
		announceReport(c, []byte("two"), object{"email": "ada@example.org"})
		_, other := report(t, c, "three", object{"email": "bob@example.org"})
		w.clock.Advance(2 * time.Hour) // no upload can come any more
		if n, err := w.reports.Erase(t.Context(), " ADA@example.org"); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		for email, want := range map[string]int{"ada@example.org": 0, "": 0} {
			if n, err := w.reports.Erase(t.Context(), email); n != want || err != nil {
				t.Errorf("%q: %d, %v", email, n, err)
			}
		}
		c.Refused(404, "not-found", "GET", "/api/v1/support/diagnostics/"+mine, nil, w.support()...)
		c.Expect(200, "GET", "/api/v1/support/diagnostics/"+other, nil, w.support()...)
		trail := c.Expect(200, "GET", "/api/v1/support/audit?code="+mine, nil, w.support()...)
		if entry := trail["items"].([]any)[0].(object); entry["action"] != "erase" || entry["actor"] != "operator" {
			t.Errorf("got %v", trail)
		}
	})
}

func TestDeskWorksThroughReports(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		auth := w.support()
		var made []string
		for range 3 {
			_, code := report(t, c, "report", nil)
			made = append([]string{code}, made...)
			w.clock.Advance(time.Minute)
		}
		page := c.Expect(200, "GET", "/api/v1/support/diagnostics?limit=2", nil, auth...)
		rest := c.Expect(200, "GET", "/api/v1/support/diagnostics?limit=2&cursor="+page["nextCursor"].(string), nil, auth...)
		if got := append(codes(page), codes(rest)...); strings.Join(got, " ") != strings.Join(made, " ") || rest["nextCursor"] != nil {
			t.Errorf("got %v, want %v", got, made)
		}
		from := w.clock.Now().Add(-time.Minute).Format(time.RFC3339)
		if got := codes(c.Expect(200, "GET", "/api/v1/support/diagnostics?from="+from, nil, auth...)); len(got) != 1 || got[0] != made[0] {
			t.Errorf("since %s: %v", from, got)
		}
		for _, query := range []string{"limit=0", "limit=101", "limit=x", "status=x", "status=pending", "cursor=x", "from=x", "to=yesterday"} {
			c.Refused(422, "invalid", "GET", "/api/v1/support/diagnostics?"+query, nil, auth...)
		}
		path := "/api/v1/support/diagnostics/" + made[0]
		tag := c.Do("GET", path, nil, auth...).Header.Get("ETag")
		c.Refused(428, "precondition-required", "PATCH", path, object{"status": "seen"}, auth...)
		with := func(tag string) []string { return append([]string{"If-Match", tag}, auth...) }
		seen := c.Do("PATCH", path, object{"status": "seen", "note": "Called back\non Monday"}, with(tag)...)
		if seen.Status != 200 || seen.Header.Get("ETag") == tag || !strings.Contains(string(seen.Body), `"status":"seen","size"`) {
			t.Errorf("%d %s %s", seen.Status, seen.Header.Get("ETag"), seen.Body)
		}
		c.Refused(412, "precondition-failed", "PATCH", path, object{"status": "closed"}, with(tag)...)
		c.Refused(412, "precondition-failed", "DELETE", path, nil, with(tag)...)
		c.Refused(422, "invalid", "PATCH", path, object{"status": "pending"}, with("*")...)
		if got := codes(c.Expect(200, "GET", "/api/v1/support/diagnostics?status=new", nil, auth...)); len(got) != 2 {
			t.Errorf("new ones: %v", got)
		}
		c.Expect(204, "DELETE", path, nil, auth...)
		c.Refused(404, "not-found", "DELETE", path, nil, auth...)
		wrong := made[1][:11] + map[bool]string{true: "3", false: "2"}[made[1][11] == '2']
		c.Refused(422, "invalid", "GET", "/api/v1/support/diagnostics/"+wrong, nil, auth...)
	})
}

func TestEveryPullIsAudited(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		auth := w.support()
		id, code := report(t, c, "report", nil)
		path := "/api/v1/support/diagnostics/" + code
		var want []string
		for _, call := range []struct {
			method, action string
			body           any
		}{{"GET", "pull", nil}, {"PATCH", "change", object{"status": "closed"}}, {"GET", "pull", nil}, {"DELETE", "delete", nil}} {
			resp := c.Do(call.method, path, call.body, append([]string{"If-Match", "*"}, auth...)...)
			want = append([]string{call.action + " " + resp.Header.Get("X-Request-Id")}, want...)
			w.clock.Advance(time.Second)
		}
		var got []string
		var actor string
		for _, item := range c.Expect(200, "GET", "/api/v1/support/audit?code="+code, nil, auth...)["items"].([]any) {
			e := item.(object)
			got, actor = append(got, e["action"].(string)+" "+e["requestId"].(string)), e["actor"].(string)
		}
		if strings.Join(got, ", ") != strings.Join(want, ", ") || !strings.HasPrefix(actor, "key:") || strings.Contains(actor, id) {
			t.Errorf("got %v by %s, want %v", got, actor, want)
		}
		if got := c.Expect(200, "GET", "/api/v1/support/audit?actor="+actor+"&limit=3", nil, auth...); len(got["items"].([]any)) != 3 || got["nextCursor"] == nil {
			t.Errorf("got %v", got)
		}
		c.Refused(422, "invalid", "GET", "/api/v1/support/audit?code=x", nil, auth...)
	})
}

// A pull that cannot be written down does not happen.
func TestNoPullWithoutAudit(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		_, code := report(t, c, "report", nil)
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		resp := c.Do("GET", "/api/v1/support/diagnostics/"+code, nil, w.support()...)
		if resp.Status < 500 || strings.Contains(string(resp.Body), "http") {
			t.Errorf("%d %s", resp.Status, resp.Body)
		}
	})
}

// TestFilesAreDown: what needs the store of files is refused for a while; everything else, joining above all, goes on.
func TestFilesAreDown(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		w.create(c, nil)
		_, code := report(t, c, "report", nil)
		pending := announceReport(c, []byte("x"), nil)
		w.files.fail(&problem.Error{Code: problem.Unavailable, Detail: "No files.", RetryAfter: time.Second})
		body := object{"size": 1, "sha256": hexSum([]byte("x"))}
		if resp := c.Refused(503, "unavailable", "POST", reportPath, body); resp.Header.Get("Retry-After") == "" {
			t.Errorf("got %v", resp.Header)
		}
		c.Refused(503, "unavailable", "POST", reportPath+"/"+pending["id"].(string)+"/complete", nil)
		c.Refused(503, "unavailable", "DELETE", "/api/v1/support/diagnostics/"+code, nil, w.support()...)
		c.Expect(200, "GET", "/api/v1/support/diagnostics", nil, w.support()...)
		enter(c)
		identify(c)
		c.Expect(200, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		w.files.fail(nil)
		c.Expect(204, "DELETE", "/api/v1/support/diagnostics/"+code, nil, w.support()...)
	})
}

func TestOnlySupportSupports(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		for _, call := range [][2]string{{"GET", "/api/v1/support/diagnostics"}, {"GET", "/api/v1/support/diagnostics/x"}, {"PATCH", "/api/v1/support/diagnostics/x"},
			{"DELETE", "/api/v1/support/diagnostics/x"}, {"GET", "/api/v1/support/audit"}} {
			for _, auth := range []string{"", "Basic " + w.supportKey, "Bearer", "Bearer x"} {
				if resp := c.Refused(401, "unauthenticated", call[0], call[1], nil, "Authorization", auth); resp.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("%v %q: no WWW-Authenticate", call, auth)
				}
			}
			c.Refused(403, "forbidden", call[0], call[1], nil, "Authorization", "Bearer "+w.organizerKey)
		}
	})
}
