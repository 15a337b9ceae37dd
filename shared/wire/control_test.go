package wire

import (
	"math"
	"strings"
	"testing"
)

func TestInputHasBounds(t *testing.T) {
	for name, tt := range map[string]struct {
		event InputEvent
		want  bool
	}{
		"a corner":                {InputEvent{Kind: InputMove}, true},
		"the other corner":        {InputEvent{Kind: InputDown, X: 1, Y: 1, Button: 4}, true},
		"a turn":                  {InputEvent{Kind: InputWheel, X: 0.5, Y: 0.5, DX: -0.25, DY: 100}, true},
		"a key":                   {InputEvent{Kind: InputKeyDown, Code: "NumpadEnter"}, true},
		"a key with its text":     {InputEvent{Kind: InputKeyUp, Code: "KeyQ", Text: "a"}, true},
		"text":                    {InputEvent{Kind: InputText, Text: strings.Repeat("é", maxInputText)}, true},
		"beside the picture":      {InputEvent{Kind: InputMove, X: 1.01}, false},
		"left of it":              {InputEvent{Kind: InputMove, X: -0.01}, false},
		"nowhere":                 {InputEvent{Kind: InputMove, X: math.NaN()}, false},
		"above, though it is key": {InputEvent{Kind: InputKeyDown, Code: "KeyA", Y: 2}, false},
		"a sixth button":          {InputEvent{Kind: InputDown, Button: 5}, false},
		"no button":               {InputEvent{Kind: InputUp, Button: -1}, false},
		"a whirl":                 {InputEvent{Kind: InputWheel, DY: -101}, false},
		"no key":                  {InputEvent{Kind: InputKeyDown}, false},
		"no such key":             {InputEvent{Kind: InputKeyDown, Code: "Key A"}, false},
		"a long key":              {InputEvent{Kind: InputKeyDown, Code: strings.Repeat("A", maxInputCode+1)}, false},
		"no text":                 {InputEvent{Kind: InputText}, false},
		"long text":               {InputEvent{Kind: InputText, Text: strings.Repeat("é", maxInputText+1)}, false},
		"a control character":     {InputEvent{Kind: InputText, Text: "a\x1b"}, false},
		"half a character":        {InputEvent{Kind: InputText, Text: "\xc3"}, false},
		"no kind":                 {InputEvent{}, false},
		"another kind":            {InputEvent{Kind: "shake"}, false},
	} {
		if got := tt.event.Valid(); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
