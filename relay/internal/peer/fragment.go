package peer

import (
	"fmt"
	"strings"

	"github.com/coopnet/coopnet/shared/problem"
)

// Fragment is what the relay reads from an SDP fragment (RFC 8840 section 9): the sender's ICE credentials. Its
// candidates do not matter to a lite agent, which answers whoever knows the password.
type Fragment struct{ ice credentials }

// ReadFragment reads a fragment. Its error is a problem.
func ReadFragment(text string) (Fragment, error) {
	if hasBareCR(text) {
		return Fragment{}, refuse("The fragment has a carriage return within a line.")
	}
	f := Fragment{ice: credentials{ufrag: attribute(text, "ice-ufrag"), password: attribute(text, "ice-pwd")}}
	if !f.ice.valid() {
		return Fragment{}, refuse("The fragment has no valid ICE credentials.")
	}
	return f, nil
}

// hasBareCR reports whether a carriage return stands elsewhere than before a line feed. pion takes it for the end of a
// line, RFC 8866 section 5 does not; two readings of one text would be two texts.
func hasBareCR(text string) bool {
	return strings.Count(text, "\r") != strings.Count(text, "\r\n")
}

func errEnded() error { return problem.New(problem.NotFound, "The session has ended.") }

// attribute returns the first value of an SDP attribute, or "".
func attribute(description, key string) string {
	for line := range strings.Lines(description) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "a="+key+":"); ok {
			return v
		}
	}
	return ""
}

// fragmentHead is how each fragment that belongs to this answer begins: the transport of all sections stands in the
// first bundled one, which is named by m= and a=mid (RFC 8840 section 9, RFC 9725 section 4.3.3).
func fragmentHead(answer string) string {
	session, sections, _ := strings.Cut(answer, "\nm=")
	head := "a=ice-lite\r\n"
	group := attribute(session, "group")
	if group != "" {
		head += "a=group:" + group + "\r\n"
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(group, "BUNDLE "), " ")
	for section := range strings.SplitSeq(sections, "\nm=") {
		line, _, _ := strings.Cut(section, "\n")
		mid := attribute(section, "mid")
		fields := strings.Fields(line)
		if refused := len(fields) < 2 || fields[1] == "0"; refused || mid != first { // RFC 3264 section 6: the port
			continue
		}
		head += "m=" + strings.TrimSpace(line) + "\r\n"
		if mid != "" {
			head += "a=mid:" + mid + "\r\n"
		}
		break
	}
	return head
}

// lines are what a fragment says of the transport.
func (c credentials) lines(candidates []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", c.ufrag, c.password)
	for _, candidate := range candidates {
		fmt.Fprintf(&b, "a=%s\r\n", candidate)
	}
	b.WriteString("a=end-of-candidates\r\n")
	return b.String()
}
