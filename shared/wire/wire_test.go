package wire

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func shapes() map[Type]func() any {
	return map[Type]func() any{
		TypeHello: func() any { return new(Hello) }, TypeRoomHeartbeat: func() any { return new(Heartbeat) },
		TypeViewSelect: func() any { return new(ViewSelect) }, TypeStatusSet: func() any { return new(StatusSet) },
		TypeModerateRemove: func() any { return new(ModerateRemove) }, TypeRoomState: func() any { return new(RoomState) },
		TypeRoomEnded: func() any { return new(RoomEnded) }, TypeJoined: func() any { return new(ParticipantEvent) },
		TypeUpdated: func() any { return new(ParticipantEvent) }, TypeLeft: func() any { return new(ParticipantLeft) },
		TypePublicationStart: func() any { return new(PublicationStarted) },
		TypePublicationSet:   func() any { return new(PublicationUpdated) },
		TypePublicationStop:  func() any { return new(PublicationStopped) }, TypeError: func() any { return new(Error) },
	}
}

// Each golden file must survive decoding and encoding byte for byte: no member is lost, renamed or reordered.
func TestGoldenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(shapes()) {
		t.Fatalf("%d files for %d messages (%v)", len(files), len(shapes()), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			frame := bytes.TrimSpace(raw)
			typ, err := TypeOf(frame)
			if err != nil || string(typ) != strings.TrimSuffix(filepath.Base(file), ".json") {
				t.Fatalf("type %q, %v", typ, err)
			}
			m := shapes()[typ]()
			if err := Decode(frame, m); err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(m)
			if err != nil || !bytes.Equal(again, frame) {
				t.Fatalf("%s\nbecame\n%s (%v)", frame, again, err)
			}
		})
	}
}

func FuzzTypeOf(f *testing.F) {
	f.Add([]byte(`{"type":"hello"}`))
	f.Add([]byte(`{"type":1}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		typ, err := TypeOf(frame)
		if (err == nil) == (typ == "") {
			t.Fatalf("%q, %v", typ, err)
		}
		if shape, ok := shapes()[typ]; ok {
			_ = Decode(frame, shape()) // must not panic
		}
	})
}
