package announce

import "time"

// MaxMedia bounds Batch.Media.
const MaxMedia = 50

// Media is what one media session of a test room did, told once it is over. It says nothing of who tested, and of their
// network only its kind.
type Media struct {
	ID         string    `json:"id"`         // names the session to who reads logs; opens nothing
	Conference string    `json:"conference"` // of a test room
	At         time.Time `json:"at"`         // when it began
	Role       string    `json:"role"`       // RoleView or RoleShare
	Way        string    `json:"way"`        // one of Ways; "" when it never connected
	Family     string    `json:"family"`     // FamilyIPv4 or FamilyIPv6: of the browser, or of its TURN client; "" when it never connected
	Seconds    float64   `json:"seconds"`    // from the first connection to the end
	Traffic
}

// Traffic is what went through a media session. In is from the browser.
type Traffic struct {
	PacketsIn        int64   `json:"packetsIn"`
	PacketsOut       int64   `json:"packetsOut"`
	BytesIn          int64   `json:"bytesIn"`
	BytesOut         int64   `json:"bytesOut"`
	NACKs            int64   `json:"nacks"`           // packets that the receiving end asked for again
	Retransmissions  int64   `json:"retransmissions"` // packets that were sent again
	KeyframeRequests int64   `json:"keyframeRequests"`
	Lost             int64   `json:"lost"`     // packets, as the receiving end counts them
	RTT              float64 `json:"rtt"`      // milliseconds; 0: not known
	Estimate         int64   `json:"estimate"` // bit/s that the way to the viewer carries; 0: no limit was met
}

// Roles of a media session.
const (
	RoleView  = "view"
	RoleShare = "share"
)

// Families of an address.
const (
	FamilyIPv4 = "ipv4"
	FamilyIPv6 = "ipv6"
)

// The ways between a browser and a relay.
const (
	WayUDP     = "udp"
	WayTCP     = "tcp"      // ICE over TCP
	WayTurnUDP = "turn-udp" // TURN over UDP
	WayTurnTCP = "turn-tcp"
	WayTurns   = "turns" // TURN over TLS
)

// Ways lists them.
func Ways() []string { return []string{WayUDP, WayTCP, WayTurnUDP, WayTurnTCP, WayTurns} }
