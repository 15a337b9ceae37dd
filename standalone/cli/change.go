package cli

import (
	"context"
	"fmt"
	"net/url"
	"text/tabwriter"
	"time"
)

// conferenceSet sends what was given and nothing else. "" takes away: the server's default comes back.
func (t Terminal) conferenceSet(ctx context.Context, f *conferenceFlags, words []string) error {
	if err := f.checkTimes(); err != nil {
		return err
	}
	patch := map[string]any{}
	for name, setting := range map[string]struct{ member, text string }{
		"title": {"title", f.title}, "starts": {"startsAt", f.starts}, "ends": {"endsAt", f.ends}, "guests": {"guestPolicy", f.guests},
		"timezone": {"timezone", f.timezone},
	} {
		if f.given[name] && setting.text == "" {
			patch[setting.member] = nil
		} else if f.given[name] {
			patch[setting.member] = setting.text
		}
	}
	if f.given["guest-share"] {
		patch["permissions"] = map[string]string{"guestShare": f.guestShare}
	}
	if f.given["bridge"] {
		patch["bridges"] = f.bridges
	}
	if len(patch) == 0 {
		return usagef("conference set needs something to set, such as --title")
	}
	var changed conferenceAnswer
	raw, err := t.call(ctx, f, "PATCH", conferencePath(words, ""), patch, &changed)
	if err != nil {
		return err
	}
	if f.asJSON {
		return t.raw(raw)
	}
	_, err = fmt.Fprintf(t.Out, "%s is changed.\n", changed.Name)
	return err
}

func (t Terminal) conferencePassword(ctx context.Context, f *conferenceFlags, words []string) error {
	password, err := t.password(f.passwordFile)
	if err != nil {
		return err
	}
	body := map[string]string{}
	if password != "" {
		body["password"] = password
	}
	var changed conferenceAnswer
	raw, err := t.call(ctx, f, "POST", conferencePath(words, "/password"), body, &changed)
	if err != nil {
		return err
	}
	if f.asJSON {
		return t.raw(raw)
	}
	if changed.Password != "" {
		fmt.Fprintf(t.Out, "Password  %s\nThe password is shown only now. ", changed.Password)
	}
	_, err = fmt.Fprintln(t.Out, "The former one does not work any more. Who has joined with it stays until the connection is lost.")
	return err
}

func (t Terminal) conferenceDelete(ctx context.Context, f *conferenceFlags, words []string) error {
	if _, err := t.call(ctx, f, "DELETE", conferencePath(words, ""), nil, nil); err != nil || f.asJSON {
		return err
	}
	_, err := fmt.Fprintln(t.Out, "The conference has ended and is forgotten.")
	return err
}

// conferenceCalendar prints what calendars read, to be redirected into a file.
func (t Terminal) conferenceCalendar(ctx context.Context, f *conferenceFlags, words []string) error {
	text, err := t.fetch(ctx, &f.server, "GET", conferencePath(words, "/invite.ics"), nil)
	if err != nil {
		return err
	}
	_, err = t.Out.Write(text)
	return err
}

func (t Terminal) conferenceInvitations(ctx context.Context, f *conferenceFlags, words []string) error {
	type invitation struct {
		ID, Kind, Name, Email string
		ExpiresAt             time.Time
		RevokedAt             *time.Time
	}
	table := tabwriter.NewWriter(t.Out, 0, 0, 3, ' ', 0)
	if !f.asJSON {
		fmt.Fprintln(table, "ID\tKIND\tSTATE\tFOR")
	}
	err := listAll(ctx, t, f, conferencePath(words, "/invitations"), url.Values{}, func(inv invitation) {
		state := "until " + moment(&inv.ExpiresAt)
		if inv.RevokedAt != nil {
			state = "revoked " + moment(inv.RevokedAt)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", inv.ID, inv.Kind, state, inv.Name)
	})
	if err != nil {
		return err
	}
	return table.Flush()
}

func (t Terminal) conferenceLobby(ctx context.Context, f *conferenceFlags, words []string) error {
	type guest struct {
		ID, Name string
		AskedAt  time.Time
	}
	table := tabwriter.NewWriter(t.Out, 0, 0, 3, ' ', 0)
	if !f.asJSON {
		fmt.Fprintln(table, "ID\tSINCE\tNAME, AS THE GUEST SAYS")
	}
	err := listAll(ctx, t, f, conferencePath(words, "/lobby"), url.Values{}, func(g guest) {
		fmt.Fprintf(table, "%s\t%s\t%s\n", g.ID, g.AskedAt.Local().Format(time.TimeOnly), g.Name)
	})
	if err != nil {
		return err
	}
	return table.Flush()
}

func (t Terminal) conferenceAdmit(ctx context.Context, f *conferenceFlags, words []string) error {
	return t.decide(ctx, f, words, true, "%s is let in.\n")
}

func (t Terminal) conferenceRefuse(ctx context.Context, f *conferenceFlags, words []string) error {
	return t.decide(ctx, f, words, false, "%s is refused.\n")
}

func (t Terminal) decide(ctx context.Context, f *conferenceFlags, words []string, admit bool, said string) error {
	var guest struct{ Name string }
	path := conferencePath(words, "/lobby/"+url.PathEscape(words[1]))
	raw, err := t.call(ctx, f, "POST", path, map[string]bool{"admit": admit}, &guest)
	if err != nil {
		return err
	}
	if f.asJSON {
		return t.raw(raw)
	}
	_, err = fmt.Fprintf(t.Out, said, guest.Name)
	return err
}

// listAll follows the cursors of a list. As JSON it prints one page a line.
func listAll[T any](ctx context.Context, t Terminal, f *conferenceFlags, path string, query url.Values, each func(item T)) error {
	query.Set("limit", "100")
	for {
		var page struct {
			Items      []T
			NextCursor string
		}
		raw, err := t.call(ctx, f, "GET", path+"?"+query.Encode(), nil, &page)
		if err != nil {
			return err
		}
		if f.asJSON {
			if err := t.raw(raw); err != nil {
				return err
			}
		} else {
			for _, item := range page.Items {
				each(item)
			}
		}
		if page.NextCursor == "" {
			return nil
		}
		query.Set("cursor", page.NextCursor)
	}
}
