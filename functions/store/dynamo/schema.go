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
	Includes []string // besides the keys
}

// Names of what every table has. DynamoDB deletes an item some time after the second that its ttl says; until then reads
// ignore it.
const (
	HashKey  = "pk"
	RangeKey = "sk"
	TTL      = "ttl"
)

const listIndex = "list"

// Schema is every table that the stores use; the template and the tests' tables are made from it.
func Schema() []Table {
	return []Table{
		{Domain: "conference", Indexes: []Index{
			{Name: listIndex, Hash: "list", Range: "order", Includes: []string{"opens", "until", "expires"}},
		}},
		{Domain: "identity"},
		{Domain: "staff"},
	}
}

// Named returns the names of all tables: a prefix and the domain.
func Named(prefix string) Tables {
	return Tables{Conference: prefix + "conference", Identity: prefix + "identity", Staff: prefix + "staff"}
}
