package sqlite

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/coopnet/coopnet/functions/conference"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

const crashPath = "COOPNET_TEST_CRASH_PATH"

// TestCrashChild is not a test: it is the process that TestKillAfterAcknowledgement kills.
func TestCrashChild(t *testing.T) {
	path := os.Getenv(crashPath)
	if path == "" {
		t.Skip("only as a child of TestKillAfterAcknowledgement")
	}
	clock := storetest.NewClock()
	s := openAt(t, path, clock.Now).Conference()
	for i := 0; ; i++ {
		id := fmt.Sprintf("c%d", i)
		if err := s.CreateConference(t.Context(), storetest.NewConference(id, "Team "+id, clock.Now())); err != nil {
			t.Fatal(err)
		}
		fmt.Println("ack", id)
	}
}

func TestKillAfterAcknowledgement(t *testing.T) {
	for round := range 3 {
		path := filepath.Join(t.TempDir(), "coopnet.db")
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$", "-test.v")
		child.Env = append(os.Environ(), crashPath+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		var acknowledged []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var id string
			if n, _ := fmt.Sscanf(lines.Text(), "ack %s", &id); n == 1 {
				acknowledged = append(acknowledged, id)
			}
			if len(acknowledged) == 30+17*round {
				if err := child.Process.Kill(); err != nil { // SIGKILL in the middle of the next write
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // it was killed
		if len(acknowledged) < 30+17*round {
			t.Fatalf("the child wrote only %d rows", len(acknowledged))
		}
		clock := storetest.NewClock()
		db := openAt(t, path, clock.Now)
		for _, id := range acknowledged {
			if _, err := db.Conference().Conference(t.Context(), id); err != nil {
				t.Errorf("%s was acknowledged and is lost: %v", id, err)
			}
		}
		page, err := db.Conference().Conferences(t.Context(), conference.Query{Limit: 1000})
		if err != nil || len(page.Conferences) > len(acknowledged)+1 {
			t.Errorf("%d rows for %d acknowledgements, %v", len(page.Conferences), len(acknowledged), err)
		}
		var check string
		if err := db.read.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
			t.Errorf("integrity: %s, %v", check, err)
		}
	}
}
