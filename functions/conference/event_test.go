package conference_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
)

func TestTheEndIsTold(t *testing.T) {
	w := newWorld(t)
	ended := w.create("Ended", func(d *conference.Draft) { d.ExternalID = "crm-7" })
	over := w.create("Over", func(d *conference.Draft) { d.EndsAt = w.in(time.Hour) })
	deleted := w.create("Deleted", nil)
	if is, err := w.Over(t.Context(), over.ID); is || err != nil || len(w.events) > 0 {
		t.Fatalf("%v, %v, told %v", is, err, w.events)
	}
	w.clock.Advance(time.Hour)
	for range 2 {
		if _, err := w.End(t.Context(), ended.ID); err != nil {
			t.Fatal(err)
		}
		if is, err := w.Over(t.Context(), over.ID); !is || err != nil {
			t.Fatal(is, err)
		}
	}
	if err := w.Delete(t.Context(), deleted.ID, nil); err != nil {
		t.Fatal(err)
	}
	if is, err := w.Over(t.Context(), deleted.ID); !is || err != nil {
		t.Fatal(is, err)
	}
	told := map[string]conference.Event{}
	for _, e := range w.events {
		told[e.ID] = e
	}
	if len(told) != 3 || len(w.events) != 5 { // the same end is the same event
		t.Errorf("told %v", w.events)
	}
	for _, e := range told {
		text, err := json.Marshal(e.Data)
		if err != nil || e.Type != "conference.ended" || !e.At.Equal(w.clock.Now()) || !strings.HasPrefix(e.ID, "evt_") {
			t.Errorf("got %+v, %s, %v", e, text, err)
		}
		if strings.Contains(string(text), ended.ID) && !strings.Contains(string(text), `"externalId":"crm-7"`) {
			t.Errorf("got %s", text)
		}
	}

	// Days later nobody remembers that it was told.
	w.clock.Advance(73 * time.Hour)
	w.events = nil
	if err := w.Delete(t.Context(), ended.ID, nil); err != nil || len(w.events) > 0 {
		t.Errorf("%v, told again %v", err, w.events)
	}
}
