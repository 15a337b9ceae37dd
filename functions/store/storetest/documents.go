package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/documents"
)

// OpenDocuments opens an empty store.
type OpenDocuments func(t *testing.T, now func() time.Time) documents.Store

// NewDocument is a document of the conference "c" that everybody there sees.
func NewDocument(id string, now time.Time) *documents.Document {
	return &documents.Document{
		Conference: "c", ID: id, Status: documents.StatusReady, Key: "documents/" + id, Name: "Étude.pdf", Type: "application/pdf", Size: 7, SHA256: [32]byte{2},
		By: documents.Author{Participant: "p", Name: "Ada", Person: "person-1"}, AddedAt: now, UploadEnds: now.Add(time.Minute),
		ExpiresAt: now.Add(time.Hour), DueAt: now.Add(time.Hour), Version: 1,
	}
}

// TestDocuments is the suite of documents.Store.
func TestDocuments(t *testing.T, open OpenDocuments) {
	for name, test := range map[string]func(*testing.T, documents.Store, *Clock){
		"create and read":        documentCreateAndRead,
		"compare and swap":       documentCompareAndSwap,
		"one of many creates":    documentOneOfMany,
		"many at once are seen":  documentManyAtOnce,
		"of a conference":        documentsOfConference,
		"of a person":            documentsOfPerson,
		"due":                    documentsDue,
		"cancelled context":      documentCancelled,
		"nothing goes by itself": documentsStay,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(t, open(t, clock.Now), clock)
		})
	}
}

func addDocument(t *testing.T, s documents.Store, doc *documents.Document) *documents.Document {
	t.Helper()
	if err := s.CreateDocument(t.Context(), doc); err != nil {
		t.Fatalf("create %s: %v", doc.ID, err)
	}
	return doc
}

func documentCreateAndRead(t *testing.T, s documents.Store, clock *Clock) {
	made := addDocument(t, s, NewDocument("A", clock.Now()))
	got, err := s.Document(t.Context(), "c", "A")
	if err != nil || !reflect.DeepEqual(got, made) {
		t.Errorf("got %+v, %v; want %+v", got, err, made)
	}
	for _, at := range [][2]string{{"c", "B"}, {"d", "A"}} {
		_, err = s.Document(t.Context(), at[0], at[1])
		want(t, "unknown", err, documents.ErrNotFound)
	}
	want(t, "taken", s.CreateDocument(t.Context(), NewDocument("A", clock.Now())), documents.ErrConflict)
	if err := s.DeleteDocument(t.Context(), "d", "A"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Document(t.Context(), "c", "A"); err != nil {
		t.Errorf("another conference's deletion: %v", err)
	}
	for range 2 { // a missing one is fine
		if err := s.DeleteDocument(t.Context(), "c", "A"); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.Document(t.Context(), "c", "A")
	want(t, "deleted", err, documents.ErrNotFound)
}

func documentCompareAndSwap(t *testing.T, s documents.Store, clock *Clock) {
	addDocument(t, s, NewDocument("A", clock.Now()))
	a, errA := s.Document(t.Context(), "c", "A")
	b, errB := s.Document(t.Context(), "c", "A")
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	a.Status, b.Status = documents.StatusErased, documents.StatusPending
	if err := s.UpdateDocument(t.Context(), a); err != nil || a.Version != 2 {
		t.Fatalf("got version %d, %v", a.Version, err)
	}
	want(t, "stale update", s.UpdateDocument(t.Context(), b), documents.ErrConflict)
	if got, err := s.Document(t.Context(), "c", "A"); err != nil || got.Status != documents.StatusErased || got.Version != 2 || b.Version != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	want(t, "unknown", s.UpdateDocument(t.Context(), NewDocument("B", clock.Now())), documents.ErrConflict)
}

func documentOneOfMany(t *testing.T, s documents.Store, clock *Clock) {
	if won := race(t, 20, documents.ErrConflict, func(ctx context.Context, _ int) error {
		return s.CreateDocument(ctx, NewDocument("A", clock.Now()))
	}); won != 1 {
		t.Errorf("%d writers won", won)
	}
}

// documentManyAtOnce: whoever counts after writing sees everything that was written before. The bounds of a conference rest
// on it.
func documentManyAtOnce(t *testing.T, s documents.Store, clock *Clock) {
	seen := make([]int, 20)
	race(t, len(seen), documents.ErrConflict, func(ctx context.Context, i int) error {
		if err := s.CreateDocument(ctx, NewDocument(fmt.Sprintf("D%02d", i), clock.Now())); err != nil {
			return err
		}
		all, err := s.Documents(ctx, "c")
		seen[i] = len(all)
		return err
	})
	if slices.Max(seen) != len(seen) {
		t.Errorf("of %d who wrote, the last to count saw %d", len(seen), slices.Max(seen))
	}
}

func ids(list []*documents.Document) []string {
	found := []string{}
	for _, doc := range list {
		found = append(found, doc.ID)
	}
	slices.Sort(found)
	return found
}

func documentsOfConference(t *testing.T, s documents.Store, clock *Clock) {
	for _, id := range []string{"A", "B"} {
		addDocument(t, s, NewDocument(id, clock.Now()))
	}
	other := NewDocument("C", clock.Now())
	other.Conference = "c2"
	addDocument(t, s, other)
	for conference, expected := range map[string][]string{"c": {"A", "B"}, "c2": {"C"}, "c3": {}} {
		if got, err := s.Documents(t.Context(), conference); err != nil || !slices.Equal(ids(got), expected) {
			t.Errorf("%s: %v, %v", conference, ids(got), err)
		}
	}
}

func documentsOfPerson(t *testing.T, s documents.Store, clock *Clock) {
	for i := range 5 {
		doc := NewDocument(fmt.Sprint("D", i), clock.Now())
		doc.Conference = fmt.Sprint("c", i%2)
		doc.By.Person = []string{"person-1", "person-2", ""}[i%3]
		addDocument(t, s, doc)
	}
	of := func(person string, limit int) []string {
		t.Helper()
		list, err := s.DocumentsBy(t.Context(), person, limit)
		if err != nil {
			t.Fatal(err)
		}
		return ids(list)
	}
	if got := of("person-1", 10); !slices.Equal(got, []string{"D0", "D3"}) {
		t.Errorf("got %v", got)
	}
	if got := of("person-1", 1); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if got := of("person-3", 10); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	erased, err := s.Document(t.Context(), "c0", "D0")
	if err != nil {
		t.Fatal(err)
	}
	erased.By = documents.Author{}
	if err := s.UpdateDocument(t.Context(), erased); err != nil {
		t.Fatal(err)
	}
	if got := of("person-1", 10); !slices.Equal(got, []string{"D3"}) {
		t.Errorf("after one is nobody's: %v", got)
	}
}

func documentsDue(t *testing.T, s documents.Store, clock *Clock) {
	addDocument(t, s, NewDocument("A", clock.Now()))
	later := NewDocument("B", clock.Now())
	later.DueAt = clock.Now().Add(2 * time.Hour)
	addDocument(t, s, later)
	due := func(after time.Duration, limit int) []string {
		t.Helper()
		list, err := s.DueDocuments(t.Context(), clock.Now().Add(after), limit)
		if err != nil {
			t.Fatal(err)
		}
		return ids(list)
	}
	if got := due(time.Hour-time.Millisecond, 10); len(got) != 0 {
		t.Errorf("too early: %v", got)
	}
	if got := due(time.Hour, 10); !slices.Equal(got, []string{"A"}) {
		t.Errorf("got %v", got)
	}
	if got := due(3*time.Hour, 1); !slices.Equal(got, []string{"A"}) {
		t.Errorf("the first: %v", got)
	}
	a, err := s.Document(t.Context(), "c", "A")
	if err != nil {
		t.Fatal(err)
	}
	a.DueAt = clock.Now().Add(5 * time.Hour)
	if err := s.UpdateDocument(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if got := due(3*time.Hour, 10); !slices.Equal(got, []string{"B"}) {
		t.Errorf("after one was put off: %v", got)
	}
}

func documentsStay(t *testing.T, s documents.Store, clock *Clock) {
	addDocument(t, s, NewDocument("A", clock.Now()))
	clock.Advance(1000 * time.Hour)
	if got, err := s.Document(t.Context(), "c", "A"); err != nil || got.ID != "A" {
		t.Errorf("got %v, %v", got, err)
	}
}

func documentCancelled(t *testing.T, s documents.Store, clock *Clock) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, "create", s.CreateDocument(ctx, NewDocument("A", clock.Now())), context.Canceled)
	_, err := s.Document(ctx, "c", "A")
	want(t, "read", err, context.Canceled)
	_, err = s.Documents(ctx, "c")
	want(t, "list", err, context.Canceled)
	_, err = s.Document(t.Context(), "c", "A")
	want(t, "nothing was stored", err, documents.ErrNotFound)
}
