package diagnostics

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/opaque"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/text"
)

// Draft is a report before it exists: what the file will be, and what a list shows of it.
type Draft struct {
	Size    int64           `json:"size"`
	SHA256  string          `json:"sha256"` // hexadecimal
	Summary json.RawMessage `json:"summary"`
	Session string          `json:"session"` // the id of the one that made it; "" without one
}

// normalise checks the draft and returns the report that it describes.
func (f *Draft) normalise() (*Report, error) {
	if f.Size < 1 || f.Size > maxSize {
		return nil, invalid("/size", fmt.Sprintf("must be between 1 and %d", maxSize))
	}
	sum, err := hex.DecodeString(f.SHA256)
	if err != nil || len(sum) != sha256.Size {
		return nil, invalid("/sha256", "must be 64 hexadecimal digits")
	}
	members, err := summary(f.Summary)
	if err != nil {
		return nil, err
	}
	r := &Report{Status: StatusPending, Size: f.Size, SHA256: [32]byte(sum), Summary: members, Version: 1}
	if email, ok := members["email"].(string); ok {
		r.Email = text.FoldEmail(email)
	}
	if f.Session != "" {
		if r.Session, _ = nameOf(f.Session); r.Session == "" {
			return nil, invalid("/session", "is not the id of a session")
		}
	}
	return r, nil
}

// Create stores a pending report and signs the upload of its file. The id is known to nobody else.
func (d *Domain) Create(ctx context.Context, client string, f Draft) (r *Report, id string, upload blob.Upload, err error) {
	if r, err = f.normalise(); err != nil {
		return nil, "", blob.Upload{}, err
	}
	if err = d.spend(ctx, client); err != nil {
		return nil, "", blob.Upload{}, err
	}
	secret, err := d.randomText(16)
	if err != nil {
		return nil, "", blob.Upload{}, err
	}
	name, err := d.randomText(16)
	if err != nil {
		return nil, "", blob.Upload{}, err
	}
	now := d.now()
	if err = d.join(ctx, r, now.Add(pendingLife)); err != nil {
		return nil, "", blob.Upload{}, err
	}
	r.Key, r.SecretHash = "diagnostics/"+name, sha256.Sum256([]byte(secret))
	r.CreatedAt, r.UploadEnds, r.ExpiresAt = now, now.Add(uploadLife), now.Add(pendingLife)
	// Signed before it is stored: when the store of files is down, nothing is left behind.
	if upload, err = d.cfg.Blobs.Upload(ctx, r.Key, blob.Object{Size: r.Size, SHA256: r.SHA256}, r.UploadEnds); err != nil {
		return nil, "", blob.Upload{}, fmt.Errorf("sign the upload: %w", err)
	}
	for range 5 { // a code that is taken is as good as never met
		if r.Code, err = newCode(d.cfg.Rand); err != nil {
			return nil, "", blob.Upload{}, err
		}
		err = d.cfg.Store.CreateReport(ctx, r)
		if err == nil {
			return r, strings.ToLower(r.Code) + secret, upload, nil
		}
		if !errors.Is(err, ErrExists) {
			break
		}
	}
	return nil, "", blob.Upload{}, fmt.Errorf("store report: %w", err)
}

// join keeps the report's session until then. A report whose session is forgotten has none.
func (d *Domain) join(ctx context.Context, r *Report, until time.Time) error {
	if r.Session == "" {
		return nil
	}
	switch _, err := d.cfg.Sessions.Session(ctx, r.Session); {
	case errors.Is(err, ErrNotFound):
		r.Session = ""
		return nil
	case err != nil:
		return fmt.Errorf("read session: %w", err)
	}
	return d.record.keep(ctx, r.Session, until)
}

func (d *Domain) spend(ctx context.Context, client string) error {
	wait, err := d.cfg.Limiter.Spend(ctx, "d:"+client, createBurst, createEvery)
	if err != nil {
		return err
	}
	if wait > 0 {
		return &problem.Error{Code: problem.RateLimited, Detail: "There were too many reports. Save this one to a file, or try again later.", RetryAfter: wait}
	}
	return nil
}

func (d *Domain) randomText(n int) (string, error) { return opaque.Random(d.cfg.Rand, n) }

// byID returns the report of who made it. A wrong secret is as unknown as a wrong code.
func (d *Domain) byID(ctx context.Context, id string) (*Report, error) {
	if len(id) <= codeChars || len(id) > 64 {
		return nil, unknown()
	}
	code, err := parseCode(id[:codeChars])
	if err != nil {
		return nil, unknown()
	}
	r, err := d.report(ctx, code)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256([]byte(id[codeChars:]))
	if subtle.ConstantTimeCompare(hash[:], r.SecretHash[:]) != 1 {
		return nil, unknown()
	}
	return r, nil
}

// Renew signs the upload of a pending report anew, after a cut or when the first link has expired. Who does not know
// whether the file has arrived completes the report: that tells.
func (d *Domain) Renew(ctx context.Context, client, id string) (*Report, blob.Upload, error) {
	r, err := d.byID(ctx, id)
	if err != nil {
		return nil, blob.Upload{}, err
	}
	if err := d.spend(ctx, client); err != nil {
		return nil, blob.Upload{}, err
	}
	r, err = d.change(ctx, r, func(r *Report) error {
		if r.Status != StatusPending {
			return problem.New(problem.Conflict, "The report is complete.")
		}
		r.UploadEnds = d.now().Add(uploadLife)
		if r.UploadEnds.After(r.ExpiresAt) {
			r.UploadEnds = r.ExpiresAt
		}
		return nil
	})
	if err != nil {
		return nil, blob.Upload{}, err
	}
	upload, err := d.cfg.Blobs.Upload(ctx, r.Key, blob.Object{Size: r.Size, SHA256: r.SHA256}, r.UploadEnds)
	if err != nil {
		return nil, blob.Upload{}, fmt.Errorf("sign the upload: %w", err)
	}
	return r, upload, nil
}

// Complete makes a report visible to support once its file is there as it was announced. Again is fine, and tells others
// again: the first time may have been cut off before.
func (d *Domain) Complete(ctx context.Context, id string) (*Report, error) {
	r, err := d.byID(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.Status == StatusPending {
		if r, err = d.receive(ctx, r); err != nil {
			return nil, err
		}
	}
	if d.cfg.Events != nil && r.Status == StatusNew && d.now().Sub(r.ReceivedAt) < tellLife {
		if err := d.cfg.Events.ReportReceived(ctx, Spoken(r.Code), r.ReceivedAt); err != nil {
			d.cfg.Logger.ErrorContext(ctx, "nobody was told of a report", "error", err)
		}
	}
	return r, nil
}

// receive takes a report in whose file is there.
func (d *Domain) receive(ctx context.Context, r *Report) (*Report, error) {
	have, err := d.cfg.Blobs.Stat(ctx, r.Key)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, problem.New(problem.Conflict, "The report's file has not arrived. Upload it again.")
	}
	if err != nil {
		return nil, fmt.Errorf("look at the report's file: %w", err)
	}
	if have != (blob.Object{Size: r.Size, SHA256: r.SHA256}) {
		// The signature should have kept it out; without it the right one can be uploaded.
		if err := d.cfg.Blobs.Delete(ctx, r.Key); err != nil {
			return nil, fmt.Errorf("delete a file that is not the report: %w", err)
		}
		return nil, problem.New(problem.Conflict, "What arrived is not the report that was announced. Upload it again.")
	}
	if r.Session != "" {
		if err := d.record.keep(ctx, r.Session, d.now().Add(retention)); err != nil {
			return nil, err
		}
	}
	return d.change(ctx, r, func(r *Report) error {
		if r.Status == StatusPending {
			r.Status, r.ReceivedAt = StatusNew, d.now()
			r.ExpiresAt = r.ReceivedAt.Add(retention)
		}
		return nil
	})
}

// EraseOwn deletes the report of who made it.
func (d *Domain) EraseOwn(ctx context.Context, id, requestID string) error {
	r, err := d.byID(ctx, id)
	if err != nil {
		return err
	}
	if err := d.audit(ctx, actorGuest, ActionErase, r.Code, requestID); err != nil {
		return err
	}
	return d.remove(ctx, r)
}

// remove deletes the file first: what fails in between is still there to be tried again. While an upload may still come,
// an empty row stays, so that Clean finds the file.
func (d *Domain) remove(ctx context.Context, r *Report) error {
	if err := d.cfg.Blobs.Delete(ctx, r.Key); err != nil && !errors.Is(err, blob.ErrNotFound) {
		return fmt.Errorf("delete the report's file: %w", err)
	}
	if r.Session != "" {
		if err := d.cfg.Sessions.DeleteSession(ctx, r.Session); err != nil {
			return fmt.Errorf("delete the report's session: %w", err)
		}
	}
	if d.now().Before(r.UploadEnds.Add(cleanGrace)) {
		_, err := d.change(ctx, r, func(r *Report) error {
			*r = Report{Code: r.Code, Status: StatusErased, Key: r.Key, CreatedAt: r.CreatedAt, UploadEnds: r.UploadEnds,
				ExpiresAt: r.UploadEnds, Summary: map[string]any{}, Version: r.Version}
			return nil
		})
		if problem.From(err).Code == problem.NotFound { // somebody else was quicker
			return nil
		}
		return err
	}
	if err := d.cfg.Store.DeleteReport(ctx, r.Code); err != nil {
		return fmt.Errorf("delete report: %w", err)
	}
	return nil
}

// cleanBatch bounds what is read at once.
const cleanBatch = 100

// Clean deletes the files and rows of reports that have expired: thirty days after they came, hours after they did not.
// It returns how many; calling it again goes on where it stopped.
func (d *Domain) Clean(ctx context.Context) (removed int, err error) {
	for {
		expired, err := d.cfg.Store.ExpiredReports(ctx, d.now().Add(-cleanGrace), cleanBatch)
		if err != nil {
			return removed, fmt.Errorf("list expired reports: %w", err)
		}
		for _, r := range expired {
			if err := d.cfg.Blobs.Delete(ctx, r.Key); err != nil && !errors.Is(err, blob.ErrNotFound) {
				return removed, fmt.Errorf("delete an expired report's file: %w", err)
			}
			if err := d.cfg.Store.DeleteReport(ctx, r.Code); err != nil {
				return removed, fmt.Errorf("delete an expired report: %w", err)
			}
			removed++
		}
		if len(expired) < cleanBatch {
			return removed, nil
		}
	}
}

// Erase deletes all reports that carry somebody's e-mail address, and returns how many.
func (d *Domain) Erase(ctx context.Context, email string) (removed int, err error) {
	email = text.FoldEmail(email)
	if email == "" {
		return 0, nil
	}
	for {
		reports, err := d.cfg.Store.ReportsOf(ctx, email, cleanBatch)
		if err != nil {
			return removed, fmt.Errorf("find reports: %w", err)
		}
		for _, r := range reports {
			if err := d.audit(ctx, actorOperator, ActionErase, r.Code, ""); err != nil {
				return removed, err
			}
			if err := d.remove(ctx, r); err != nil {
				return removed, err
			}
			removed++
		}
		if len(reports) < cleanBatch {
			return removed, nil
		}
	}
}
