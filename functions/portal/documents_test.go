package portal_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/portal/portaltest"
	"github.com/coopnet/coopnet/shared/problem"
)

const documentsPath = "/api/v1/documents"

// offer announces a document.
func offer(c *portaltest.Client, name string, content []byte) object {
	return c.Expect(201, "POST", documentsPath, object{"name": name, "type": "application/pdf", "size": len(content), "sha256": hexSum(content)})
}

// add makes a complete one and returns its id.
func add(t *testing.T, c *portaltest.Client, name, content string) string {
	t.Helper()
	made := offer(c, name, []byte(content))
	if !send(t, made["upload"].(object), []byte(content)) {
		t.Fatal("the upload was refused")
	}
	id := made["id"].(string)
	if done := c.Expect(200, "POST", documentsPath+"/"+id+"/complete", nil); done["id"] != id || done["own"] != true {
		t.Fatalf("got %v", done)
	}
	return id
}

func documentNames(c *portaltest.Client) string {
	var names []string
	for _, item := range c.Expect(200, "GET", documentsPath, nil)["items"].([]any) {
		names = append(names, item.(object)["name"].(string))
	}
	return strings.Join(names, " ")
}

// guest is another browser of somebody from outside.
func guest(c *portaltest.Client) *portaltest.Client {
	g := c.Fork()
	clear(g.Cookies)
	enter(g)
	identify(g)
	return g
}

func TestDocumentFromOneToAll(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, nil)
		inside, outside := w.colleague(c, id), guest(c)
		doc := add(t, inside, "Étude \u202e2.pdf", "%PDF-1.7 <script>")
		w.clock.Advance(time.Second)
		add(t, inside, "b.png", "png")
		list := outside.Expect(200, "GET", documentsPath, nil)
		first := list["items"].([]any)[0].(object)
		if first["id"] != doc || first["name"] != "Étude 2.pdf" || first["own"] != false || first["by"].(object)["name"] != "Anne Martin" || list["mayAdd"] != false {
			t.Errorf("got %v", list)
		}
		if documentNames(outside) != "Étude 2.pdf b.png" {
			t.Errorf("got %s", documentNames(outside))
		}
		link := outside.Expect(200, "GET", documentsPath+"/"+doc+"/content", nil)
		resp, got := fetch(t, link["url"].(string))
		if string(got) != "%PDF-1.7 <script>" || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment;") ||
			resp.Header.Get("Content-Type") != "application/octet-stream" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("got %v %s", resp.Header, got)
		}
		w.clock.Advance(5 * time.Minute)
		if resp, _ := fetch(t, link["url"].(string)); resp.StatusCode != http.StatusForbidden {
			t.Errorf("after five minutes: %d", resp.StatusCode)
		}
		w.clock.Advance(30 * 24 * time.Hour) // the conference's retention: whatever Clean does
		inside = w.colleague(c, id)
		if documentNames(inside) != "" {
			t.Errorf("after their retention: %s", documentNames(inside))
		}
		inside.Refused(404, "not-found", "GET", documentsPath+"/"+doc+"/content", nil)
		if n, err := w.documents.Clean(t.Context()); n != 2 || err != nil || len(w.files.keys(t)) > 0 {
			t.Errorf("cleaned %d, %v; left %v", n, err, w.files.keys(t))
		}
	})
}

// TestWhoMayDoWhatWithDocuments: guests read, and add only where they may share; nobody touches what is another's.
func TestWhoMayDoWhatWithDocuments(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, nil)
		body := object{"name": "a", "size": 1, "sha256": hexSum([]byte("a"))}
		c.Refused(401, "unauthenticated", "GET", documentsPath, nil)
		unnamed := c.Fork()
		enter(unnamed)
		unnamed.Refused(409, "conflict", "GET", documentsPath, nil)
		inside, other, outside := w.colleague(c, id), w.colleague(c, id), guest(c)
		outside.Refused(403, "forbidden", "POST", documentsPath, body)
		w.clock.Advance(2 * time.Second)
		auth := []string{"Authorization", "Bearer " + w.organizerKey}
		c.Expect(200, "PATCH", "/api/v1/conferences/"+id, object{"permissions": object{"guestShare": "browser"}}, append(auth, "If-Match", "*")...)
		w.clock.Advance(2 * time.Second)
		theirs, ours := add(t, outside, "guest.pdf", "guest"), add(t, inside, "ours.pdf", "ours")
		pending := offer(inside, "pending.pdf", []byte("pending"))["id"].(string)
		for _, stranger := range []*portaltest.Client{other, outside} {
			for _, call := range []string{"POST /complete", "POST /upload", "GET /content", "DELETE "} {
				method, rest, _ := strings.Cut(call, " ")
				stranger.Refused(404, "not-found", method, documentsPath+"/"+pending+rest, nil)
			}
		}
		outside.Refused(403, "forbidden", "DELETE", documentsPath+"/"+ours, nil)
		inside.Expect(204, "DELETE", documentsPath+"/"+theirs, nil)
		inside.Expect(204, "DELETE", documentsPath+"/"+pending, nil)
		other.Expect(204, "DELETE", documentsPath+"/"+ours, nil)
		other.Refused(404, "not-found", "DELETE", documentsPath+"/"+ours, nil)
		if names := documentNames(inside); names != "" {
			t.Errorf("left: %s", names)
		}
		b := w.create(c, object{"name": "Team B"})
		elsewhere, kept := w.colleague(c, b), add(t, inside, "kept.pdf", "kept")
		elsewhere.Refused(404, "not-found", "GET", documentsPath+"/"+kept+"/content", nil)
		elsewhere.Refused(404, "not-found", "DELETE", documentsPath+"/"+kept, nil)
		if names := documentNames(elsewhere); names != "" {
			t.Errorf("another conference sees %s", names)
		}
	})
}

// TestDocumentsAreBehindTheDoor: who waits in the lobby, and who was removed, sees nothing.
func TestDocumentsAreBehindTheDoor(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, object{"guestPolicy": "lobby"})
		inside, outside := w.colleague(c, id), guest(c)
		add(t, inside, "a.pdf", "a")
		outside.Refused(403, "forbidden", "GET", documentsPath, nil) // nobody knocks by it
		if waits := inside.Expect(200, "GET", "/api/v1/lobby", nil)["items"].([]any); len(waits) > 0 {
			t.Errorf("at the door: %v", waits)
		}
		outside.Expect(202, "POST", "/api/v1/join-tokens", object{"mode": "browser"})
		outside.Refused(403, "forbidden", "GET", documentsPath, nil)
		pid := inside.Expect(200, "GET", "/api/v1/lobby", nil)["items"].([]any)[0].(object)["id"].(string)
		inside.Expect(200, "POST", "/api/v1/lobby/"+pid, object{"admit": true})
		if documentNames(outside) != "a.pdf" {
			t.Error("nothing after being let in")
		}
	})
}

// TestDocumentUploadCut: nobody sees what has not come whole; it can be tried again, and what never comes goes.
func TestDocumentUploadCut(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, nil)
		inside := w.colleague(c, id)
		content := []byte("a document")
		made := offer(inside, "a.pdf", content)
		at := documentsPath + "/" + made["id"].(string)
		if send(t, made["upload"].(object), content[:5]) {
			t.Error("half a file was taken")
		}
		inside.Refused(409, "conflict", "POST", at+"/complete", nil)
		if names := documentNames(inside); names != "" {
			t.Errorf("seen: %s", names)
		}
		w.files.put(t, made["upload"].(object), []byte("something else"))
		inside.Refused(409, "conflict", "POST", at+"/complete", nil)
		w.clock.Advance(31 * time.Minute)
		if send(t, made["upload"].(object), content) {
			t.Error("an old link was taken")
		}
		if !send(t, inside.Expect(200, "POST", at+"/upload", nil)["upload"].(object), content) {
			t.Error("the second upload was refused")
		}
		for range 2 {
			inside.Expect(200, "POST", at+"/complete", nil)
		}
		inside.Refused(409, "conflict", "POST", at+"/upload", nil)
		offer(inside, "never.pdf", []byte("never"))
		w.clock.Advance(12 * time.Hour)
		inside = w.colleague(c, id)
		w.clock.Advance(time.Hour)
		if n, err := w.documents.Clean(t.Context()); n != 1 || err != nil || documentNames(inside) != "a.pdf" {
			t.Errorf("cleaned %d, %v; left %s", n, err, documentNames(inside))
		}
	})
}

// TestDocumentsAreBounded, also where many add at once.
func TestDocumentsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, nil)
		people := make([]*portaltest.Client, 6)
		for i := range people {
			people[i] = w.colleague(c, id)
		}
		var adding sync.WaitGroup
		var mu sync.Mutex
		taken := 0
		for _, p := range people {
			adding.Go(func() {
				for i := range 11 {
					resp := p.Do("POST", documentsPath, object{"name": fmt.Sprint(i), "size": 11 << 20, "sha256": hexSum(nil)})
					mu.Lock()
					if resp.Status == 201 {
						taken++
					} else if resp.Status != 409 {
						t.Errorf("%d %s", resp.Status, resp.Body)
					}
					mu.Unlock()
				}
			})
		}
		adding.Wait()
		if taken > 45 || taken < 35 { // 45 times 11 MB are below 500 MB
			t.Errorf("%d were taken", taken)
		}
		people[0].Refused(409, "conflict", "POST", documentsPath, object{"name": "x", "size": 50 << 20, "sha256": hexSum(nil)})
		for taken < 50 {
			resp := people[1].Do("POST", documentsPath, object{"name": "small", "size": 1, "sha256": hexSum(nil)})
			if resp.Status != 201 {
				t.Fatalf("after %d: %d %s", taken, resp.Status, resp.Body)
			}
			taken++
		}
		people[2].Refused(409, "conflict", "POST", documentsPath, object{"name": "x", "size": 1, "sha256": hexSum(nil)})
		w.clock.Advance(13 * time.Hour) // those that never came take no place
		add(t, w.colleague(c, id), "later.pdf", "later")
	})
}

func TestDocumentsAreLimited(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		inside := w.colleague(c, w.create(c, nil))
		id := add(t, inside, "a.pdf", "a")
		refused := 0
		for range 130 {
			if resp := inside.Do("GET", documentsPath+"/"+id+"/content", nil); resp.Status == 429 && resp.Header.Get("Retry-After") != "" {
				refused++
			}
		}
		if refused != 10 {
			t.Errorf("%d of 130 were refused", refused)
		}
	})
}

// TestDocumentsGoWithTheConference, whoever ends it and whether or not anybody is told.
func TestDocumentsGoWithTheConference(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		auth := []string{"Authorization", "Bearer " + w.organizerKey}
		a := w.create(c, nil)
		inside := w.colleague(c, a)
		id := add(t, inside, "a.pdf", "a")
		late := offer(inside, "late.pdf", []byte("late"))
		link := inside.Expect(200, "GET", documentsPath+"/"+id+"/content", nil)["url"].(string)
		c.Expect(200, "POST", "/api/v1/conferences/"+a+"/end", nil, auth...)
		if keys := w.files.keys(t); len(keys) > 0 {
			t.Errorf("left: %v", keys)
		}
		if resp, _ := fetch(t, link); resp.StatusCode != http.StatusNotFound {
			t.Errorf("the link still answers %d", resp.StatusCode)
		}
		inside.Refused(403, "conference-denied", "GET", documentsPath, nil)
		inside.Refused(403, "conference-denied", "POST", documentsPath+"/"+late["id"].(string)+"/complete", nil)
		send(t, late["upload"].(object), []byte("late")) // the signature is still good; what comes is found
		w.clock.Advance(2 * time.Hour)
		if n, err := w.documents.Clean(t.Context()); n != 0 || err != nil || len(w.files.keys(t)) > 0 {
			t.Errorf("cleaned %d, %v; left %v", n, err, w.files.keys(t))
		}

		b := w.create(c, object{"name": "Team B", "endsAt": w.clock.Now().Add(40 * time.Minute)})
		add(t, w.colleague(c, b), "b.pdf", "b")
		if n, err := w.documents.Clean(t.Context()); n != 0 || err != nil {
			t.Errorf("cleaned %d, %v", n, err)
		}
		w.clock.Advance(41 * time.Minute)
		if n, err := w.documents.Clean(t.Context()); n != 1 || err != nil || len(w.files.keys(t)) > 0 {
			t.Errorf("after the end: cleaned %d, %v; left %v", n, err, w.files.keys(t))
		}
	})
}

// TestDocumentsWithoutFiles: a store of files that is down refuses documents, hinders nobody's end, and loses nothing.
func TestDocumentsWithoutFiles(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, nil)
		inside := w.colleague(c, id)
		doc := add(t, inside, "a.pdf", "a")
		w.files.fail(&problem.Error{Code: problem.Unavailable, RetryAfter: time.Second, Cause: errors.New("down")})
		inside.Refused(503, "unavailable", "POST", documentsPath, object{"name": "b", "size": 1, "sha256": hexSum(nil)})
		inside.Refused(503, "unavailable", "DELETE", documentsPath+"/"+doc, nil)
		if documentNames(inside) != "a.pdf" {
			t.Error("the list needs no files")
		}
		c.Expect(200, "POST", "/api/v1/conferences/"+id+"/end", nil, "Authorization", "Bearer "+w.organizerKey)
		w.files.fail(nil)
		w.clock.Advance(time.Hour)
		if n, err := w.documents.Clean(t.Context()); n != 1 || err != nil || len(w.files.keys(t)) > 0 {
			t.Errorf("cleaned %d, %v; left %v", n, err, w.files.keys(t))
		}
	})
}

// TestDocumentsOfAPerson go when the person is erased, and no others.
func TestDocumentsOfAPerson(t *testing.T) {
	each(t, func(t *testing.T, w *world, c *portaltest.Client) {
		id := w.create(c, object{"permissions": object{"guestShare": "browser"}})
		inside, outside := w.colleague(c, id), guest(c)
		add(t, inside, "a.pdf", "a")
		add(t, outside, "b.pdf", "b")
		offer(outside, "pending.pdf", []byte("c"))
		if n, err := w.documents.Erase(t.Context(), "James@Example.org "); n != 2 || err != nil {
			t.Errorf("erased %d, %v", n, err)
		}
		if names := documentNames(inside); names != "a.pdf" || len(w.files.keys(t)) != 1 {
			t.Errorf("left: %s", names)
		}
		if n, err := w.documents.Erase(t.Context(), ""); n != 0 || err != nil {
			t.Errorf("of nobody: %d, %v", n, err)
		}
	})
}
