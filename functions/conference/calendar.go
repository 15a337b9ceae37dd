package conference

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/coopnet/coopnet/shared/problem"
)

// Calendar returns the conference as an appointment (RFC 5545) and its version. It never has the password.
func (d *Domain) Calendar(ctx context.Context, id string) (text []byte, version int64, err error) {
	c, err := d.Conference(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	if c.StartsAt == nil {
		return nil, 0, problem.New(problem.Conflict, "The conference has no time: an appointment needs startsAt.")
	}
	text, err = d.appointment(c)
	return text, c.Version, err
}

// appointment depends on the record and on nothing else, so that its version names its bytes.
func (d *Domain) appointment(c *Conference) ([]byte, error) {
	zone, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, fmt.Errorf("find time zone: %w", err)
	}
	cal := ics.NewCalendarFor("Coopnet")
	cal.SetProductId("-//Coopnet//Coopnet//EN")
	cal.SetMethod(ics.MethodPublish)
	host := "coopnet"
	if u, err := url.Parse(d.cfg.PublicURL); err == nil {
		host = u.Hostname()
	}
	event := ics.NewEvent(c.ID + "@" + host)
	event.SetDtStampTime(c.updated())
	event.SetCreatedTime(c.CreatedAt)
	event.SetLastModifiedAt(c.updated())
	event.SetSequence(int(c.Version - 1)) // RFC 5545 section 3.8.7.4: the first is 0
	last := *c.StartsAt
	setTime(event, ics.ComponentPropertyDtStart, last, zone)
	if c.EndsAt != nil {
		last = *c.EndsAt
		setTime(event, ics.ComponentPropertyDtEnd, last, zone)
	}
	if zone != time.UTC {
		addZone(cal, zone, *c.StartsAt, last)
	}
	event.SetSummary(c.heading())
	event.SetDescription(d.instructions(c))
	event.SetLocation(d.cfg.PublicURL)
	event.SetURL(d.cfg.PublicURL)
	event.SetStatus(ics.ObjectStatusConfirmed)
	if !c.EndedAt.IsZero() && c.EndedAt.Before(*c.StartsAt) {
		event.SetStatus(ics.ObjectStatusCancelled)
	}
	cal.AddVEvent(event)
	var out bytes.Buffer
	if err := cal.SerializeTo(&out, ics.WithNewLine("\r\n")); err != nil {
		return nil, fmt.Errorf("write calendar: %w", err)
	}
	return out.Bytes(), nil
}

func (c *Conference) updated() time.Time {
	if c.UpdatedAt.IsZero() {
		return c.CreatedAt
	}
	return c.UpdatedAt
}

func (c *Conference) heading() string {
	if c.Title != "" {
		return c.Title
	}
	return c.Name
}

// instructions are what a guest needs to join, less the password, which travels by another way.
func (d *Domain) instructions(c *Conference) string {
	var b strings.Builder
	if c.Description != "" {
		fmt.Fprintf(&b, "%s\n\n", c.Description)
	}
	fmt.Fprintf(&b, "Open %s\nConference name: %s\nThe password is sent to you separately.\n", d.cfg.PublicURL, c.Name)
	for _, bridge := range c.Bridges {
		label := strings.TrimSpace(bridge.Label + " " + bridge.Country)
		if label == "" {
			label = bridge.Kind
		}
		fmt.Fprintf(&b, "\n%s: %s", label, bridge.Number)
		if bridge.Code != "" {
			fmt.Fprintf(&b, " (code %s)", bridge.Code)
		}
	}
	if c.SupportContact != "" {
		fmt.Fprintf(&b, "\n\nHelp: %s", c.SupportContact)
	}
	return b.String()
}

const (
	localTime = "20060102T150405"
	utcTime   = localTime + "Z"
	offset    = "-0700"
)

func setTime(event *ics.VEvent, property ics.ComponentProperty, at time.Time, zone *time.Location) {
	if zone == time.UTC {
		event.SetProperty(property, at.UTC().Format(utcTime))
		return
	}
	event.SetProperty(property, at.In(zone).Format(localTime), ics.WithTZID(zone.String()))
}

// mostObservances bounds the part of a time zone that a calendar carries: thirty years of summer time.
const mostObservances = 60

// addZone says what the zone's clocks do from first to last and at the next change (RFC 5545 section 3.6.5). Each change
// stands there by itself: rules that repeat would be a guess at what the zone's government will decide.
func addZone(cal *ics.Calendar, zone *time.Location, first, last time.Time) {
	timezone := cal.AddTimezone(zone.String())
	at := first.In(zone)
	for range mostObservances {
		begins, ends := at.ZoneBounds()
		name, to := at.Zone()
		from, wall := to, time.Unix(0, 0).UTC()
		if !begins.IsZero() {
			_, from = begins.Add(-time.Second).Zone()
			wall = begins.UTC().Add(time.Duration(from) * time.Second) // the clocks before the change show this
		}
		var observance ics.Component
		var base *ics.ComponentBase
		if at.IsDST() {
			d := &ics.Daylight{}
			observance, base = d, &d.ComponentBase
		} else {
			s := ics.NewStandard()
			observance, base = s, &s.ComponentBase
		}
		base.SetProperty(ics.ComponentPropertyDtStart, wall.Format(localTime))
		base.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), utcOffset(from))
		base.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), utcOffset(to))
		base.SetProperty(ics.ComponentProperty(ics.PropertyTzname), name)
		timezone.Components = append(timezone.Components, observance)
		if ends.IsZero() || at.After(last) {
			return
		}
		at = ends
	}
}

func utcOffset(seconds int) string {
	return time.Unix(0, 0).In(time.FixedZone("", seconds)).Format(offset)
}
