package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is USER_HZ, in which Linux counts processor time in /proc on every architecture that Go knows.
const ticksPerSecond = 100

// usage is what a process has used so far.
type usage struct {
	CPU time.Duration // user and system
	RSS int64         // bytes resident now
}

// usageOf reads proc(5); pid 0 gives nothing.
func usageOf(pid int) (usage, error) {
	if pid == 0 {
		return usage{}, nil
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, fmt.Errorf("read the relay's processor time: %w: is --pid a process on this machine?", err)
	}
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return usage{}, fmt.Errorf("read the relay's memory: %w", err)
	}
	return parseUsage(string(stat), string(statm))
}

func parseUsage(stat, statm string) (usage, error) {
	// The second field is the program's name, which may hold spaces and parentheses.
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	pages := strings.Fields(statm)
	if len(fields) < 13 || len(pages) < 2 {
		return usage{}, errors.New("/proc is not as proc(5) says")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	resident, err3 := strconv.ParseInt(pages[1], 10, 64)
	if err := errors.Join(err, err2, err3); err != nil {
		return usage{}, fmt.Errorf("read /proc: %w", err)
	}
	return usage{CPU: time.Duration(user+system) * time.Second / ticksPerSecond, RSS: resident * int64(os.Getpagesize())}, nil
}
