package turn

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// coturn's own client, from the Debian package coturn: TURN as somebody else wrote it. It sends indications only: its
// channels have numbers up to 0x7fff as in the old RFC 5766, and RFC 8656 section 12 ends them at 0x4fff.
func TestCoturnsClient(t *testing.T) {
	program, err := exec.LookPath("turnutils_uclient")
	if err != nil {
		t.Skip("turnutils_uclient is not installed (Debian: coturn)")
	}
	for name, flags := range map[string][]string{
		"udp": {"-s"}, "tcp": {"-s", "-t"}, "tls": {"-s", "-t", "-S"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Limits{})
			c := w.credential("uclient")
			port := w.server.Addr().Port()
			if name == "tls" {
				port = w.server.AddrTLS().Port()
			}
			number := func(n uint16) string { return strconv.Itoa(int(n)) }
			args := append([]string{"-c", "-u", c.Username, "-w", c.Password, "-p", number(port), "-e", "127.0.0.1", "-r", number(w.media.Local().Port()),
				"-n", "50", "-m", "2", "-l", "400", "-z", "5"}, flags...)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			out, err := exec.CommandContext(ctx, program, append(args, "127.0.0.1")...).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			sums := regexp.MustCompile(`tot_send_msgs=(\d+), tot_recv_msgs=(\d+)`).FindAllStringSubmatch(string(out), -1)
			if len(sums) == 0 {
				t.Fatalf("nothing was summed up:\n%s", out)
			}
			last := sums[len(sums)-1]
			// Over TLS the client reads one message from each record, and loses the others that came in it. What waits for pion is
			// bounded, and on a busy machine a few datagrams are too many.
			came, dropped := w.delivered(), w.server.Overflowed.Load()
			if last[1] != "100" || came != 100 || w.server.ToClients.Load()+dropped != 100 || dropped > 20 || name != "tls" && last[2] != fmt.Sprint(100-dropped) {
				t.Errorf("%s sent, %d arrived, %s came back, %d were dropped:\n%s", last[1], came, last[2], dropped, out)
			}
		})
	}
}
