package sqlite

// organizing is the schema of what organizers have beyond the first version.
const organizing = `
ALTER TABLE invitation ADD COLUMN conference TEXT NOT NULL DEFAULT '';
ALTER TABLE invitation ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE invitation ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
UPDATE invitation SET conference = body ->> 'conference', kind = body ->> 'kind',
	created_at = CAST(round(unixepoch(body ->> 'createdAt', 'subsec') * 1000) AS INTEGER);
CREATE INDEX invitation_conference ON invitation (conference, created_at, id);

CREATE TABLE idempotency (
	id         TEXT PRIMARY KEY,
	request    BLOB NOT NULL,
	seed       TEXT NOT NULL,
	answer     TEXT NOT NULL, -- '' while there is none
	expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

CREATE TABLE lobby (
	conference  TEXT NOT NULL,
	participant TEXT NOT NULL,
	status      TEXT NOT NULL,
	asked_at    INTEGER NOT NULL,
	expires_at  INTEGER NOT NULL,
	body        TEXT NOT NULL,
	PRIMARY KEY (conference, participant)
) STRICT;
CREATE INDEX lobby_order ON lobby (conference, asked_at, participant);
CREATE INDEX lobby_expiry ON lobby (expires_at);

CREATE TABLE webhook (
	id         TEXT PRIMARY KEY,
	created_at INTEGER NOT NULL,
	body       TEXT NOT NULL
) STRICT;

CREATE TABLE webhook_delivery (
	id           TEXT PRIMARY KEY,
	subscription TEXT NOT NULL,
	state        TEXT NOT NULL,
	next_at      INTEGER NOT NULL,
	expires_at   INTEGER NOT NULL,
	version      INTEGER NOT NULL,
	body         TEXT NOT NULL
) STRICT;
CREATE INDEX webhook_due ON webhook_delivery (subscription, state, next_at);
CREATE INDEX webhook_delivery_expiry ON webhook_delivery (expires_at);
`
