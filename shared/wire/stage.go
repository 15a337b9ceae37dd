package wire

// What the conference shows, who shows next, and its documents.
const (
	TypeStageShow       Type = "stage.show"
	TypeStageOffer      Type = "stage.offer"
	TypeStageDecline    Type = "stage.decline"
	TypeDocumentChanged Type = "document.changed" // both ways
	TypeStageShown      Type = "stage.shown"      // from here on: messages of the relay
	TypeStageOffered    Type = "stage.offered"
	TypeStageDeclined   Type = "stage.declined"
)

// StageShow puts a live share, the whiteboard or a page of a document where all who follow see it.
type StageShow struct {
	Type  Type   `json:"type"`
	Kind  string `json:"kind"`
	ID    string `json:"id"`
	Name  string `json:"name"`
	Page  int    `json:"page"`
	Pages int    `json:"pages"`
}

// Stage is what the conference shows. Of a share the id is RoomState.Current, "" when nothing is shared; Name, Page and
// Pages are a document's. Participant has put it there.
type Stage struct {
	Kind        string `json:"kind"` // share, board or document
	ID          string `json:"id"`
	Name        string `json:"name"`
	Page        int    `json:"page"`
	Pages       int    `json:"pages"`
	Participant string `json:"participant"`
}

// StageOffer asks a participant to share in one's place.
type StageOffer struct {
	Type        Type   `json:"type"`
	Participant string `json:"participant"`
}

// StageDecline turns the offer of a participant down.
type StageDecline struct {
	Type        Type   `json:"type"`
	Participant string `json:"participant"`
}

// StageShown is what the conference shows from now on.
type StageShown struct {
	Type  Type  `json:"type"`
	Stage Stage `json:"stage"`
}

// StageReply is stage.offered or stage.declined: who offers, or who has declined.
type StageReply struct {
	Type        Type   `json:"type"`
	Participant string `json:"participant"`
	Name        string `json:"name"`
}

// DocumentChanged says, both ways, that the list of documents is to be fetched again.
type DocumentChanged struct {
	Type Type `json:"type"`
}
