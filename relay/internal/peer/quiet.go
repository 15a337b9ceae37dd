package peer

import "github.com/pion/logging"

// quiet silences pion: its messages repeat what a hostile datagram says. What matters is counted or logged by us.
type quiet struct{}

// Quiet is the silent logger for other users of pion.
func Quiet() logging.LoggerFactory { return quiet{} }

// NewLogger implements logging.LoggerFactory.
func (quiet) NewLogger(string) logging.LeveledLogger { return quiet{} }

func (quiet) Trace(string)          {}
func (quiet) Tracef(string, ...any) {}
func (quiet) Debug(string)          {}
func (quiet) Debugf(string, ...any) {}
func (quiet) Info(string)           {}
func (quiet) Infof(string, ...any)  {}
func (quiet) Warn(string)           {}
func (quiet) Warnf(string, ...any)  {}
func (quiet) Error(string)          {}
func (quiet) Errorf(string, ...any) {}
