package sqlite

// relaysSchema is a step of migrations.
func relaysSchema() string {
	return `
CREATE TABLE relay (
	id         TEXT PRIMARY KEY,
	expires_at INTEGER NOT NULL,
	version    INTEGER NOT NULL,
	body       TEXT NOT NULL
) STRICT;
CREATE INDEX relay_expiry ON relay (expires_at);

CREATE TABLE home (
	conference TEXT PRIMARY KEY,
	expires_at INTEGER NOT NULL,
	version    INTEGER NOT NULL,
	body       TEXT NOT NULL
) STRICT;
CREATE INDEX home_expiry ON home (expires_at);

CREATE TABLE attendee (
	conference  TEXT NOT NULL,
	participant TEXT NOT NULL,
	person      TEXT,             -- pseudonym; without an e-mail address there is none
	expires_at  INTEGER NOT NULL,
	version     INTEGER NOT NULL,
	body        TEXT NOT NULL,
	PRIMARY KEY (conference, participant)
) STRICT;
CREATE INDEX attendee_person ON attendee (person);
CREATE INDEX attendee_expiry ON attendee (expires_at);

CREATE TABLE removal (
	conference  TEXT NOT NULL,
	participant TEXT NOT NULL,
	expires_at  INTEGER NOT NULL,
	body        TEXT NOT NULL,
	PRIMARY KEY (conference, participant)
) STRICT;
CREATE INDEX removal_expiry ON removal (expires_at);

CREATE TABLE command (
	relay      TEXT NOT NULL,
	id         TEXT NOT NULL,
	expires_at INTEGER NOT NULL,
	body       TEXT NOT NULL,
	PRIMARY KEY (relay, id)
) STRICT;
CREATE INDEX command_expiry ON command (expires_at);
`
}
