package conference_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/shared/problem"
)

func (w *world) calendar(id string) string {
	w.t.Helper()
	text, _, err := w.Calendar(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func unfolded(text string) []string {
	return strings.Split(strings.ReplaceAll(text, "\r\n ", ""), "\r\n")
}

func TestCalendar(t *testing.T) {
	w := newWorld(t)
	c := w.create("Team \u00e9, one; two", func(d *conference.Draft) {
		d.StartsAt, d.EndsAt, d.Timezone = w.in(24*time.Hour), w.in(25*time.Hour), "Europe/Paris"
		d.Description = strings.Repeat("A long story \u2014 with \\ and, so on.\n", 10)
		d.Bridges = []conference.Bridge{{Kind: "audio", Label: "Paris", Country: "FR", Number: "+33 1", Code: "42#"}, {Kind: "video", Number: "x@y"}}
		d.SupportContact = "+33 2"
	})
	text := w.calendar(c.ID)
	for i, line := range strings.Split(text, "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %d: %q", i, line)
		}
	}
	lines := unfolded(text)
	for _, want := range []string{
		"METHOD:PUBLISH", "UID:" + c.ID + "@coopnet.example", "SEQUENCE:0", "DTSTAMP:20260302T090000Z", "STATUS:CONFIRMED",
		"DTSTART;TZID=Europe/Paris:20260303T100000", "DTEND;TZID=Europe/Paris:20260303T110000", `SUMMARY:Team é\, one\; two`,
		"TZID:Europe/Paris",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s is missing in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	for _, want := range []string{"https://coopnet.example", `Conference name: Team é\, one\; two`, `Paris FR: +33 1 (code 42#)\nvideo: x@y`, "Help: +33 2"} {
		if !strings.Contains(strings.Join(lines, "\n"), want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(text, "correct horse") {
		t.Error("it has the password")
	}
	w.clock.Advance(time.Hour)
	if again := w.calendar(c.ID); again != text {
		t.Error("the same version has other bytes")
	}
	w.patch(c.ID, `{"title":"Review"}`)
	lines = unfolded(w.calendar(c.ID))
	for _, want := range []string{"UID:" + c.ID + "@coopnet.example", "SEQUENCE:1", "SUMMARY:Review", "DTSTAMP:20260302T100000Z"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if _, err := w.End(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(w.calendar(c.ID), "STATUS:CANCELLED") {
		t.Error("it was ended before it began and is not cancelled")
	}
	_, _, err := w.Calendar(t.Context(), w.create("At any time", nil).ID)
	wantCode(t, err, problem.Conflict)
	_, _, err = w.Calendar(t.Context(), "unknown")
	wantCode(t, err, problem.NotFound)
}

// observance is a part of a VTIMEZONE as a calendar program uses it.
type observance struct {
	start    time.Time // wall clock before the change
	from, to int
}

func observances(t *testing.T, text string) []observance {
	t.Helper()
	cal, err := ics.ParseCalendar(bytes.NewReader([]byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	var found []observance
	for _, zone := range cal.Timezones() {
		for _, part := range zone.SubComponents() {
			var base *ics.ComponentBase
			switch p := part.(type) {
			case *ics.Standard:
				base = &p.ComponentBase
			case *ics.Daylight:
				base = &p.ComponentBase
			default:
				t.Fatalf("%T in a time zone", part)
			}
			start, err := time.Parse("20060102T150405", base.GetProperty(ics.ComponentPropertyDtStart).Value)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, observance{start, seconds(t, base, "TZOFFSETFROM"), seconds(t, base, "TZOFFSETTO")})
		}
	}
	return found
}

func seconds(t *testing.T, base *ics.ComponentBase, name string) int {
	t.Helper()
	at, err := time.Parse("-0700", base.GetProperty(ics.ComponentProperty(name)).Value)
	if err != nil {
		t.Fatal(err)
	}
	_, offset := at.Zone()
	return offset
}

// TestCalendarZones does what a calendar program does: it finds the instant of a wall clock by the VTIMEZONE alone.
func TestCalendarZones(t *testing.T) {
	for i, c := range []struct{ zone, starts, ends string }{
		{"Europe/Paris", "2026-03-28T22:00:00Z", "2026-03-29T03:00:00Z"}, // over the change to summer time
		{"Europe/Paris", "2026-10-24T20:00:00Z", "2026-10-25T04:00:00Z"}, // and back
		{"Europe/Paris", "2026-07-01T08:00:00Z", "2026-07-01T09:00:00Z"}, // in the middle of summer
		{"America/New_York", "2026-11-01T03:00:00Z", "2026-11-01T09:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-04T10:00:00Z", "2026-04-04T20:00:00Z"}, // half an hour of it
		{"Asia/Kolkata", "2026-04-04T10:00:00Z", "2026-04-04T20:00:00Z"},        // none any more
		{"Etc/GMT+5", "2026-04-04T10:00:00Z", "2026-04-04T20:00:00Z"},           // never any
		{"Africa/Casablanca", "2027-01-20T10:00:00Z", "2027-04-20T10:00:00Z"},   // around Ramadan
		{"Europe/Dublin", "2026-03-20T10:00:00Z", "2028-01-01T00:00:00Z"},       // for years; winter time is the one that Go calls so
	} {
		w := newWorld(t)
		starts, _ := time.Parse(time.RFC3339, c.starts)
		ends, _ := time.Parse(time.RFC3339, c.ends)
		conf := w.create(fmt.Sprint("Team ", i), func(d *conference.Draft) { d.StartsAt, d.EndsAt, d.Timezone = &starts, &ends, c.zone })
		text := w.calendar(conf.ID)
		parts := observances(t, text)
		for name, want := range map[string]time.Time{"DTSTART": starts, "DTEND": ends} {
			prefix := name + ";TZID=" + c.zone + ":"
			at := slices.IndexFunc(unfolded(text), func(line string) bool { return strings.HasPrefix(line, prefix) })
			if at < 0 {
				t.Fatalf("no %s in %s", prefix, text)
			}
			wall, err := time.Parse("20060102T150405", strings.TrimPrefix(unfolded(text)[at], prefix))
			if err != nil {
				t.Fatal(err)
			}
			if got := instant(wall, parts); !got.Equal(want) {
				t.Errorf("%s %s: %s is %v, want %v by\n%s", c.zone, name, wall, got, want, text)
			}
		}
	}
	w := newWorld(t)
	for _, zone := range []string{"", "UTC"} {
		c := w.create("Zone"+zone, func(d *conference.Draft) { d.StartsAt, d.Timezone = w.in(time.Hour), zone })
		if text := w.calendar(c.ID); !strings.Contains(text, "DTSTART:20260302T100000Z") || strings.Contains(text, "VTIMEZONE") || strings.Contains(text, "DTEND") {
			t.Errorf("%q: %s", zone, text)
		}
	}
}

// instant takes the last observance that has begun by the wall clock.
func instant(wall time.Time, parts []observance) time.Time {
	slices.SortFunc(parts, func(a, b observance) int { return a.start.Compare(b.start) })
	offset := parts[0].from
	for _, p := range parts {
		if !wall.Before(p.start) {
			offset = p.to
		}
	}
	return wall.Add(-time.Duration(offset) * time.Second)
}
