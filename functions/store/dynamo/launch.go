package dynamo

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/coopnet/coopnet/functions/conference"
)

var _ conference.Launches = (*Conference)(nil)

func launchKey(hash [32]byte) key {
	return key{"launch#" + base64.RawURLEncoding.EncodeToString(hash[:]), "launch"}
}

// CreateLaunch implements conference.Launches.
func (s *Conference) CreateLaunch(ctx context.Context, l *conference.Launch) error {
	done, err := s.table.save(ctx, launchKey(l.Hash), l, item{}.expire(l.ExpiresAt), absent())
	if err == nil && !done {
		return conference.ErrConflict
	}
	return err
}

// Launch implements conference.Launches.
func (s *Conference) Launch(ctx context.Context, hash [32]byte) (*conference.Launch, error) {
	i, err := s.table.get(ctx, launchKey(hash))
	if err != nil {
		return nil, err
	}
	l, err := liveRow[conference.Launch](i, s.db.cfg.Now())
	if err != nil {
		return nil, err
	}
	if l == nil {
		return nil, conference.ErrNotFound
	}
	l.RedeemedAt, l.By = i.time("redeemed"), conference.Installed{Platform: i.text("platform"), Version: i.text("version")}
	return l, nil
}

// RedeemLaunch implements conference.Launches.
func (s *Conference) RedeemLaunch(ctx context.Context, hash [32]byte, by conference.Installed, at time.Time) error {
	nonce, err := s.db.nonce()
	if err != nil {
		return err
	}
	redeem := edit{set: item{"redeemed": millis(at), "platform": text(by.Platform), "version": text(by.Version), "nonce": text(nonce)}}
	i, err := s.table.update(ctx, launchKey(hash), redeem,
		when("attribute_not_exists(#redeemed) AND #expires > :now", item{":now": millis(s.db.cfg.Now())}))
	if err == nil && i == nil {
		return conference.ErrConflict
	}
	return err
}

// RefuseLaunch implements conference.Launches.
func (s *Conference) RefuseLaunch(ctx context.Context, hash [32]byte, by conference.Installed) error {
	refuse := edit{set: item{"platform": text(by.Platform), "version": text(by.Version)}}
	_, err := s.table.update(ctx, launchKey(hash), refuse,
		when("attribute_not_exists(#redeemed) AND #expires > :now", item{":now": millis(s.db.cfg.Now())}))
	return err
}
