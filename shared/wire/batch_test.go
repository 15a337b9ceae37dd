package wire

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Batches survive decoding and encoding byte for byte, and their messages are messages; a refusal has more than a batch.
func TestGoldenBatches(t *testing.T) {
	files, err := filepath.Glob("testdata/http/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var b Batch
		if err := json.Unmarshal(raw, &b); err != nil || b.Messages == nil {
			t.Fatalf("%s: %+v, %v", file, b, err)
		}
		for _, m := range b.Messages {
			typ, err := TypeOf(m)
			if err != nil {
				t.Fatalf("%s: %s: %v", file, m, err)
			}
			if err := Decode(m, shapes()[typ]()); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
		again, err := json.Marshal(b)
		if want := bytes.TrimSpace(raw); filepath.Base(file) != "refused.json" && (err != nil || !bytes.Equal(again, want)) {
			t.Errorf("%s\nbecame\n%s (%v)", want, again, err)
		}
	}
}
