package wire

// Drawing and pointing. A surface is "board", "share/PUBLICATION" or "page/DOCUMENT/N"; coordinates are parts of its width
// and height, 0 to 10000.
const (
	TypeBoardDraw     Type = "board.draw"
	TypeBoardErase    Type = "board.erase"
	TypeBoardClear    Type = "board.clear"
	TypePointerMove   Type = "pointer.move"
	TypePointerHide   Type = "pointer.hide"
	TypeBoardShape    Type = "board.shape" // from here on: messages of the relay
	TypeBoardErased   Type = "board.erased"
	TypeBoardCleared  Type = "board.cleared"
	TypeBoardHistory  Type = "board.history"
	TypePointerMoved  Type = "pointer.moved"
	TypePointerHidden Type = "pointer.hidden"
)

// Drawing is a shape as its participant sends it.
type Drawing struct {
	Key    string `json:"key"`
	Tool   string `json:"tool"`   // pen, marker, line, arrow, rectangle, ellipse or text
	Colour string `json:"colour"` // #rrggbb
	Width  int    `json:"width"`  // in thousandths of the surface's width
	Points []int  `json:"points"` // x0, y0, x1, y1, ...
	Text   string `json:"text"`   // of the tool text only
}

// BoardDraw puts a shape on a surface. The same key again replaces it: a stroke that grows.
type BoardDraw struct {
	Type    Type    `json:"type"`
	Surface string  `json:"surface"`
	Shape   Drawing `json:"shape"`
}

// BoardErase takes shapes away: one's own, or anybody's for who presents.
type BoardErase struct {
	Type    Type     `json:"type"`
	Surface string   `json:"surface"`
	Shapes  []string `json:"shapes"`
}

// BoardClear takes everything from a surface.
type BoardClear struct {
	Type    Type   `json:"type"`
	Surface string `json:"surface"`
}

// PointerMove shows where the participant points.
type PointerMove struct {
	Type    Type   `json:"type"`
	Surface string `json:"surface"`
	X       int    `json:"x"`
	Y       int    `json:"y"`
}

// PointerHide ends the pointing.
type PointerHide struct {
	Type Type `json:"type"`
}

// Shape is what somebody has drawn.
type Shape struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Participant string `json:"participant"`
	Name        string `json:"name"`
	Tool        string `json:"tool"`
	Colour      string `json:"colour"`
	Width       int    `json:"width"`
	Points      []int  `json:"points"`
	Text        string `json:"text"`
}

// BoardShape is a shape that is new or has changed; of several changes the last is told.
type BoardShape struct {
	Type    Type   `json:"type"`
	Surface string `json:"surface"`
	Shape   Shape  `json:"shape"`
}

// BoardErased names shapes that are gone.
type BoardErased struct {
	Type    Type     `json:"type"`
	Surface string   `json:"surface"`
	Shapes  []string `json:"shapes"`
}

// BoardCleared names a surface that is empty.
type BoardCleared struct {
	Type    Type   `json:"type"`
	Surface string `json:"surface"`
}

// BoardHistory is what a surface has, in the order of drawing; much comes in several.
type BoardHistory struct {
	Type    Type    `json:"type"`
	Surface string  `json:"surface"`
	Shapes  []Shape `json:"shapes"`
}

// PointerMoved shows where somebody else points; of several moves the last is told.
type PointerMoved struct {
	Type        Type   `json:"type"`
	Surface     string `json:"surface"`
	Participant string `json:"participant"`
	Name        string `json:"name"`
	X           int    `json:"x"`
	Y           int    `json:"y"`
}

// PointerHidden names who does not point any more.
type PointerHidden struct {
	Type        Type   `json:"type"`
	Participant string `json:"participant"`
}
