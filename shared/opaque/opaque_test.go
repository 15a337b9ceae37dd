package opaque

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{"": "", "f": "my", "foobar": "mzxw6ytboi"} { // RFC 4648 section 10
		if got := Text([]byte(in)); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestRandom(t *testing.T) {
	if id, err := Random(bytes.NewReader(make([]byte, 16)), 16); err != nil || len(id) != 26 {
		t.Errorf("%q, %v", id, err)
	}
	if id, err := Random(bytes.NewReader(make([]byte, 15)), 16); id != "" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("of too few bytes: %q, %v", id, err)
	}
}
