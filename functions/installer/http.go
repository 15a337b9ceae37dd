package installer

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/release"
)

// Handler answers this domain's calls. The portal in front of it bounds the body, checks the content type and the
// origin, and has set the answer's X-Request-Id.
func (d *Domain) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/software", d.serve(d.software))
	mux.HandleFunc("GET /api/v1/software/{platform}/download", d.serve(d.download))
	mux.HandleFunc("GET /api/v1/software/releases", d.publisher(d.listReleases))
	mux.HandleFunc("POST /api/v1/software/releases", d.publisher(d.postRelease))
	mux.HandleFunc("POST /api/v1/software/releases/{platform}/{version}/complete", d.publisher(d.postComplete))
	mux.HandleFunc("PATCH /api/v1/software/releases/{platform}/{version}", d.publisher(d.patchRelease))
	mux.HandleFunc("DELETE /api/v1/software/releases/{platform}/{version}", d.publisher(d.deleteRelease))
	return mux
}

// serve renders the error of h.
func (d *Domain) serve(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return problem.Handler(d.cfg.Logger, h)
}

// publisher lets only those through who publish. They have no keys that may only read.
func (d *Domain) publisher(h func(w http.ResponseWriter, r *http.Request, actor string) error) http.HandlerFunc {
	return problem.Authorized(d.cfg.Logger, d.cfg.Staff.Publisher, d.cfg.Staff.Publisher, h)
}

// View is a release as everybody sees it.
type View struct {
	Version        string    `json:"version"`
	MinimumVersion string    `json:"minimumVersion"`
	Platform       string    `json:"platform"`
	Filename       string    `json:"filename"`
	Size           int64     `json:"size"`
	SHA256         string    `json:"sha256"`
	Manifest       string    `json:"manifest"`  // what is signed
	Signature      string    `json:"signature"` // base64
	ExpiresAt      time.Time `json:"expiresAt"`
	URL            string    `json:"url"`
	Notes          Notes     `json:"notes"`
}

// View returns a release as everybody sees it. Its url leads to this very version, whatever is newest by then.
func (d *Domain) View(r *Release) View {
	return View{
		Version: r.Version, MinimumVersion: r.MinimumVersion, Platform: r.Platform, Filename: r.Filename, Size: r.Size,
		SHA256: hex.EncodeToString(r.SHA256[:]), Manifest: r.Text(), Signature: base64.StdEncoding.EncodeToString(r.Signature), ExpiresAt: r.Expires,
		URL:   fmt.Sprintf("%s/api/v1/software/%s/download?version=%s", d.cfg.PublicURL, r.Platform, url.QueryEscape(r.Version)),
		Notes: r.Notes,
	}
}

func (d *Domain) software(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	asker := Asker{ID: values.Get("id"), Version: values.Get("version")}
	if platform := values.Get("platform"); platform != "" {
		one, err := d.Newest(r.Context(), platform, asker)
		if err != nil {
			return err
		}
		return problem.Answer(w, http.StatusOK, d.View(one))
	}
	all, err := d.All(r.Context(), asker)
	if err != nil {
		return err
	}
	views := make([]View, 0, len(all))
	for _, one := range all {
		views = append(views, d.View(one))
	}
	return problem.Answer(w, http.StatusOK, struct {
		Releases []View `json:"releases"`
	}{views})
}

func (d *Domain) download(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	link, err := d.Link(r.Context(), r.PathValue("platform"), values.Get("version"), Asker{ID: values.Get("id")})
	if err != nil {
		return err
	}
	w.Header().Set("Location", link)
	w.WriteHeader(http.StatusFound)
	return nil
}

// publisherView is a release as publishers see it.
type publisherView struct {
	View
	Status      string     `json:"status"`
	Rollout     int        `json:"rollout"`
	CreatedBy   string     `json:"createdBy"`
	CreatedAt   time.Time  `json:"createdAt"`
	PublishedAt *time.Time `json:"publishedAt"`
}

func (d *Domain) publisherView(r *Release) publisherView {
	v := publisherView{View: d.View(r), Status: r.Status, Rollout: r.Rollout, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt}
	if !r.PublishedAt.IsZero() {
		v.PublishedAt = &r.PublishedAt
	}
	return v
}

func (d *Domain) listReleases(w http.ResponseWriter, r *http.Request, _ string) error {
	platform := r.URL.Query().Get("platform")
	if platform != "" && !release.ValidPlatform(platform) {
		return invalid("/platform", "must be such as windows-amd64")
	}
	releases, err := d.cfg.Store.Releases(r.Context(), platform)
	if err != nil {
		return fmt.Errorf("list releases: %w", err)
	}
	slices.SortFunc(releases, func(a, b *Release) int {
		if c := strings.Compare(a.Platform, b.Platform); c != 0 {
			return c
		}
		return release.Compare(b.Version, a.Version)
	})
	views := make([]publisherView, 0, len(releases))
	for _, one := range releases {
		views = append(views, d.publisherView(one))
	}
	return problem.Answer(w, http.StatusOK, struct {
		Items []publisherView `json:"items"`
	}{views})
}

func (d *Domain) postRelease(w http.ResponseWriter, r *http.Request, actor string) error {
	draft := NewDraft()
	if err := problem.Decode(r.Body, &draft); err != nil {
		return err
	}
	made, upload, err := d.Publish(r.Context(), actor, draft)
	if err != nil {
		return err
	}
	return d.answer(w, http.StatusCreated, made, struct {
		publisherView
		Upload        blob.Upload `json:"upload"`
		UploadExpires time.Time   `json:"uploadExpiresAt"`
	}{d.publisherView(made), upload, made.UploadEnds})
}

func (d *Domain) answer(w http.ResponseWriter, status int, r *Release, v any) error {
	w.Header().Set("ETag", etag(r.Revision))
	return problem.Answer(w, status, v)
}

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// expected refuses a revision that If-Match does not name.
func expected(r *http.Request) func(revision int64) error {
	return func(revision int64) error { return problem.IfMatch(r, etag(revision)) }
}

func (d *Domain) postComplete(w http.ResponseWriter, r *http.Request, actor string) error {
	done, err := d.Complete(r.Context(), actor, r.PathValue("platform"), r.PathValue("version"))
	if err != nil {
		return err
	}
	return d.answer(w, http.StatusOK, done, d.publisherView(done))
}

func (d *Domain) patchRelease(w http.ResponseWriter, r *http.Request, actor string) error {
	var c Changes
	if err := problem.Decode(r.Body, &c); err != nil {
		return err
	}
	changed, err := d.Change(r.Context(), actor, r.PathValue("platform"), r.PathValue("version"), c, expected(r))
	if err != nil {
		return err
	}
	return d.answer(w, http.StatusOK, changed, d.publisherView(changed))
}

func (d *Domain) deleteRelease(w http.ResponseWriter, r *http.Request, actor string) error {
	if err := d.Delete(r.Context(), actor, r.PathValue("platform"), r.PathValue("version"), expected(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
