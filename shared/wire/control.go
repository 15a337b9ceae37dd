package wire

import (
	"math"
	"time"
	"unicode"
	"unicode/utf8"
)

// Remote control. These types go both ways, with other members each way; the examples of what the relay sends are in
// testdata/down.
const (
	TypeControlRequest  Type = "control.request"
	TypeControlWithdraw Type = "control.withdraw" // never of the relay
	TypeControlGrant    Type = "control.grant"
	TypeControlDeny     Type = "control.deny"
	TypeControlRevoke   Type = "control.revoke"
	TypeControlInput    Type = "control.input"
)

// Bounds of ControlInput.
const (
	MaxInputEvents = 64  // in one message
	maxInputText   = 32  // characters
	maxInputCode   = 32  // letters and digits
	maxInputWheel  = 100 // notches
)

// ControlRequest asks for control of a share that has Publication.Control. The token is a control token (shared/controltoken)
// for the presenter's software, which the relay passes on as it is.
type ControlRequest struct {
	Type        Type   `json:"type"`
	Key         string `json:"key"`
	Publication string `json:"publication"`
	Token       string `json:"token"`
}

// ControlWithdraw takes back the request with this key, or the grant that it has become: who has asked sends it.
type ControlWithdraw struct {
	Type Type   `json:"type"`
	Key  string `json:"key"`
}

// ControlGrant is the presenter's yes.
type ControlGrant struct {
	Type    Type   `json:"type"`
	Request string `json:"request"`
}

// ControlDeny is the presenter's no: denied, busy or unverified.
type ControlDeny struct {
	Type    Type   `json:"type"`
	Request string `json:"request"`
	Reason  string `json:"reason"`
}

// ControlRevoke ends a grant at once; either side sends it.
type ControlRevoke struct {
	Type  Type   `json:"type"`
	Grant string `json:"grant"`
}

// ControlInput is what the controller does, in order.
type ControlInput struct {
	Type   Type         `json:"type"`
	Grant  string       `json:"grant"`
	Events []InputEvent `json:"events"`
}

// ControlRequested tells the presenter's software who asks.
type ControlRequested struct {
	Type        Type   `json:"type"`
	Request     string `json:"request"`
	Publication string `json:"publication"`
	Participant string `json:"participant"`
	Name        string `json:"name"`
	Role        string `json:"role"`
	Token       string `json:"token"`
}

// ControlGranted tells both sides, and the presenter's page beside the software. Participant and Name are who controls; Key is that of the request.
type ControlGranted struct {
	Type        Type      `json:"type"`
	Request     string    `json:"request"`
	Key         string    `json:"key"`
	Grant       string    `json:"grant"`
	Publication string    `json:"publication"`
	Participant string    `json:"participant"`
	Name        string    `json:"name"`
	ExpiresAt   time.Time `json:"expiresAt"`
}

// ControlDenied ends a request: as ControlDeny, or expired or gone, which both sides hear.
type ControlDenied struct {
	Type        Type   `json:"type"`
	Request     string `json:"request"`
	Key         string `json:"key"`
	Publication string `json:"publication"`
	Reason      string `json:"reason"`
}

// ControlRevoked tells all who have heard of it that a grant has ended: stopped (by the presenter), released (by the controller), idle,
// left, reconnected, ended (the share), removed or expired.
type ControlRevoked struct {
	Type   Type   `json:"type"`
	Grant  string `json:"grant"`
	Reason string `json:"reason"`
}

// ControlInjected is ControlInput on its way to the presenter's software.
type ControlInjected struct {
	Type        Type         `json:"type"`
	Grant       string       `json:"grant"`
	Participant string       `json:"participant"`
	Events      []InputEvent `json:"events"`
}

// InputKind is what happened.
type InputKind string

// The kinds of input.
const (
	InputMove    InputKind = "move"
	InputDown    InputKind = "down"
	InputUp      InputKind = "up"
	InputWheel   InputKind = "wheel"
	InputKeyDown InputKind = "keydown"
	InputKeyUp   InputKind = "keyup"
	InputText    InputKind = "text"
)

// InputEvent is one thing that a controller does with mouse or keyboard. Members that are zero are left out.
type InputEvent struct {
	Kind   InputKind `json:"kind"`
	X      float64   `json:"x,omitempty"` // 0 to 1 of the shared picture (move, down, up, wheel)
	Y      float64   `json:"y,omitempty"`
	Button int       `json:"button,omitempty"` // as MouseEvent.button: 0 left, 1 middle, 2 right, 3 back, 4 forward
	DX     float64   `json:"dx,omitempty"`     // wheel, in notches
	DY     float64   `json:"dy,omitempty"`
	Code   string    `json:"code,omitempty"` // KeyboardEvent.code: the key's place, for keys that are not text
	Text   string    `json:"text,omitempty"` // what the key means on the controller's keyboard
}

// Valid reports whether an event is within all bounds, whatever its kind, and has what its kind needs.
func (e InputEvent) Valid() bool {
	inside := e.X >= 0 && e.X <= 1 && e.Y >= 0 && e.Y <= 1
	turned := math.Abs(e.DX) <= maxInputWheel && math.Abs(e.DY) <= maxInputWheel
	if !inside || !turned || e.Button < 0 || e.Button > 4 || !validCode(e.Code) || !validText(e.Text) {
		return false
	}
	switch e.Kind {
	case InputMove, InputDown, InputUp, InputWheel:
		return true
	case InputKeyDown, InputKeyUp:
		return e.Code != ""
	case InputText:
		return e.Text != ""
	}
	return false
}

func validCode(code string) bool {
	for _, r := range code {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return len(code) <= maxInputCode
}

func validText(text string) bool {
	for _, r := range text {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return false
		}
	}
	return utf8.RuneCountInString(text) <= maxInputText
}
