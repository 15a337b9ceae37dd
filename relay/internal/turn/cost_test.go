package turn

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/shared/turncred"
)

// The load of the benchmark: what viewers of a screen get.
const (
	costClients = 50
	costBurst   = 12 // datagrams of one frame
	costSize    = 1100
	costFrame   = time.Second / 15
	costSeconds = 5
	costSecret  = "the secret of the benchmark"
	costServer  = "COOPNET_TURN_COST_SERVER" // set in the process that is measured
)

// BenchmarkPacketToClient measures the processor time of a TURN server, as a process of its own, for each datagram that it
// carries to a client: coturn relays it from a peer, ours gets it from sessions in the same process. Same load, same
// clients, one after the other.
func BenchmarkPacketToClient(b *testing.B) { compare(b, toClients) }

// BenchmarkPacketFromClient measures the other direction.
func BenchmarkPacketFromClient(b *testing.B) { compare(b, fromClients) }

func compare(b *testing.B, load func(*testing.B, subject, []*raw) (sent, came int64)) {
	var coturn float64
	b.Run("coturn", func(b *testing.B) { coturn = measure(b, startCoturn(b), load) })
	b.Run("coopnet", func(b *testing.B) {
		if ours := measure(b, startOurs(b), load); coturn > 0 {
			b.ReportMetric(ours/coturn, "of-coturn")
		}
	})
}

// subject is a server that is measured.
type subject struct {
	pid     int
	address string
	peer    netip.AddrPort
	run     func(relayed []netip.AddrPort) // sends the load to clients
	came    func() int64                   // datagrams from clients, at the peer
}

const costDatagrams = costClients * costBurst * costSeconds * int64(time.Second/costFrame)

// measure returns microseconds for each packet.
func measure(b *testing.B, s subject, load func(*testing.B, subject, []*raw) (sent, came int64)) (cost float64) {
	secret, err := turncred.NewSecret(costSecret)
	if err != nil {
		b.Fatal(err)
	}
	var clients []*raw
	for i := range costClients {
		conn, err := net.Dial("udp", s.address)
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		r := &raw{w: &world{t: b}, conn: conn, credential: secret.Mint(fmt.Sprint("viewer", i), time.Now().Add(time.Hour))}
		r.at = r.open(s.peer)
		_ = conn.SetReadDeadline(time.Time{})
		clients = append(clients, r)
	}
	for b.Loop() {
		cpu := processTime(b, s.pid)
		sent, came := load(b, s, clients)
		cost = float64((processTime(b, s.pid) - cpu).Microseconds()) / float64(came)
		b.ReportMetric(cost, "us/packet")
		b.ReportMetric(100*(1-float64(came)/float64(sent)), "%lost")
	}
	return cost
}

const costRest = 200 * time.Millisecond // for what is still on its way

func toClients(_ *testing.B, s subject, clients []*raw) (sent, came int64) {
	var received atomic.Int64
	var reading sync.WaitGroup
	var relayed []netip.AddrPort
	for _, r := range clients {
		relayed = append(relayed, r.at)
		reading.Go(func() {
			buffer := make([]byte, 1600)
			for {
				n, err := r.conn.Read(buffer)
				if err != nil {
					return
				}
				if n >= costSize {
					received.Add(1)
				}
			}
		})
	}
	s.run(relayed)
	time.Sleep(costRest)
	for _, r := range clients {
		_ = r.conn.SetReadDeadline(time.Unix(1, 0))
	}
	reading.Wait()
	return costDatagrams, received.Load()
}

func fromClients(b *testing.B, s subject, clients []*raw) (sent, came int64) {
	datagram := append([]byte{0x40, 0, costSize >> 8, costSize & 0xff, 0x80}, make([]byte, costSize-1)...)
	before := s.came()
	frames(func() {
		for _, r := range clients {
			for range costBurst {
				if _, err := r.conn.Write(datagram); err != nil {
					b.Fatal(err)
				}
			}
			time.Sleep(costFrame / costClients / 2) // not all at once: that would measure the kernel's buffers
		}
	})
	time.Sleep(costRest)
	return costDatagrams, s.came() - before
}

// open makes an allocation with a channel to the peer, and sends a datagram through it.
func (r *raw) open(peer netip.AddrPort) netip.AddrPort {
	r.w.t.Helper()
	answer := r.ask(r.build(stun.MethodAllocate, transport(protocolUDP)))
	var x stun.XORMappedAddress
	if err := x.GetFromAs(answer, stun.AttrXORRelayedAddress); err != nil {
		r.w.t.Fatalf("%s: %v", answer, err)
	}
	if c := r.request(stun.MethodChannelBind, channel(0x4000), peerAt(peer)); c != 0 {
		r.w.t.Fatalf("ChannelBind: %d", c)
	}
	r.send(append([]byte{0x40, 0, 0, 12}, make([]byte, 12)...))
	return addrPort(&net.UDPAddr{IP: x.IP, Port: x.Port})
}

// processTime is how long the threads of a process have run. The kernel counts it in nanoseconds; what it sums up for the
// process, in /proc/PID/stat, it rounds to hundredths of a second, which would be a tenth of what is measured here.
func processTime(b *testing.B, pid int) time.Duration {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(files) == 0 {
		b.Skipf("no scheduler statistics of process %d: %v", pid, err)
	}
	var sum time.Duration
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		ran, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(n)
	}
	return sum
}

// startCoturn starts Debian's turnserver, and a peer that sends to relayed addresses.
func startCoturn(b *testing.B) subject {
	program, err := exec.LookPath("turnserver")
	if err != nil {
		b.Skip("turnserver is not installed (Debian: coturn)")
	}
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := free.LocalAddr().(*net.UDPAddr).Port
	_ = free.Close()
	folder := b.TempDir()
	cmd := exec.Command(program, "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", fmt.Sprint("--listening-port=", port), "--use-auth-secret",
		"--static-auth-secret="+costSecret, "--realm="+realm, "--allow-loopback-peers", "--no-cli", "--no-tls", "--no-dtls", "--no-tcp",
		"--log-file="+filepath.Join(folder, "log"), "--simple-log", "--pidfile="+filepath.Join(folder, "pid"), "--userdb="+filepath.Join(folder, "db"))
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	peer, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	var came atomic.Int64
	var reading sync.WaitGroup
	reading.Go(func() {
		buffer := make([]byte, 1600)
		for {
			if _, _, err := peer.ReadFromUDPAddrPort(buffer); err != nil {
				return
			}
			came.Add(1)
		}
	})
	b.Cleanup(func() { _ = peer.Close(); reading.Wait() })
	address := fmt.Sprint("127.0.0.1:", port)
	awaitTURN(b, address)
	return subject{pid: cmd.Process.Pid, address: address, peer: addrPort(peer.LocalAddr()), came: came.Load, run: func(relayed []netip.AddrPort) {
		datagram := make([]byte, costSize)
		frames(func() {
			for _, to := range relayed {
				for range costBurst {
					_, _ = peer.WriteToUDPAddrPort(datagram, to)
				}
			}
		})
	}}
}

// awaitTURN waits until a server answers.
func awaitTURN(b *testing.B, address string) {
	conn, err := net.Dial("udp", address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	eventually(b, "the first answer of "+address, func() bool {
		if _, err := conn.Write(message(b, stun.MethodBinding).Raw); err != nil {
			return false
		}
		_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := conn.Read(make([]byte, 100))
		return err == nil
	})
}

// frames calls f at the load's rate and for its time.
func frames(f func()) {
	ticker := time.NewTicker(costFrame)
	defer ticker.Stop()
	for range costSeconds * int(time.Second/costFrame) {
		<-ticker.C
		f()
	}
}

// startOurs starts this test binary as a server.
func startOurs(b *testing.B) subject {
	cmd := exec.Command(os.Args[0], "-test.run=^TestServeForTheBenchmark$", "-test.v=false")
	cmd.Env = append(os.Environ(), costServer+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	s := subject{pid: cmd.Process.Pid}
	var peer string
	for peer == "" && lines.Scan() {
		_, _ = fmt.Sscanf(lines.Text(), "turn %s media %s", &s.address, &peer)
	}
	if s.peer, err = netip.ParseAddrPort(peer); err != nil {
		b.Fatal(err)
	}
	command := func(word string) (answer string) {
		if _, err := io.WriteString(in, word+"\n"); err != nil {
			b.Fatal(err)
		}
		lines.Scan()
		return lines.Text()
	}
	s.run = func([]netip.AddrPort) { command("go") }
	s.came = func() int64 {
		n, err := strconv.ParseInt(command("came"), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return s
}

// TestServeForTheBenchmark is the process that is measured: the server, and in place of the sessions a loop that sends
// bursts through a batch, as they do.
func TestServeForTheBenchmark(t *testing.T) {
	if os.Getenv(costServer) == "" {
		t.Skip("runs in a process of its own")
	}
	media, err := egress.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := turncred.NewSecret(costSecret)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	viewers := map[netip.AddrPort]*egress.Destination{}
	s, err := New(Config{Listen: "127.0.0.1:0", Secret: secret, Socket: media, Peers: []netip.AddrPort{media.Local()}, PionLogs: silent{}, Now: time.Now,
		Deliver: func(datagram []byte, from netip.AddrPort) {
			if len(datagram) < costSize { // the first one of a client
				mu.Lock()
				defer mu.Unlock()
				viewers[from] = media.Destination(from)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	batch := media.NewBatch()
	send := func() {
		mu.Lock()
		defer mu.Unlock()
		for _, to := range viewers {
			for n := range costBurst {
				binary.BigEndian.PutUint16(batch.Reserve()[2:], uint16(n))
				batch.Commit(to, costSize)
			}
		}
		batch.Flush()
	}
	fmt.Println("turn", s.Addr(), "media", media.Local())
	for commands := bufio.NewScanner(os.Stdin); commands.Scan(); {
		if commands.Text() == "go" {
			frames(send)
		}
		fmt.Println(s.ToMedia.Load())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
