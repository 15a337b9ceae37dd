package cli

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

type webhookAnswer struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	Events    []string  `json:"events"`
	CreatedAt time.Time `json:"createdAt"`
	Secret    string    `json:"secret"`
}

func (t Terminal) webhook(ctx context.Context, args []string) error {
	f := t.conferenceDefaults()
	flags := flag.NewFlagSet("webhook", flag.ContinueOnError)
	f.server.set(flags)
	var events []string
	flags.Func("event", "", func(text string) error { events = append(events, text); return nil })
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return usagef("say create, list or delete")
	}
	action, words := words[0], words[1:]
	switch {
	case action == "create" && len(words) == 1:
		return t.webhookCreate(ctx, f, words[0], events)
	case action == "create":
		return usagef("webhook create needs the address that events are sent to")
	case action == "list" && len(words) == 0:
		return t.webhookList(ctx, f)
	case action == "delete" && len(words) == 1:
		return t.webhookDelete(ctx, f, words[0])
	case action == "delete":
		return usagef("webhook delete needs the id of one webhook; coopnet webhook list shows them")
	}
	return usagef("webhook %s is not understood", action)
}

func (t Terminal) webhookCreate(ctx context.Context, f *conferenceFlags, address string, events []string) error {
	body := map[string]any{"url": address}
	if len(events) > 0 {
		body["events"] = events
	}
	var made webhookAnswer
	raw, err := t.call(ctx, f, "POST", "/webhooks", body, &made)
	if err != nil {
		return err
	}
	if f.asJSON {
		return t.raw(raw)
	}
	_, err = fmt.Fprintf(t.Out, "Id      %s\nEvents  %s\nSecret  %s\nThe secret is shown only now. It signs what is sent.\n",
		made.ID, strings.Join(made.Events, ", "), made.Secret)
	return err
}

func (t Terminal) webhookList(ctx context.Context, f *conferenceFlags) error {
	table := tabwriter.NewWriter(t.Out, 0, 0, 3, ' ', 0)
	if !f.asJSON {
		fmt.Fprintln(table, "ID\tMADE\tADDRESS\tEVENTS")
	}
	err := listAll(ctx, t, f, "/webhooks", url.Values{}, func(w webhookAnswer) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", w.ID, moment(&w.CreatedAt), w.URL, strings.Join(w.Events, " "))
	})
	if err != nil {
		return err
	}
	return table.Flush()
}

func (t Terminal) webhookDelete(ctx context.Context, f *conferenceFlags, id string) error {
	if _, err := t.call(ctx, f, "DELETE", "/webhooks/"+url.PathEscape(id), nil, nil); err != nil || f.asJSON {
		return err
	}
	_, err := fmt.Fprintln(t.Out, "No further events are sent there.")
	return err
}
