package dynamo

// Table is the definition of one domain's table. All have the keys "pk" and "sk" and expire by "ttl".
type Table struct {
	Domain  string // as in Tables, in lower case
	Indexes []Index
}

// Index is a global secondary index. Its keys are strings.
type Index struct {
	Name     string
	Hash     string
	Range    string
	Includes []string // besides the keys; none is the keys alone
}

// Names of what every table has. DynamoDB deletes an item some time after the second that its ttl says; until then reads
// ignore it.
const (
	HashKey  = "pk"
	RangeKey = "sk"
	TTL      = "ttl"
)

const (
	listIndex   = "list"
	personIndex = "person" // what is of somebody, for whoever erases it
	expiryIndex = "expiry" // what must be cleaned away, not only forgotten
)

// Schema is every table that the stores use; the template and the tests' tables are made from it.
func Schema() []Table {
	return []Table{
		{Domain: "conference", Indexes: []Index{
			{Name: listIndex, Hash: "list", Range: "order", Includes: []string{"opens", "until", "expires", "kind", "revoked", "knock"}},
			{Name: personIndex, Hash: "person", Range: HashKey},
		}},
		{Domain: "identity", Indexes: []Index{{Name: personIndex, Hash: "person", Range: HashKey}}},
		{Domain: "staff"},
		{Domain: "relay", Indexes: []Index{{Name: personIndex, Hash: "person", Range: HashKey}}},
		{Domain: "installer"},
		{Domain: "diagnostics", Indexes: []Index{
			{Name: listIndex, Hash: "list", Range: "order", Includes: []string{"status", "actor", "expires"}},
			{Name: personIndex, Hash: "person", Range: HashKey},
			{Name: expiryIndex, Hash: "expiry", Range: "due"},
		}},
		{Domain: "documents", Indexes: []Index{
			{Name: personIndex, Hash: "person", Range: HashKey},
			{Name: expiryIndex, Hash: "expiry", Range: "due"},
		}},
		{Domain: "webhook", Indexes: []Index{{Name: listIndex, Hash: "list", Range: "order", Includes: []string{"expires"}}}},
	}
}

// Named returns the names of all tables: a prefix and the domain.
func Named(prefix string) Tables {
	return Tables{
		Conference: prefix + "conference", Identity: prefix + "identity", Staff: prefix + "staff", Relay: prefix + "relay",
		Installer: prefix + "installer", Diagnostics: prefix + "diagnostics", Documents: prefix + "documents", Webhook: prefix + "webhook",
	}
}
