package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

type reportAnswer struct {
	Code       string         `json:"code"`
	Status     string         `json:"status"`
	Size       int64          `json:"size"`
	SHA256     string         `json:"sha256"`
	Summary    map[string]any `json:"summary"`
	ReceivedAt time.Time      `json:"receivedAt"`
	Download   struct {
		URL string `json:"url"`
	} `json:"download"`
}

type reportPage struct {
	Items      []reportAnswer `json:"items"`
	NextCursor string         `json:"nextCursor"`
}

func (t Terminal) report(ctx context.Context, args []string) error {
	s := t.server(supportKey())
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	s.set(flags)
	status, output := flags.String("status", "", ""), flags.String("output", "", "")
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	switch {
	case len(words) == 1 && words[0] == "list":
		return t.reportList(ctx, s, *status)
	case len(words) > 1 && words[0] == "pull": // a code may be typed with spaces
		return t.reportPull(ctx, s, strings.Join(words[1:], ""), *output)
	case len(words) > 0 && words[0] == "pull":
		return usagef("report pull needs the code that the guest reads out")
	}
	return usagef("say report list or report pull CODE")
}

func (t Terminal) reportList(ctx context.Context, s *server, status string) error {
	table := tabwriter.NewWriter(t.Out, 0, 0, 3, ' ', 0)
	if !s.asJSON {
		fmt.Fprintln(table, "CODE\tSTATUS\tARRIVED\tRESULT\tNAME")
	}
	query := url.Values{"limit": {"100"}}
	if status != "" {
		query.Set("status", status)
	}
	for {
		var page reportPage
		raw, err := t.ask(ctx, s, "GET", "/support/diagnostics?"+query.Encode(), nil, &page)
		if err != nil {
			return err
		}
		if s.asJSON { // one page a line
			if err := t.raw(raw); err != nil {
				return err
			}
		}
		for _, r := range page.Items {
			if !s.asJSON {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.Code, r.Status, moment(&r.ReceivedAt), r.text("result"), r.text("name"))
			}
		}
		if page.NextCursor == "" {
			return table.Flush()
		}
		query.Set("cursor", page.NextCursor)
	}
}

// text is a member of the summary on one line; the server has refused characters that a terminal obeys, but for line
// breaks and tabs.
func (r reportAnswer) text(member string) string {
	s, _ := r.Summary[member].(string)
	if s == "" {
		return "-"
	}
	return strings.Join(strings.Fields(s), " ")
}

func (t Terminal) reportPull(ctx context.Context, s *server, code, output string) error {
	var r reportAnswer
	raw, err := t.ask(ctx, s, "GET", "/support/diagnostics/"+url.PathEscape(code), nil, &r)
	if err != nil {
		return err
	}
	content, err := download(ctx, s.url, r)
	if err != nil {
		return err
	}
	if output == "-" {
		_, err := t.Out.Write(content)
		return err
	}
	if output == "" {
		output = "coopnet-report-" + r.Code + ".json"
	}
	file, err := os.OpenFile(output, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: name another file with --output", output)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", output, err)
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(fmt.Errorf("%s cannot be written: %w", output, err), os.Remove(output))
	}
	if s.asJSON {
		return t.raw(raw)
	}
	summary, err := json.MarshalIndent(r.Summary, "", "  ")
	if err != nil {
		return fmt.Errorf("show the summary: %w", err)
	}
	_, err = fmt.Fprintf(t.Out, "Report   %s\nArrived  %s\nFile     %s\nSummary  %s\n", r.Code, moment(&r.ReceivedAt), output, summary)
	return err
}

// download follows the link of a report, which may be on another host, and checks what comes. The key is not sent there.
func download(ctx context.Context, base string, r reportAnswer) ([]byte, error) {
	at, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("follow the report's link: %w", err)
	}
	link, err := at.Parse(r.Download.URL)
	if err != nil {
		return nil, fmt.Errorf("follow the report's link: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, transferTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("follow the report's link: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("follow the report's link: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the report's file is not there: %s", response.Status)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, r.Size+1))
	if err != nil {
		return nil, fmt.Errorf("read the report's file: %w", err)
	}
	if sum := sha256.Sum256(content); int64(len(content)) != r.Size || hex.EncodeToString(sum[:]) != r.SHA256 {
		return nil, errors.New("the report's file is not what the guest sent")
	}
	return content, nil
}
