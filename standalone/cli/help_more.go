package cli

const helpReport = `coopnet report list [--status new|seen|closed]
coopnet report pull CODE [--output FILE]
                         CODE as it was read out, in any case; the report goes to coopnet-report-CODE.json, to FILE, or to
                         the terminal (-). Every pull is written down with the key that was used.

They talk to the running server:
  --url URL              where it is (default http://localhost:8080)
                         COOPNET_PUBLIC_URL
  --key-file FILE        a support key (default: support.key in the data folder)
                         COOPNET_SUPPORT_KEY holds the key itself
  --data DIR             the data folder (default data)
                         COOPNET_DATA
  --json                 print what the server answers, for scripts
`

const helpRelease = `coopnet release key FILE
                         makes a key that signs releases, in a new file that never leaves the publisher; prints the public
                         part for the server's --release-keys
coopnet release publish FILE --platform P --version V --signing-key FILE [flags]
  --platform P           such as windows-amd64
  --version V            such as 1.4.0
  --minimum V            whoever has less must install this before joining (default 0.0.0)
  --signing-key FILE     what coopnet release key made, or any Ed25519 key in PEM
  --expires DAYS         how long the signature is good (default 180)
  --rollout PERCENT      how many get it at first (default 100)
  --notes-en FILE, --notes-fr FILE
                         what is new
coopnet release list [--platform P]
coopnet release rollout PLATFORM VERSION PERCENT
coopnet release withdraw PLATFORM VERSION

They talk to the running server:
  --url URL              where it is (default http://localhost:8080)
                         COOPNET_PUBLIC_URL
  --key-file FILE        a publisher's key: coopnet key create publisher
                         COOPNET_PUBLISHER_KEY holds the key itself
  --json                 print what the server answers, for scripts
`

const helpErase = `coopnet erase --email ADDRESS

Removes what is kept of the person with this e-mail address: identities, personal links that were made for it, when they were
in which conference, diagnostic reports with their files; and prints how much. It works on the data folder itself, whether the server runs or not, and may be
repeated. Copies made with coopnet backup keep what they have.
  --data DIR             the data folder (default data)
                         COOPNET_DATA
  --json                 print JSON, for scripts
`
