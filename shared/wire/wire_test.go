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
		TypeHello: fresh[Hello], TypeRoomHeartbeat: fresh[Heartbeat], TypeViewSelect: fresh[ViewSelect], TypeStatusSet: fresh[StatusSet],
		TypeModerateRemove: fresh[ModerateRemove], TypeModerateHand: fresh[ModerateHand],
		TypeModerateLock: fresh[ModerateLock], TypeModerateMute: fresh[ModerateMute],
		TypeRoomState: fresh[RoomState], TypeRoomUpdated: fresh[RoomUpdated], TypeRoomEnded: fresh[RoomEnded],
		TypeJoined: fresh[ParticipantEvent], TypeUpdated: fresh[ParticipantEvent], TypeLeft: fresh[ParticipantLeft],
		TypePublicationStart: fresh[PublicationStarted], TypePublicationSet: fresh[PublicationUpdated],
		TypePublicationStop: fresh[PublicationStopped], TypePublicationWatched: fresh[PublicationWatched], TypeError: fresh[Error],

		TypeChatSend: fresh[ChatSend], TypeChatDelete: fresh[ChatDelete], TypeChatAnswer: fresh[ChatAnswer],
		TypeChatMessage: fresh[ChatEvent], TypeChatUpdated: fresh[ChatEvent], TypeChatDeleted: fresh[ChatDeleted],
		TypeChatHistory: fresh[ChatHistory],

		TypePollOpen: fresh[PollOpen], TypePollVote: fresh[PollVote], TypePollClose: fresh[PollClose], TypePollDelete: fresh[PollDelete],
		TypePollUpdated: fresh[PollUpdated], TypePollDeleted: fresh[PollDeleted],

		TypeBoardDraw: fresh[BoardDraw], TypeBoardErase: fresh[BoardErase], TypeBoardClear: fresh[BoardClear],
		TypeBoardShape: fresh[BoardShape], TypeBoardErased: fresh[BoardErased], TypeBoardCleared: fresh[BoardCleared],
		TypeBoardHistory: fresh[BoardHistory], TypePointerMove: fresh[PointerMove], TypePointerHide: fresh[PointerHide],
		TypePointerMoved: fresh[PointerMoved], TypePointerHidden: fresh[PointerHidden],

		TypeStageShow: fresh[StageShow], TypeStageOffer: fresh[StageOffer], TypeStageDecline: fresh[StageDecline],
		TypeStageShown: fresh[StageShown], TypeStageOffered: fresh[StageReply], TypeStageDeclined: fresh[StageReply],
		TypeDocumentChanged: fresh[DocumentChanged],

		TypeControlRequest: fresh[ControlRequest], TypeControlWithdraw: fresh[ControlWithdraw],
		TypeControlGrant: fresh[ControlGrant], TypeControlDeny: fresh[ControlDeny],
		TypeControlRevoke: fresh[ControlRevoke], TypeControlInput: fresh[ControlInput],
	}
}

// down are messages of the relay whose type a participant sends too, with other members.
func down() map[Type]func() any {
	return map[Type]func() any{
		TypeControlRequest: fresh[ControlRequested], TypeControlGrant: fresh[ControlGranted], TypeControlDeny: fresh[ControlDenied],
		TypeControlRevoke: fresh[ControlRevoked], TypeControlInput: fresh[ControlInjected],
	}
}

func fresh[T any]() any { return new(T) }

// Each golden file must survive decoding and encoding byte for byte: no member is lost, renamed or reordered.
func TestGoldenFiles(t *testing.T) {
	golden(t, "testdata", shapes())
	golden(t, "testdata/down", down())
}

func golden(t *testing.T, folder string, shapes map[Type]func() any) {
	files, err := filepath.Glob(folder + "/*.json")
	if err != nil || len(files) != len(shapes) {
		t.Fatalf("%d files in %s for %d messages (%v)", len(files), folder, len(shapes), err)
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
			m := shapes[typ]()
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
