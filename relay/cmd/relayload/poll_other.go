//go:build !linux

package main

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"
)

const maxDatagram = 1600

// receiver gets the datagrams of one socket.
type receiver interface {
	receive(datagram []byte, from netip.AddrPort, at time.Duration)
	tick(at time.Duration)
}

// poll needs Linux: recvmmsg, epoll and /proc.
type poll struct{ turn sync.Mutex }

func newPoll(time.Time) (*poll, error) { return nil, errors.New("relayload runs on Linux only") }
func (p *poll) now() time.Duration     { return 0 }
func (p *poll) run(context.Context)    {}
func (p *poll) open() (*socket, error) { return nil, errors.ErrUnsupported }

type socket struct {
	poll *poll
	port uint16
}

func (s *socket) attach(receiver) error        { return errors.ErrUnsupported }
func (s *socket) write([]byte, netip.AddrPort) {}
func (s *socket) dropped() uint64              { return 0 }
func (s *socket) silence()                     {}
func (s *socket) close()                       {}
